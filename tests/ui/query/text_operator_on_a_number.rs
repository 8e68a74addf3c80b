//! A text operator on a number.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::val_loss.contains("0.3");
}
