//! A text is compared with a number.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::optimiser.eq(3);
}
