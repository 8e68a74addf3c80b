//! One step of the migrations, as diesel's harness takes it: it runs the script and keeps the note.
//!
//! The caller has the write lock already, in a transaction of ours, because the same lock has to cover the question
//! whether the step is still to be done. So the harness begins no transaction of its own.

use std::fmt;

use diesel::backend::Backend;
use diesel::connection::BoxableConnection;
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationVersion, Result};
use diesel::result::Error as DieselError;
use diesel_migrations::MigrationHarness;

use crate::error::{Error, ErrorKind};

/// A script to run, and the version to note as applied or as reverted.
pub(crate) struct Step<'a> {
    version: &'a str,
    script: &'a str,
    is_up: bool,
}

impl<'a> Step<'a> {
    /// Runs the script and notes the version as applied. With an empty script it only notes the version.
    pub(crate) fn up(version: &'a str, script: &'a str) -> Self {
        Step {
            version,
            script,
            is_up: true,
        }
    }

    /// Runs the script and removes the note that the version is applied.
    pub(crate) fn down(version: &'a str, script: &'a str) -> Self {
        Step {
            version,
            script,
            is_up: false,
        }
    }

    pub(super) fn script(&self) -> &'a str {
        self.script
    }

    pub(super) fn run_on<DB: Backend>(
        &self,
        harness: &mut impl MigrationHarness<DB>,
    ) -> Result<()> {
        if self.is_up {
            harness.run_migration(self).map(drop)
        } else {
            harness.revert_migration(self).map(drop)
        }
    }

    fn run_script<DB: Backend>(&self, connection: &mut dyn BoxableConnection<DB>) -> Result<()> {
        if !self.script.is_empty() {
            connection.batch_execute(self.script)?;
        }
        Ok(())
    }
}

impl<DB: Backend> Migration<DB> for Step<'_> {
    fn run(&self, connection: &mut dyn BoxableConnection<DB>) -> Result<()> {
        self.run_script(connection)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<DB>) -> Result<()> {
        self.run_script(connection)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &InOurTransaction
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

impl MigrationName for Step<'_> {
    fn version(&self) -> MigrationVersion<'_> {
        self.version.into()
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version)
    }
}

struct InOurTransaction;

impl MigrationMetadata for InOurTransaction {
    fn run_in_transaction(&self) -> bool {
        false
    }
}

/// The harness's error, as an error of the database if it is one.
pub(super) fn error(
    error: Box<dyn std::error::Error + Send + Sync>,
    of_query: fn(DieselError) -> Error,
) -> Error {
    match error.downcast::<DieselError>() {
        Ok(error) => of_query(*error),
        Err(other) => Error::new(ErrorKind::Database, other.to_string()),
    }
}
