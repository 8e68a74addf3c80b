//! Json is compared as a whole.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::training_curve.eq(1);
}
