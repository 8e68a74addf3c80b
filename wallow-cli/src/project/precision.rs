//! Compares `float_precision` of wallow.toml with that of the newest migration of the database. Tables do not record it,
//! snapshots do. With another number of digits wallow.toml makes other keys, so existing runs would be registered again.

use wallow_runtime::migrate::{Database, State};
use wallow_schema::Schema;
use wallow_schema::diff::{Refusal, float_precision};
use wallow_schema::migration::{self, History};

use super::Project;
use crate::advice;
use crate::args::Place;
use crate::history::unreadable;
use crate::output::{self, Failure};

impl Project {
    /// An error if the keys of wallow.toml are rounded to another number of digits than those of the database, for a
    /// command that changes something.
    pub(crate) fn refuse_other_precision(&self, place: &Place) -> Result<(), Failure> {
        let history = migration::load(&self.migrations());
        let history = history.map_err(|error| unreadable(self, place, &error))?;
        match self.other_than(&history, place)? {
            None => Ok(()),
            Some(refusal) => Err(Failure::finding(advice::about(
                &self.misfit(&refusal, ", and nothing was changed"),
                place,
            ))),
        }
    }

    /// Warns of another precision, for a command that only reads, or that names its run by uuid.
    pub(crate) fn warn_of_other_precision(&self, place: &Place) -> Result<(), Failure> {
        // Files that cannot be read are for commands that write.
        let Ok(history) = migration::load(&self.migrations()) else {
            return Ok(());
        };
        if let Some(refusal) = self.other_than(&history, place)? {
            output::warning(&self.misfit(&refusal, ""));
        }
        Ok(())
    }

    fn misfit(&self, refusal: &Refusal, consequence: &str) -> String {
        format!(
            "the table `runs` does not fit {}: {}{consequence}; {}, as `wallow status` says",
            self.path.display(),
            refusal.message(),
            refusal.help(),
        )
    }

    /// How the precision of wallow.toml differs from that of the newest migration that the database has, or will have
    /// when it is made. `None` for a table that no migration manages.
    fn other_than(&self, history: &History, place: &Place) -> Result<Option<Refusal>, Failure> {
        let differs = |schema: &Schema| float_precision(schema, &self.schema);
        let mut migrations = history.migrations().iter().rev();
        // The usual case needs no connection.
        if !migrations
            .clone()
            .any(|migration| differs(&migration.snapshot.schema).is_some())
        {
            return Ok(None);
        }
        let database = self.look_at_database(place)?;
        let state = database.as_ref().map(Database::state);
        let current = match (state.transpose()?, &database) {
            (None | Some(State::Empty), _) => migrations.next(),
            (Some(State::Managed { applied }), Some(database)) if applied.is_empty() => {
                let has_table = database.table()?.is_some();
                migrations.next().filter(|_| !has_table)
            }
            (Some(State::Managed { applied }), _) => {
                migrations.find(|migration| applied.contains(&migration.name().version().diesel()))
            }
            (Some(State::Unmanaged { .. }), _) => None,
        };
        Ok(current.and_then(|migration| differs(&migration.snapshot.schema)))
    }
}
