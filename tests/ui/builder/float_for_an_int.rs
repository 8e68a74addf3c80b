//! A float instead of an integer.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Identifying::builder().batch_size(32.0);
}
