//! The runs of an imagined sweep: the n-th combination, and what it recorded.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};

/// The key of a run, as a program without wallow would hold it.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields of the schema")]
pub struct Combination {
    pub architecture: &'static str,
    pub optimiser: &'static str,
    pub learning_rate: f64,
    pub batch_size: i64,
    pub weight_decay: f64,
    pub num_epochs: i64,
    pub seed: i64,
}

impl Combination {
    /// The n-th key: all hyperparameters of one seed, then the next seed.
    pub fn nth(n: usize) -> Self {
        let mut rest = n;
        let mut digit = |base: usize| {
            let digit = rest % base;
            rest /= base;
            digit
        };
        Combination {
            architecture: ["linear", "mlp-16", "mlp-32x16", "mlp-64x32"][digit(4)],
            optimiser: ["sgd", "momentum", "adamw"][digit(3)],
            learning_rate: [0.1, 0.03, 0.01, 0.003, 0.001][digit(5)],
            batch_size: [32, 64, 128][digit(3)],
            weight_decay: [0.0, 1e-4][digit(2)],
            num_epochs: 10,
            seed: i64::try_from(rest).unwrap_or(i64::MAX),
        }
    }

    /// The n-th of a grid that is registered with one call.
    pub fn of_grid(n: usize) -> Self {
        Combination {
            num_epochs: 30,
            ..Combination::nth(n)
        }
    }

    /// The n-th of a grid that is put into the queue with one call.
    pub fn to_enqueue(n: usize) -> Self {
        Combination {
            num_epochs: 40,
            ..Combination::nth(n)
        }
    }

    /// The n-th of those that wait in the queue.
    pub fn waiting(n: usize) -> Self {
        Combination {
            num_epochs: 20,
            ..Combination::nth(n)
        }
    }
}

/// What is written to a run that has finished.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields of the schema")]
pub struct Results {
    pub status: &'static str,
    pub best_checkpoint: PathBuf,
    pub val_loss: f64,
    pub val_accuracy: f64,
    pub train_loss: f64,
    pub training_curve: serde_json::Value,
    pub host: &'static str,
    pub git_commit: &'static str,
    pub started_at: DateTime<Utc>,
    pub completed_at: DateTime<Utc>,
    pub wallclock_seconds: f64,
}

impl Results {
    /// The n-th result. The curve has only two epochs, because both sides parse JSON with the same code, and more of it
    /// would make every ratio look better.
    pub fn nth(n: usize) -> Self {
        let share = |prime: usize| {
            let part = u32::try_from(n * prime % 9973).unwrap_or_default();
            f64::from(part) / 9973.0
        };
        let seconds = i64::try_from(n).unwrap_or_default();
        let started_at = DateTime::UNIX_EPOCH + TimeDelta::seconds(1_790_000_000 + seconds);
        Results {
            status: "completed",
            best_checkpoint: PathBuf::from(format!("artefacts/mlp-32x16/{n:012x}.safetensors")),
            val_loss: 0.8 + share(7919),
            val_accuracy: 0.4 + share(104_729) / 2.0,
            train_loss: 0.7 + share(1_299_709),
            training_curve: serde_json::json!([
                {"epoch": 0, "train_loss": 1.31, "val_loss": 1.28, "val_accuracy": 0.43},
                {"epoch": 1, "train_loss": 0.97, "val_loss": 0.99, "val_accuracy": 0.58},
            ]),
            host: ["node-01", "node-02", "node-03"][n % 3],
            git_commit: "8fa740691a0a4f0bd52f1c8c0fd6e6a3c3c1a7de",
            started_at,
            completed_at: started_at + TimeDelta::milliseconds(8_250),
            wallclock_seconds: 8.25,
        }
    }
}
