//! A JSON path on a field that is not JSON.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::val_loss.json_path("a.b");
}
