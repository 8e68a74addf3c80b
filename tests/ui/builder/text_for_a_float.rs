//! A string instead of a float.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Identifying::builder().learning_rate("fast");
}
