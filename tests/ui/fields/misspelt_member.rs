//! A member of a run is misspelt.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {}

pub fn show(run: &Run) {
    println!("{:?}", run.val_los);
}
