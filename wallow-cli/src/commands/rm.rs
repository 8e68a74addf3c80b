//! `wallow rm`: deletes runs.

use crate::args::{Consent, Place, Selection};
use crate::bulk::{BulkChange, Words, runs, which};
use crate::output::{self, Failure, Status};

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow rm --where 'status == \"failed\" and learning_rate > 0.1' --dry-run
  wallow rm --where 'seed in [7, 8]' --yes
  wallow rm --where 'status == \"completed\"' --sort val_accuracy -n 100

Running runs stay, including those that a worker claims at this moment. Artefacts stay, too; `wallow gc`
finds them. Without --yes the command asks; if it cannot ask (no terminal), it refuses.";

/// `wallow rm`.
#[derive(Debug, clap::Args)]
pub(crate) struct Rm {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Also delete running runs: their workers lose them
    #[arg(long)]
    pub(crate) running: bool,

    #[command(flatten)]
    pub(crate) consent: Consent,
}

const WORDS: Words = Words {
    verb: "delete",
    done: "deleted",
};

pub(crate) fn run(place: &Place, rm: &Rm) -> Result<Status, Failure> {
    let bulk = BulkChange::find(place, &rm.selection)?;
    let deletion = |store: &wallow_runtime::dynamic::Store, condition| {
        Ok(store.delete_where(condition, rm.running))
    };
    let all = bulk.count()?;
    let count = bulk.concerned(deletion)?;
    output::line(&format!("{} {}", runs(all), which(&rm.selection)));
    let stay = all.saturating_sub(count);
    if stay > 0 {
        output::line(&format!(
            "{}: {} to delete (`--running` deletes {} too)",
            if stay == 1 {
                "1 run is at work, and stays".into()
            } else {
                format!("{stay} runs are at work, and stay")
            },
            runs(count),
            if stay == 1 { "that one" } else { "those" },
        ));
    }
    bulk.carry_out(&WORDS, count, rm.consent, deletion)
}
