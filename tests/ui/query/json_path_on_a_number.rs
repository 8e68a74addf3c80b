//! A part of what has no parts.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::val_loss.json_path("a.b");
}
