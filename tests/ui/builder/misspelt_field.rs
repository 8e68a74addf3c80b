//! A hyperparameter is misspelt.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Identifying::builder().learning_rat(1e-3);
}
