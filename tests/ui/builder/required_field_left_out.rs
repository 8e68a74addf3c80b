//! A required hyperparameter is forgotten.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Identifying::builder()
        .architecture("mlp")
        .optimiser("adam")
        .learning_rate(1e-3)
        .build();
}
