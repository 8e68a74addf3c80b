//! `wallow retry`: puts runs back into the queue.

use wallow_runtime::dynamic::Store;

use crate::args::{Place, Retry};
use crate::bulk::{BulkChange, Words, runs};
use crate::output::{self, Failure, Status};

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
