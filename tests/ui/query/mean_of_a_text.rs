//! The mean of texts.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::optimiser.mean();
}
