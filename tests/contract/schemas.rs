//! The schemas of the suite, and a key of each.

/// A sweep with the fields of the lifecycle.
pub(crate) mod sweep {
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

    /// A patch that sets only the host.
    pub(crate) fn on(host: &str) -> Annotating {
        Annotating::new().host(host)
    }
}

/// A field of every type.
pub(crate) mod types {
    wallow::wallow_schema!("tests/schemas/contract.toml");

    /// One key per label.
    pub(crate) fn key(label: &str) -> Identifying {
        Identifying::builder().label(label).build()
    }
}

/// Fields that need a value, and fields with a default.
pub(crate) mod strict {
    wallow::wallow_schema!("tests/schemas/strict.toml");

    /// One key per name.
    pub(crate) fn key(name: &str) -> Identifying {
        Identifying::builder().name(name).build()
    }
}

/// Closed sets.
pub(crate) mod closed {
    wallow::wallow_schema!("tests/schemas/closed.toml");
}

/// Fields of the key that a run may lack.
pub(crate) mod optional {
    wallow::wallow_schema!("tests/schemas/optional.toml");
}

/// What a program's configuration becomes.
pub(crate) mod config {
    wallow::wallow_schema!("tests/schemas/config.toml");
}
