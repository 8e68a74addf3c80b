//! Migrations of a database: what is applied, applying, reverting, and the live table.
//!
//! What enters: scripts in order. What leaves: the state of a database. Invariants: a script and the note that it was
//! applied are one transaction, so that after a crash there is the old schema or the new one. If two processes migrate
//! at once, one does it, and the other finds it done.
//!
//! The notes are in diesel's own table and are written by diesel's harness, so that diesel's command and wallow's
//! agree.

mod adoption;
pub(crate) mod apply;
mod at_work;
mod copied;
mod database;
mod default;
mod drift;
mod health;
mod inferred;
mod key;
mod next;
mod open;
mod owner;
mod push;
mod recognise;
mod rolling;
mod source;
mod stuck;
mod values;
mod views;
mod watch;

use crate::error::{Error, ErrorKind};

pub use crate::backend::{
    Dependent, LiveColumn, LiveIndex, LiveTable, Remark, RoleWithoutNotes, Securables,
};
pub use crate::codegen_support::{EmbeddedScripts, Script};
pub use at_work::AtWork;
pub use database::{Collision, Database, State};
pub use health::DatabaseFile;
pub use inferred::{Inferred, Known, inferred};
pub use next::{Next, Situation, TableState};
pub(crate) use open::{Rules, open_table, verify};
pub use owner::{Owner, Stranger};
pub use push::{NoPlan, Plan, Pushed};
pub(crate) use recognise::of_program as recognise_first;
pub(crate) use rolling::check as check_ahead;
pub use rolling::stops;
pub use source::{Migrations, migrations};
pub(crate) use watch::Expected;

use key::{check_key, key_text};

/// Whether a database with these applied versions is up to date with the scripts.
///
/// # Errors
/// [`ErrorKind::DatabaseAhead`] if it has versions that the scripts do not know,
/// [`ErrorKind::PendingMigration`] if it lacks some.
pub fn check_head(applied: &[String], scripts: &[Script]) -> Result<(), Error> {
    known(applied, scripts)?;
    let (current, head) = revisions(applied, scripts);
    let pending = scripts.iter().filter(|script| !has(applied, script));
    let pending = pending
        .map(|script| script.name.as_ref())
        .collect::<Vec<_>>();
    if pending.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the database is behind this program, at {current} instead of {head}: {} pending ({}); {}, or open with \
         `check_schema(false)` and call `store.migrate()`",
        pending.len(),
        pending.join(", "),
        Next::Apply,
    );
    Err(Error::new(ErrorKind::PendingMigration, message).with_revisions(current, head))
}

/// Whether the missing scripts may be applied to a database with these versions. Each script was written for the table
/// that the scripts before it leave.
///
/// # Errors
/// [`ErrorKind::DatabaseAhead`] if it has versions that the scripts do not know, or one whose predecessor it lacks.
pub fn check_appliable(applied: &[String], scripts: &[Script]) -> Result<(), Error> {
    known(applied, scripts)?;
    let mut scripts_left = scripts.iter().skip_while(|script| has(applied, script));
    let lacking = scripts_left.next();
    let Some((lacking, later)) =
        lacking.and_then(|lacking| Some((lacking, scripts_left.find(|s| has(applied, s))?)))
    else {
        return Ok(());
    };
    let message = format!(
        "the database has {}, but not {} before it, which was written for another table; take {} \
         back with `wallow migrate downgrade`, and apply them in order",
        later.name, lacking.name, later.name,
    );
    let (current, head) = revisions(applied, scripts);
    Err(Error::new(ErrorKind::DatabaseAhead, message).with_revisions(current, head))
}

fn known(applied: &[String], scripts: &[Script]) -> Result<(), Error> {
    let unknown = applied
        .iter()
        .find(|version| !scripts.iter().any(|s| s.version == **version));
    let Some(version) = unknown else {
        return Ok(());
    };
    let (current, head) = revisions(applied, scripts);
    let message = format!(
        "the database is newer than this program: it has migration {version}, and the program \
         knows migrations up to {head}; {}, and build the program from them",
        Next::GetSources,
    );
    Err(Error::new(ErrorKind::DatabaseAhead, message).with_revisions(current, head))
}

fn has(applied: &[String], script: &Script) -> bool {
    applied.iter().any(|version| *version == script.version)
}

/// The newest version of the database, and the newest of the scripts.
fn revisions<'a>(applied: &'a [String], scripts: &'a [Script]) -> (&'a str, &'a str) {
    (
        applied.last().map_or("base", String::as_str),
        scripts.last().map_or("base", |script| &script.version),
    )
}
