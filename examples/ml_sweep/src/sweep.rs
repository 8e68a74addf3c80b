//! The sweep: every combination of the grid is dispatched, with a progress bar, until all is done or somebody stops it.

use std::fmt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::checkpoint;
use crate::data::Wines;
use crate::dispatch::{Dispatched, WorkError, already_complete, dispatch};
use crate::grid;
use crate::registry::{Annotating, Identifying, Run, Store};
use crate::train::{TrainError, train};

/// The file of the best weights in a run's artefacts.
const CHECKPOINT: &str = "best.safetensors";
/// The file of the metrics in a run's artefacts.
const METRICS: &str = "metrics.json";

/// What a sweep did. Displayed, it is the last line of the program.
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
    let origin = origin();
    let bar = progress_bar(keys.len());
    let mut summary = Summary::default();

    for key in &keys {
        summary.interrupted |= stop.load(Ordering::Relaxed);
        let begun = summary.trained + summary.failed;
        if summary.interrupted || limit.is_some_and(|limit| begun >= limit) {
            // Nothing new is begun any more, but the last line still counts what is complete.
            if already_complete(store, key)? {
                summary.complete += 1;
            } else {
                summary.left += 1;
            }
            continue;
        }
        bar.set_message(describe(key));
        match dispatch(store, key, &origin, |run| {
            work(store, run, key, &wines, stop)
        })? {
            Dispatched::Trained => summary.trained += 1,
            Dispatched::AlreadyComplete => summary.complete += 1,
            Dispatched::Failed(reason) => {
                summary.failed += 1;
                bar.suspend(|| eprintln!("failed: {}: {reason}", describe(key)));
            }
            Dispatched::Left => summary.left += 1,
        }
        bar.inc(1);
    }
    summary.interrupted |= stop.load(Ordering::Relaxed);
    bar.finish_and_clear();
    Ok(summary)
}

/// Trains one run and writes its artefacts; what is to be recorded comes back.
fn work(
    store: &Store,
    run: &Run,
    key: &Identifying,
    wines: &Wines,
    stop: &AtomicBool,
) -> Result<Annotating, WorkError> {
    let settings = grid::settings(key).map_err(WorkError::Failed)?;
    let folder = store.create_artefacts_dir(run).map_err(failed)?;
    let trained = train(&settings, wines, stop).map_err(|error| match error {
        TrainError::Interrupted => WorkError::Interrupted,
        TrainError::Diverged { .. } => failed(error),
    })?;

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
    checkpoint::save(&trained.network, &path).map_err(failed)?;
    checkpoint::write_atomically(&folder.join(METRICS), format!("{metrics:#}\n").as_bytes())
        .map_err(failed)?;

    Ok(Annotating::new()
        .best_checkpoint(path)
        .train_loss(best.train_loss)
        .val_loss(best.validation.loss)
        .val_accuracy(best.validation.accuracy)
        .training_curve(curve))
}

fn failed(error: impl std::error::Error) -> WorkError {
    WorkError::Failed(crate::with_sources(&error))
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

/// Where the runs of this sweep come from: machine and commit, as far as they can be found out.
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

/// A bar on stderr, which indicatif leaves out where that is no terminal.
fn progress_bar(len: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len}, {eta} left  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(u64::try_from(len).unwrap_or(u64::MAX)).with_style(style)
}
