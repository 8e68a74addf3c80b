//! `wallow retry`: puts runs back into the queue.

use std::time::Duration;

use wallow_runtime::dynamic::Store;

use crate::args::{Consent, Place, Selection, duration};
use crate::bulk::{self, BulkChange, Words, runs};
use crate::output::{self, Failure, Status};

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow retry --where 'error_excerpt contains \"out of memory\"'
  wallow retry --where 'id > 0' --stale 10m --yes

The runs are `pending` afterwards, even if they had reached their limit of attempts. A worker that comes
back after a silence cannot write to them any more.";

/// `wallow retry`.
#[derive(Debug, clap::Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Also running runs without a heartbeat for longer than this: 90s, 10m, 2h, 1d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) stale: Option<Duration>,

    #[command(flatten)]
    pub(crate) consent: Consent,
}

const WORDS: Words = Words {
    verb: "put back",
    done: "put back",
};

pub(crate) fn run(place: &Place, retry: &Retry) -> Result<Status, Failure> {
    let bulk = BulkChange::find(place, &retry.selection)?;
    let back = |store: &Store, condition| store.retry_where(condition, retry.stale);
    let count = bulk.concerned(back)?;
    let kind = match retry.stale {
        Some(_) => "failed or silent",
        None => "failed",
    };
    let which = bulk::which(&retry.selection);
    output::line(&format!("{}, {kind}, {which}", runs(count)));
    bulk.carry_out(&WORDS, count, retry.consent, back)
}
