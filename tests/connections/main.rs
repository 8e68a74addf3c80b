//! Connections to a server that die, are refused, become silent, or go through a pooler.

#![cfg(feature = "postgres")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod crowded;
mod idle;
mod languages;
mod pooler;
mod resting;
mod round_trips;
mod silent;
mod waking;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The schema of these tests.
mod sweep {
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
}

/// Much longer than anything here takes, unless it hangs.
const HANGS: Duration = Duration::from_secs(120);

/// Does `work` in a thread, so that a test that hangs fails.
fn without_hanging<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (end, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        let answer = work();
        let _ = end.send(());
        answer
    });
    let hangs = ended.recv_timeout(HANGS) == Err(mpsc::RecvTimeoutError::Timeout);
    assert!(!hangs, "it hangs");
    match thread.join() {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
