//! A float where an integer belongs.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Identifying::builder().batch_size(32.0);
}
