//! The output of `wallow watch`: redrawn in place on a terminal, otherwise a line each time.

use std::io;
use std::iter::once;

use chrono::SecondsFormat;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::Watch;
use super::progress::Progress;
use crate::output::{self, Failure};
use crate::screen::Screen;
use crate::table::age;
use crate::terminal::{self, drawing};
use crate::width;

/// Where the state is shown.
pub(super) enum View {
    /// In place, cut to the width of the terminal.
    Drawn { bar: ProgressBar, screen: Screen },
    /// A new line each time.
    Lines { json: bool },
}

impl View {
    pub(super) fn new(screen: Screen, watch: &Watch) -> Self {
        let target = drawing::on_stdout();
        if watch.json || watch.once || !screen.is_terminal() || target.is_hidden() {
            return View::Lines { json: watch.json };
        }
        let bar = ProgressBar::with_draw_target(Some(0), target);
        // The template is constant and valid; otherwise the plain bar would be used.
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len}\n{msg}") {
            bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
        }
        View::Drawn { bar, screen }
    }

    pub(super) fn show(&mut self, progress: &Progress) -> io::Result<()> {
        match self {
            View::Lines { json } => {
                if *json {
                    return terminal::json_line(&as_json(progress).to_string());
                }
                let now = progress.now.to_rfc3339_opts(SecondsFormat::Secs, true);
                terminal::line(&format!("{now}  {}", summary(progress)))
            }
            View::Drawn { bar, screen } => {
                // The width is read each time, because the window may be resized.
                let width = Screen::stdout()
                    .width
                    .or(screen.width)
                    .unwrap_or(usize::MAX);
                let lines = once(counts(progress).join(", ")).chain(pace(progress));
                let lines = lines.chain(workers(progress));
                let lines =
                    lines.map(|line| width::cut(&output::visible(&line), width).into_owned());
                bar.update(|state| {
                    state.set_len(progress.total().unsigned_abs());
                    state.set_pos(progress.completed.unsigned_abs());
                });
                bar.set_message(lines.collect::<Vec<_>>().join("\n"));
                Ok(())
            }
        }
    }

    /// Shows that the database could not be read this time.
    pub(super) fn trouble(&self, failure: &Failure) {
        match self {
            View::Drawn { bar, .. } => bar.suspend(|| output::failure(failure)),
            View::Lines { .. } => output::failure(failure),
        }
    }

    /// Ends the view and leaves it on the screen.
    pub(super) fn close(&self) {
        if let View::Drawn { bar, .. } = self {
            bar.abandon();
        }
    }
}

/// The whole state in one line.
fn summary(progress: &Progress) -> String {
    let total = usize::try_from(progress.total()).unwrap_or(0);
    let total = output::counted(total, "run");
    let done = format!("{} of {total} done", progress.completed);
    let counts = once(done).chain(counts(progress));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let silence = progress.workers.first();
    let silence = silence.map(|longest| format!("longest silence {}", age(longest.silent)));
    let parts = once(counts).chain(silence).chain(pace(progress));
    parts.collect::<Vec<_>>().join("; ")
}

/// The runs that are not completed, by reason.
fn counts(progress: &Progress) -> Vec<String> {
    let others = [
        (progress.failed, "failed"),
        (progress.pending, "pending"),
        (progress.other, "with another status"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0);
    let others = others.map(|(count, name)| format!("{count} {name}"));
    let running = format!("{} running", progress.running);
    once(running).chain(others).collect()
}

/// The rate, in a unit that makes it a readable number, and the remaining time.
fn pace(progress: &Progress) -> Option<String> {
    const UNITS: [(f64, &str); 3] = [(60.0, "min"), (3600.0, "h"), (86400.0, "d")];
    let (rate, left) = (progress.rate?, age(progress.left()?));
    let fitting = UNITS.iter().find(|(seconds, _)| rate * seconds >= 1.0);
    let (seconds, unit) = fitting.unwrap_or(&UNITS[2]);
    let pace = rate * seconds;
    Some(format!("{pace:.1} runs/{unit}, about {left} left"))
}

/// A line for each listed running run.
fn workers(progress: &Progress) -> impl Iterator<Item = String> {
    let workers = progress.workers.iter();
    workers.map(|worker| {
        let uuid = output::visible(&worker.uuid);
        let place = worker.place.iter().map(|place| format!("  {place}"));
        let place = place.collect::<String>();
        format!("{uuid}  heartbeat {} ago{place}", age(worker.silent))
    })
}

fn as_json(progress: &Progress) -> serde_json::Value {
    json!({
        "time": progress.now.to_rfc3339_opts(SecondsFormat::Millis, true),
        "total": progress.total(),
        "completed": progress.completed,
        "running": progress.running,
        "failed": progress.failed,
        "pending": progress.pending,
        "other": progress.other,
        "runs_per_second": progress.rate,
        "seconds_left": progress.left().map(|left| left.num_seconds()),
        "at_work": progress.workers.iter().map(|worker| json!({
            "uuid": worker.uuid,
            "silent_for_seconds": worker.silent.num_seconds(),
            "place": worker.place,
        })).collect::<Vec<_>>(),
        "silent_for_seconds": progress.workers.first().map(|longest| longest.silent.num_seconds()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::watch::progress::Worker;
    use chrono::TimeDelta;

    #[test]
    fn a_sweep_is_reported_in_a_line() {
        let mut progress = Progress {
            completed: 62,
            running: 4,
            failed: 2,
            pending: 32,
            rate: Some(0.05),
            workers: vec![Worker {
                uuid: "8fa740691a0a".into(),
                silent: TimeDelta::seconds(90),
                place: Some("on lab, pid 7, for 2 h".into()),
            }],
            ..Progress::default()
        };
        assert_eq!(
            summary(&progress),
            "62 of 100 runs done, 4 running, 2 failed, 32 pending; longest silence 1 min; \
             3.0 runs/min, about 12 min left"
        );
        assert_eq!(
            workers(&progress).collect::<Vec<_>>(),
            ["8fa740691a0a  heartbeat 1 min ago  on lab, pid 7, for 2 h"]
        );
        assert_eq!(as_json(&progress)["seconds_left"], 720);
        progress = Progress {
            other: 1,
            ..Progress::default()
        };
        assert_eq!(
            summary(&progress),
            "0 of 1 run done, 0 running, 1 with another status"
        );
    }

    #[test]
    fn a_pace_is_a_number_to_grasp() {
        let display = |rate| {
            let rate = Some(rate);
            pace(&Progress {
                rate,
                pending: 10,
                ..Progress::default()
            })
        };
        for (rate, expected) in [
            (10.0, "600.0 runs/min, about 1 s left"),
            (1.0 / 120.0, "30.0 runs/h, about 20 min left"),
            (1.0 / 86400.0 / 2.0, "0.5 runs/d, about 20 d left"),
        ] {
            assert_eq!(display(rate).as_deref(), Some(expected));
        }
        assert_eq!(display(1e-300), None);
    }
}
