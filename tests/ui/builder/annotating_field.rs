//! What is recorded about a run is no part of its key.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Identifying::builder().val_loss(0.3);
}
