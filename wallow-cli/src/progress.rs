//! The progress of work that may take long: a bar or a spinner on stderr, if that is a terminal, and nothing elsewhere.
//!
//! It appears after a moment, so that quick work does not flicker, and disappears when the value is dropped.

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal::drawing;

/// Work that takes less than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(200);

/// The progress of one piece of work.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Ends the thread that waits to show the bar.
    waiting: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Work whose length is not known.
    pub(crate) fn of(name: &'static str) -> Self {
        Self::start(
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            name,
            "{spinner} {msg} {elapsed}",
        )
    }

    /// Work on an unknown number of runs, which are counted.
    pub(crate) fn counting(name: &'static str) -> Self {
        Self::start(
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            name,
            "{spinner} {msg} {pos} {elapsed}",
        )
    }

    /// Work on this many runs.
    pub(crate) fn of_runs(name: &'static str, count: u64) -> Self {
        Self::start(
            ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::hidden()),
            name,
            "{msg} {wide_bar} {pos}/{len} {eta}",
        )
    }

    /// Nothing is shown.
    pub(crate) fn hidden() -> Self {
        Progress {
            bar: ProgressBar::hidden(),
            waiting: None,
        }
    }

    /// Whether progress is shown at all, so that its length is worth counting.
    pub(crate) fn is_shown() -> bool {
        io::stderr().is_terminal()
    }

    fn start(bar: ProgressBar, name: &'static str, template: &str) -> Self {
        let bar = bar.with_message(name);
        // The template is constant and valid; otherwise the plain bar would be used.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let waiting = io::stderr().is_terminal().then(|| {
            let (end, ended) = channel();
            let bar = bar.clone();
            let thread = std::thread::spawn(move || {
                if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    bar.set_draw_target(drawing::on_stderr());
                    bar.enable_steady_tick(TICK);
                }
            });
            (end, thread)
        });
        Progress { bar, waiting }
    }

    /// This many more are done.
    pub(crate) fn inc(&self, count: u64) {
        self.bar.inc(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.waiting.take() {
            drop(end);
            // It does not panic; and a bar that could not be shown is no error.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
