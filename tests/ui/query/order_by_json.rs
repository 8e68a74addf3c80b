//! An order of what has none.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::training_curve.asc();
}
