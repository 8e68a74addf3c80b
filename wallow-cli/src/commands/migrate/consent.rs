//! What a person agrees to before the table is changed: programs at work that are stopped, and data that is lost.
//!
//! Invariant: whoever agrees has seen both. Without a terminal one refusal has both, because `--yes` accepts both.

use wallow_runtime::migrate::Database;

use super::at_work;
use crate::bulk::agree;
use crate::output::{self, Failure};

/// A change of the table.
pub(super) struct Change {
    /// The subject of a sentence: `applying migrations to runs.db,`.
    pub(super) what: String,
    /// `applied`
    pub(super) done: &'static str,
    /// `Apply`
    pub(super) verb: &'static str,
    /// What stops programs that fit the table as it is, one line each.
    pub(super) stopped: Vec<String>,
    /// What is lost for good, one line each.
    pub(super) lost: Vec<String>,
}

impl Change {
    /// An error unless the person agrees: on a terminal, else with `--yes`, which lists what it accepts.
    pub(super) fn agreed(&self, database: Option<&Database>, yes: bool) -> Result<(), Failure> {
        let at_work = match database {
            Some(database) => at_work::warning(database, &self.stopped, self.done)?,
            None => None,
        };
        let losses = (!self.lost.is_empty())
            .then(|| format!("{} loses data:\n  {}", self.what, self.lost.join("\n  ")));
        if yes {
            if let Some(warning) = at_work {
                output::warning(&warning);
            }
            if let Some(losses) = losses {
                output::line(&losses);
            }
            return Ok(());
        }
        if output::can_ask() {
            if let Some(warning) = &at_work {
                let question = format!("{warning}. {} nevertheless?", self.verb);
                agree(&question, &format!("{warning}; nothing was changed"))?;
            }
            return match losses {
                Some(losses) => agree(&format!("{losses}\nGo on?"), "nothing was changed"),
                None => Ok(()),
            };
        }
        let refusal = match (at_work, losses) {
            (None, None) => return Ok(()),
            (Some(warning), None) => format!("{warning}; "),
            (None, Some(losses)) => format!("{losses}\n"),
            (Some(warning), Some(losses)) => format!("{warning}\n{losses}\n"),
        };
        Err(Failure::finding(format!(
            "{refusal}nothing was changed; say `--yes` if that is meant"
        )))
    }
}
