//! `wallow watch`: a sweep while it runs.
//!
//! What enters: the runs, counted anew each time. What leaves: on a terminal a view that is drawn
//! over and over, else a line each time.

mod progress;
mod view;

use chrono::Utc;

use crate::args::{Place, Watch};
use crate::output::{Failure, Status};
use crate::reading::Reading;
use crate::screen::Screen;
use progress::Census;
use view::View;

/// Seconds between two looks, on a terminal and elsewhere.
const INTERVALS: [u64; 2] = [2, 30];

pub(crate) fn run(place: &Place, watch: &Watch) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    progress::check(reading.store.schema())?;
    let screen = Screen::stdout();
    let usual = INTERVALS[usize::from(!screen.is_terminal())];
    let interval = watch
        .interval
        .unwrap_or(std::time::Duration::from_secs(usual));
    let mut view = View::new(screen, watch);
    // A mistake in the condition ends it; a database that is away for a while does not.
    let mut census = Census::take(&reading, &watch.filter, Utc::now())?;
    loop {
        view.show(&census)?;
        if watch.once || (watch.until_done && census.is_over()) {
            view.close();
            return Ok(Status::Fine);
        }
        census = loop {
            std::thread::sleep(interval);
            match Census::take(&reading, &watch.filter, Utc::now()) {
                Ok(census) => break census,
                Err(failure) => view.trouble(&failure),
            }
        };
    }
}
