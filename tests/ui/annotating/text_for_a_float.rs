//! A string where a float belongs.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Annotating::new().val_loss("low");
}
