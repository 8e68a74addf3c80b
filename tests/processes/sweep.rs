//! The schema of these tests.

wallow::wallow_schema!("tests/schemas/ml_sweep.toml");

/// One key per seed.
pub(crate) fn key(seed: i64) -> Identifying {
    Identifying::builder()
        .architecture("mlp-32x16")
        .optimiser("adamw")
        .learning_rate(1e-3)
        .batch_size(32)
        .seed(seed)
        .build()
}
