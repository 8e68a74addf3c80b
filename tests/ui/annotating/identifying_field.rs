//! The key of a run cannot be changed.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Annotating::new().seed(1);
}
