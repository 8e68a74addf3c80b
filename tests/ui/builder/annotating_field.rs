//! An annotating field is not part of the key.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Identifying::builder().val_loss(0.3);
}
