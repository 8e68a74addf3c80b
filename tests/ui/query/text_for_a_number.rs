//! A number is compared with a text.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::val_loss.lt("0.3");
}
