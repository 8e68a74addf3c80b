//! `wallow rm`: deletes runs.

use crate::args::{Place, Rm};
use crate::bulk::{BulkChange, Words, runs};
use crate::output::{self, Failure, Status};

const WORDS: Words = Words {
    verb: "delete",
    done: "deleted",
};

pub(crate) fn run(place: &Place, rm: &Rm) -> Result<Status, Failure> {
    let changing = BulkChange::find(place, &rm.condition)?;
    let deletion = |store: &wallow_runtime::dynamic::Store, condition| {
        Ok(store.delete_where(condition, rm.running))
    };
    let all = changing.count()?;
    let count = changing.concerned(deletion)?;
    let condition = output::visible(&rm.condition);
    output::line(&format!("{} where {condition}", runs(all)));
    let stay = all.saturating_sub(count);
    if stay > 0 {
        output::line(&format!(
            "{} at work, and stay: {} to delete (`--running` deletes those too)",
            if stay == 1 {
                "1 is".into()
            } else {
                format!("{stay} are")
            },
            runs(count),
        ));
    }
    changing.carry_out(&WORDS, count, rm.consent, deletion)
}
