//! `wallow grants`: the SQL of the rights that a role of a PostgreSQL server needs. It is printed, not executed: who may
//! grant rights decides.

use clap::ValueEnum;
use wallow_runtime::migrate::{Database, Securables};
use wallow_schema::ddl::{Dialect, quote_identifier as quote};

use crate::args::Place;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) const HELP: &str = "Examples:\n  wallow grants worker --role trainer | psql DATABASE\n  wallow grants analyst\n\n\
     Without --role, put the name of the role in the place of \"ROLE\". Run the SQL as the owner of the\n\
     tables. Migrations need the owner itself: no grant lets another role change a table.";

/// `wallow grants`.
#[derive(Debug, clap::Args)]
pub(crate) struct Grants {
    /// What the role does
    #[arg(value_enum)]
    pub(crate) task: Task,

    /// The name of the role
    #[arg(long, value_name = "NAME", default_value = "ROLE")]
    pub(crate) role: String,
}

/// What a role does with runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Task {
    /// Registers, claims and reads runs
    Worker,
    /// Only reads runs
    Analyst,
}

pub(crate) fn run(place: &Place, grants: &Grants) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let url = project.url(place)?;
    if url.dialect() == Dialect::Sqlite {
        return Err(Failure::finding(format!(
            "`{url}` is a file of SQLite, which has no roles: the permissions of the file and its folder decide. Who \
             may write both can register and claim runs; a reader needs to write the folder, too, because SQLite keeps \
             its log there"
        )));
    }
    let database = project.look_at_runs(place)?;
    let Some(tables) = database.securables()? else {
        return Err(Failure::finding(format!(
            "`{url}` has no table `runs` any more; make it with `wallow migrate apply`"
        )));
    };
    output::line(&sql(grants.task, &quote(&grants.role), &tables));
    Ok(Status::Fine)
}

/// Warns of the roles that cannot read a table of notes that was just made, with the command that gives them the rights.
pub(crate) fn warn_of_roles(database: &Database) -> Result<(), Failure> {
    for role in database.roles_without_notes()? {
        let (task, may) = if role.writes {
            ("worker", "write")
        } else {
            ("analyst", "read")
        };
        let name = output::visible(&role.name);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let argument = if name.chars().all(is_plain) {
            name.clone()
        } else {
            format!("'{}'", name.replace('\'', "'\\''"))
        };
        output::warning(&format!(
            "the role `{name}` may {may} runs, but not read the notes on migrations, so it cannot open the database: run \
             the SQL of `wallow grants {task} --role {argument}`"
        ));
    }
    Ok(())
}

/// The statements, with a comment above them.
fn sql(task: Task, role: &str, tables: &Securables) -> String {
    let Securables {
        schema,
        runs,
        ids,
        notes,
        attempts,
    } = tables;
    let (what, rights) = match task {
        Task::Worker => ("register, claim and read runs", "SELECT, INSERT, UPDATE"),
        Task::Analyst => ("read runs", "SELECT"),
    };
    let mut lines = vec![
        format!("-- What {role} needs to {what}. To be run by the owner of the tables."),
        format!("GRANT USAGE ON SCHEMA {schema} TO {role};"),
        format!("GRANT {rights} ON TABLE {runs} TO {role};"),
    ];
    let attempts = attempts.iter();
    lines.extend(
        attempts
            .clone()
            .map(|attempts| format!("GRANT {rights} ON TABLE {attempts} TO {role};")),
    );
    if task == Task::Worker {
        let ids = ids.iter();
        lines.extend(ids.map(|ids| format!("GRANT USAGE ON SEQUENCE {ids} TO {role};")));
    }
    let notes = notes.iter();
    lines.extend(notes.map(|notes| format!("GRANT SELECT ON TABLE {notes} TO {role};")));
    if schema != "public" {
        lines.push(format!(
            "-- So that the connections of {role} find the tables:\nALTER ROLE {role} SET search_path = {schema};"
        ));
    }
    if task == Task::Worker {
        let deleted = std::iter::once(runs).chain(attempts);
        let deleted = deleted.map(String::as_str).collect::<Vec<_>>().join(", ");
        lines.push(format!(
            "-- Only if it deletes runs, too:\n-- GRANT DELETE ON TABLE {deleted} TO {role};"
        ));
    }
    lines.join("\n")
}
