//! The sweep: runs every combination of the grid that is not complete, with a progress bar, until everything is done or
//! somebody stops it.
//!
//! wallow claims a run before its work begins, and writes `completed` only after its artefacts are on the disk. So if
//! the program is killed, the run is not `completed`, and the next sweep executes it again. Only one sweep may run at a
//! time: a run that is `running` counts as left by a dead sweep (`Reclaim::Immediately`).

use std::fmt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use wallow::{End, LifecycleError, LifecycleOptions, LifecycleOutcome, Reclaim};

use crate::checkpoint;
use crate::data::Wines;
use crate::grid;
use crate::registry::{Annotating, Identifying, Run, Store};
use crate::train::{TrainError, train};

/// The file of the best weights in a run's artefacts.
const CHECKPOINT: &str = "best.safetensors";
/// The file of the metrics in a run's artefacts.
const METRICS: &str = "metrics.json";

/// What a sweep did. Its text is the last line of the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Trained to the end this time.
    pub(crate) trained: usize,
    /// Complete before.
    pub(crate) complete: usize,
    /// Tried this time, without success.
    pub(crate) failed: usize,
    /// Not begun, or broken off: because of the limit or an interruption.
    pub(crate) left: usize,
    /// Whether somebody stopped the sweep.
    pub(crate) interrupted: bool,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            trained,
            complete,
            failed,
            ..
        } = self;
        write!(
            f,
            "done: {trained} trained, {complete} already complete, {failed} failed"
        )
    }
}

/// Goes through the grid and trains what is not complete, at most `limit` runs.
///
/// # Errors
/// If the registry cannot be read or written. A run that fails is counted, and the sweep goes on.
pub(crate) fn sweep(
    store: &Store,
    limit: Option<usize>,
    stop: &AtomicBool,
) -> Result<Summary, wallow::Error> {
    let keys = grid::combinations();
    let wines = Wines::load();
    // What an earlier attempt recorded is cleared, so that no run mixes two attempts.
    let options = LifecycleOptions::new(Reclaim::Immediately)
        .starting(origin())
        .reset(true);
    let bar = progress_bar(keys.len());
    let mut summary = Summary::default();

    for (index, key) in keys.iter().enumerate() {
        summary.interrupted |= stop.load(Ordering::Relaxed);
        let begun = summary.trained + summary.failed;
        if summary.interrupted || limit.is_some_and(|limit| begun >= limit) {
            // No further run is begun, but the last line still counts the complete ones.
            let rest = store.plan(&keys[index..])?;
            summary.complete += rest.completed.len();
            summary.left += keys.len() - index - rest.completed.len();
            break;
        }
        bar.set_message(describe(key));
        let outcome = store.run_lifecycle(key, options.clone(), |claim| {
            work(store, claim.run(), key, &wines, stop)
        });
        match outcome {
            Ok(LifecycleOutcome::Completed(_)) => summary.trained += 1,
            Ok(LifecycleOutcome::AlreadyCompleted(_)) => summary.complete += 1,
            // Given back, or claimed by another part of this program.
            Ok(_) => summary.left += 1,
            Err(LifecycleError::Run(reason)) => {
                summary.failed += 1;
                bar.suspend(|| eprintln!("failed: {}: {reason}", describe(key)));
            }
            Err(LifecycleError::Store(error)) => return Err(error),
        }
        bar.inc(1);
    }
    summary.interrupted |= stop.load(Ordering::Relaxed);
    bar.finish_and_clear();
    Ok(summary)
}

/// Trains one run and writes its artefacts; returns the values to record. An interrupted run is given back.
fn work(
    store: &Store,
    run: &Run,
    key: &Identifying,
    wines: &Wines,
    stop: &AtomicBool,
) -> Result<Annotating, String> {
    let settings = grid::settings(key)?;
    let folder = store.create_artefacts_dir(run).map_err(reason)?;
    let trained = match train(&settings, wines, stop) {
        Ok(trained) => trained,
        Err(TrainError::Interrupted) => return Ok(End::Release),
        Err(error @ TrainError::Diverged { .. }) => return Err(reason(error)),
    };

    let best = trained.best;
    let curve = trained.curve_json();
    let metrics = json!({
        "uuid": run.uuid,
        "identifying": key,
        "best_epoch": best.number,
        "train_loss": best.train_loss,
        "val_loss": best.validation.loss,
        "val_accuracy": best.validation.accuracy,
        "training_curve": curve,
    });
    let path = folder.join(CHECKPOINT);
    checkpoint::save(&trained.network, &path).map_err(reason)?;
    checkpoint::write_atomically(&folder.join(METRICS), format!("{metrics:#}\n").as_bytes())
        .map_err(reason)?;

    Ok(Annotating::new()
        .best_checkpoint(path)
        .train_loss(best.train_loss)
        .val_loss(best.validation.loss)
        .val_accuracy(best.validation.accuracy)
        .training_curve(curve))
}

/// Why a run failed, for its row.
fn reason(error: impl std::error::Error) -> String {
    crate::with_sources(&error)
}

/// A combination in one short line.
pub(crate) fn describe(key: &Identifying) -> String {
    format!(
        "{} {} lr={} batch={} decay={} epochs={} seed={}",
        key.architecture(),
        key.optimiser(),
        key.learning_rate(),
        key.batch_size(),
        key.weight_decay(),
        key.num_epochs(),
        key.seed(),
    )
}

/// The origin of the runs of this sweep: machine and commit, as far as they can be found out.
fn origin() -> Annotating {
    let mut origin = Annotating::new();
    if let Some(host) = first_line("hostname", &[]) {
        origin = origin.host(host);
    }
    if let Some(commit) = first_line("git", &["rev-parse", "HEAD"]) {
        origin = origin.git_commit(commit);
    }
    origin
}

/// The first line a command prints; `None` if it cannot be run, fails or prints nothing.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// A bar on stderr, which indicatif does not draw if stderr is not a terminal.
fn progress_bar(len: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len}, {eta} left  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(u64::try_from(len).unwrap_or(u64::MAX)).with_style(style)
}
