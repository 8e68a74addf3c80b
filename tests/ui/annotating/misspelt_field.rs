//! A metric is misspelt.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Annotating::new().val_los(0.3);
}
