//! A column is misspelt.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::val_los;
}
