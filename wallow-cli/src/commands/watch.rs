//! `wallow watch`: shows a sweep while it runs.
//!
//! What enters: the runs, counted again each time. What leaves: on a terminal a view that is redrawn in place,
//! otherwise a line each time.

mod progress;
mod view;

use std::time::Duration;

use chrono::Utc;

use crate::args::{Filter, Place};
use crate::open::Reading;
use crate::output::{Failure, Status};
use crate::screen::Screen;
pub(crate) use progress::Progress;
use view::View;

/// `wallow watch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Seconds between two looks [default: 2 on a terminal, else 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) interval: Option<Duration>,

    /// Print the state once, and end
    #[arg(long, conflicts_with_all = ["interval", "until_done"])]
    pub(crate) once: bool,

    /// End when no run is pending or running
    #[arg(long)]
    pub(crate) until_done: bool,

    /// Print JSON: one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// Seconds between two looks, on a terminal and elsewhere.
const INTERVALS: [u64; 2] = [2, 30];

pub(crate) fn run(place: &Place, watch: &Watch) -> Result<Status, Failure> {
    let mut reading = Reading::open(place)?;
    progress::check(reading.store.schema())?;
    let screen = Screen::stdout();
    let usual = INTERVALS[usize::from(!screen.is_terminal())];
    let interval = watch
        .interval
        .unwrap_or(std::time::Duration::from_secs(usual));
    let mut view = View::new(screen, watch);
    // A mistake in the condition ends the command; a database that cannot be reached for a while does not.
    let mut progress = Progress::take(&reading, &watch.filter, Utc::now())?;
    loop {
        view.show(&progress)?;
        if watch.once || (watch.until_done && progress.is_over()) {
            view.close();
            return Ok(Status::Fine);
        }
        progress = loop {
            std::thread::sleep(interval);
            match look_again(&mut reading, place, watch) {
                Ok(progress) => break progress,
                Err(failure) => view.trouble(&failure),
            }
        };
    }
}

/// Opens a file again for each look: one that was replaced meanwhile would be watched for ever under its old content.
fn look_again(reading: &mut Reading, place: &Place, watch: &Watch) -> Result<Progress, Failure> {
    if reading.is_of_file {
        *reading = Reading::open(place)?;
    }
    Progress::take(reading, &watch.filter, Utc::now())
}

fn seconds(text: &str) -> Result<Duration, String> {
    const SHORTEST: f64 = 0.1;
    let seconds = text.parse().ok().filter(|seconds| *seconds >= SHORTEST);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("write seconds, at least {SHORTEST}"))
}
