//! The state of schema, migrations and database, from which the next step follows.

use wallow_runtime::migrate::{Database, Owner, Situation, State, TableState};
use wallow_runtime::{Error, ErrorKind};
use wallow_schema::Schema;
use wallow_schema::diff::{Hints, diff};
use wallow_schema::migration;

use super::Project;
use crate::advice;
use crate::args::Place;
use crate::output::Failure;

impl Project {
    /// The state of the three things; `None` is a database that does not exist.
    pub(crate) fn situation(&self, database: Option<&Database>) -> Result<Situation, Failure> {
        // Migrations that cannot be read are reported by the commands that need them.
        let history = migration::load(&self.migrations()).unwrap_or_default();
        let migrations = history.migrations();
        let head = history.head().map(|snapshot| &snapshot.schema);
        let applied = match database.map(Database::state).transpose()? {
            Some(State::Managed { applied }) => applied,
            _ => Vec::new(),
        };
        let has = |version: &String| {
            let mut known = migrations.iter();
            known.any(|migration| migration.name().version().diesel() == *version)
        };
        let is_applied =
            |schema: &migration::Migration| applied.contains(&schema.name().version().diesel());
        let current = migrations
            .iter()
            .rev()
            .find(|migration| is_applied(migration));
        let current = current.map(|migration| &migration.snapshot.schema);
        let table = match database {
            None => TableState::Missing,
            Some(database) => self.table_state(database, current, !migrations.is_empty())?,
        };
        let steps = diff(head, &self.schema, &Hints::default());
        Ok(Situation {
            table,
            applied: !applied.is_empty(),
            unknown: !applied.iter().all(has),
            migrations: !migrations.is_empty(),
            pending: !migrations.iter().all(is_applied),
            changed: steps.is_err() || steps.is_ok_and(|steps| !steps.is_empty()),
        })
    }

    /// An error if there is a table that no migration manages. Applying the first migration would assume a state of the
    /// table that nobody has recorded.
    pub(crate) fn refuse_unmanaged(
        &self,
        database: &Database,
        place: &Place,
    ) -> Result<(), Failure> {
        let situation = self.situation(Some(database))?;
        match situation.table {
            TableState::Same | TableState::Different | TableState::Stuck if !situation.applied => {
                let refusal = situation.next().refusal_of_unmanaged();
                Err(Failure::finding(advice::about(&refusal, place)))
            }
            _ => Ok(()),
        }
    }

    /// The error of opening a store. A store knows neither wallow.toml nor the files of migrations, so the next step for
    /// a table that does not fit is found here.
    pub(super) fn explain(&self, error: Error, place: &Place) -> Failure {
        let differences = error.differences();
        if error.kind() != ErrorKind::SchemaMismatch || differences.is_empty() || self.is_implied {
            return error.into();
        }
        let database = self.look_at_database(place).ok().flatten();
        match self.situation(database.as_ref()) {
            Ok(situation) if situation.table != TableState::Other => {
                let next = situation.next();
                // Whoever looks again finds it as it should be.
                let next = if next.is_nothing() {
                    "another process has changed it meanwhile: try again".to_owned()
                } else {
                    advice::about(&next.to_string(), place)
                };
                Failure::finding(format!(
                    "the table `runs` does not fit {}: {}; {next}",
                    self.path.display(),
                    differences.join("; "),
                ))
            }
            _ => error.into(),
        }
    }

    /// Compares the table with what the migrations that were applied left, else with wallow.toml.
    fn table_state(
        &self,
        database: &Database,
        current: Option<&Schema>,
        has_migrations: bool,
    ) -> Result<TableState, Failure> {
        let expected = current.unwrap_or(&self.schema);
        if let Some(Owner::Other(_)) = database.owner(expected)? {
            return Ok(TableState::Other);
        }
        let Some(table) = database.table()? else {
            return Ok(TableState::Missing);
        };
        Ok(match current {
            Some(schema) if database.differences(&table, schema).is_empty() => TableState::Same,
            Some(_) => TableState::Different,
            None => database.unmanaged_state(&table, expected, has_migrations),
        })
    }
}
