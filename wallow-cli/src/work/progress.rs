//! What a person sees of the work: on a terminal a line for each slot and one for all, else a line for each run.

use std::fmt;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::end::Ended;
use crate::output;
use crate::reason::one_line;
use crate::screen::Screen;
use crate::terminal::drawing;

/// How many runs ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) lost: u64,
    pub(crate) released: u64,
    /// Runs that no slot executed: their workers went silent as often as allowed, and they are failed.
    pub(crate) given_up: u64,
}

/// The last line of the command.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            completed,
            failed,
            lost,
            released,
            given_up,
        } = self;
        let failed = failed + given_up;
        write!(
            f,
            "done: {completed} completed, {failed} failed, {lost} lost, {released} put back"
        )
    }
}

/// The end of a run, for people.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) slot: usize,
    pub(super) uuid: String,
    pub(super) how: Ended,
    pub(super) took: Duration,
    /// Its identifying fields.
    pub(super) label: String,
    /// Why it failed.
    pub(super) reason: Option<String>,
}

pub(super) struct Progress {
    counts: Counts,
    lines: Option<Lines>,
}

struct Lines {
    all: MultiProgress,
    slots: Vec<ProgressBar>,
    total: ProgressBar,
}

/// How often the time of a slot is drawn.
const TICK: Duration = Duration::from_millis(250);

impl Progress {
    pub(super) fn new(slots: usize) -> Self {
        let lines = Screen::stdout().is_terminal().then(|| {
            let all = MultiProgress::with_draw_target(drawing::on_stderr());
            let style = |template: &str| {
                ProgressStyle::with_template(template)
                    .unwrap_or_else(|_| ProgressStyle::default_spinner())
            };
            let slots = (0..slots).map(|_| {
                let bar = all.add(ProgressBar::new_spinner());
                bar.set_style(style("{prefix} {msg}"));
                bar
            });
            let slots = slots.collect();
            let total = all.add(ProgressBar::new_spinner());
            total.set_style(style("{msg} in {elapsed}"));
            total.enable_steady_tick(TICK);
            Lines { all, slots, total }
        });
        let progress = Progress {
            counts: Counts::default(),
            lines,
        };
        progress.draw_total();
        progress
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn begin(&self, slot: usize, uuid: &str, label: &str) {
        if let Some(lines) = &self.lines
            && let Some(bar) = lines.slots.get(slot)
        {
            bar.set_prefix(format!("slot {slot}"));
            bar.set_message(output::visible(&format!("{uuid}  {label}")));
        }
    }

    pub(super) fn warn(&self, warning: &str) {
        self.above(|| output::warning(&output::visible(warning)));
    }

    pub(super) fn end(&mut self, ended: &Report) {
        match ended.how {
            Ended::Completed => self.counts.completed += 1,
            Ended::Failed => self.counts.failed += 1,
            Ended::Lost => self.counts.lost += 1,
            Ended::PutBack => self.counts.released += 1,
        }
        let reason = ended.reason.as_deref().map(in_one_line).unwrap_or_default();
        let line = format!(
            "{}  {:9}  {:>8}  {}{reason}",
            ended.uuid,
            ended.how.as_str(),
            format!("{:.1} s", ended.took.as_secs_f64()),
            ended.label,
        );
        let line = output::visible(&line);
        match &self.lines {
            // Completed runs are in the total; a person wants to see the others.
            Some(_) if ended.how == Ended::Completed => {}
            _ => self.above(|| output::line(&line)),
        }
        if let Some(lines) = &self.lines
            && let Some(bar) = lines.slots.get(ended.slot)
        {
            bar.set_message("idle");
        }
        self.draw_total();
    }

    /// Ends the drawing.
    pub(super) fn close(&self) {
        if let Some(lines) = &self.lines {
            for bar in &lines.slots {
                bar.finish_and_clear();
            }
            lines.total.finish_and_clear();
        }
    }

    /// Prints above the lines that are drawn.
    fn above(&self, print: impl FnOnce()) {
        match &self.lines {
            Some(lines) => lines.all.suspend(print),
            None => print(),
        }
    }

    fn draw_total(&self) {
        if let Some(lines) = &self.lines {
            let Counts {
                completed,
                failed,
                lost,
                released,
                ..
            } = self.counts;
            lines.total.set_message(format!(
                "{completed} completed, {failed} failed, {lost} lost, {released} put back"
            ));
        }
    }
}

/// A reason in one line, behind a separator.
fn in_one_line(reason: &str) -> String {
    const KEPT: usize = 200;
    let line = one_line(reason);
    format!("  {}", line.chars().take(KEPT).collect::<String>())
}
