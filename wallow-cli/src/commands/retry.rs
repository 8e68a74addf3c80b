//! `wallow retry`: puts runs back into the queue.

use std::time::Duration;

use wallow_runtime::dynamic::Store;

use crate::args::{Consent, Place, duration};
use crate::bulk::{BulkChange, Words, runs};
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
    /// Select the failed runs for which this is true; `id > 0` is true for all
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) condition: String,

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
    let changing = BulkChange::find(place, &retry.condition)?;
    let back = |store: &Store, condition| store.retry_where(condition, retry.stale);
    let count = changing.concerned(back)?;
    let which = match retry.stale {
        Some(_) => "failed or silent",
        None => "failed",
    };
    let condition = output::visible(&retry.condition);
    output::line(&format!("{}, {which}, where {condition}", runs(count)));
    changing.carry_out(&WORDS, count, retry.consent, back)
}
