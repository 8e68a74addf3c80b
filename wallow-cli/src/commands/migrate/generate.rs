//! `wallow migrate generate`: the migration from the newest snapshot to the current schema.

use std::io;

use chrono::Utc;
use wallow_schema::ddl::Dialect;
use wallow_schema::diff::diff;
use wallow_schema::migration::{Migration, Name, Version, write};

use super::absent;
use super::groups::{self, Comparison};
use super::hints::{HintOptions, decide};
use crate::advice;
use crate::args::Place;
use crate::files;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::Project;

/// `wallow migrate generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Generate {
    /// What the migration does, in a few words
    pub(crate) message: String,

    #[command(flatten)]
    pub(crate) hints: HintOptions,

    /// Print the SQL and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(crate) fn run(
    project: &Project,
    place: &Place,
    generate: &Generate,
) -> Result<Status, Failure> {
    let history = History::load(project, place)?;
    // Migrations can be written without a database.
    let looked = project.look_at_database(place);
    let has_no_runs = match &looked {
        Ok(Some(database)) => database.has_no_runs().unwrap_or(false),
        Ok(None) => true,
        // A database that cannot be asked may have runs.
        Err(_) => false,
    };
    let database = looked.ok().flatten();
    let head = history.head_schema();
    let mut hints = generate.hints.hints();
    hints.no_runs = has_no_runs;
    let steps = decide(
        &mut hints,
        |hints| diff(head, &project.schema, hints),
        |refusals| Some(refusals),
    );
    let comparison = Comparison {
        database: database.as_ref(),
        before: head,
        after: &project.schema,
        renames: &hints.renames,
    };
    let steps = steps.map_err(|refusals| groups::refused(&refusals, comparison))?;
    groups::refuse_collisions(&steps, comparison)?;
    absent::refuse(database.as_ref(), &steps)?;
    if steps.is_empty() {
        output::line("nothing has changed that a database would notice");
        if let Ok(situation) = project.situation(database.as_ref())
            && !situation.next().is_nothing()
        {
            let next = situation.next().to_string();
            output::line(&format!("next: {}", advice::complete(&next)));
        }
        return Ok(Status::Fine);
    }
    let newest = history.snapshot().map(|snapshot| snapshot.name.version());
    let name = Name::new(Version::next(Utc::now(), newest), &generate.message)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let migration = Migration::new(name.clone(), history.snapshot(), &project.schema, &steps);
    if generate.dry_run {
        for dialect in Dialect::ALL {
            let scripts = migration.scripts(dialect);
            output::line(&format!(
                "-- {}/{name}/up.sql\n{}",
                dialect.as_str(),
                scripts.up
            ));
            output::line(&format!(
                "-- {}/{name}/down.sql\n{}",
                dialect.as_str(),
                scripts.down
            ));
        }
        return Ok(Status::Fine);
    }
    write(&history.folder, &migration.files()).map_err(|error| unwritten(&error))?;
    project.touch();
    for step in &steps {
        output::line(&format!("- {step}"));
    }
    output::line(&format!(
        "wrote {name} below {}",
        output::display_path(&history.folder)
    ));
    // A table that has the changes already, because it was pushed to, is adopted instead.
    let situation = project.situation(database.as_ref());
    let next = situation.or_else(|_| project.situation(None))?.next();
    let command = next.command().unwrap_or("wallow status");
    output::line(&format!("next: read the SQL, then `{command}`"));
    Ok(Status::Fine)
}

/// The error for a migration that cannot be written.
pub(super) fn unwritten(error: &io::Error) -> Failure {
    Failure::finding(format!(
        "no migration was written: {error}{}",
        files::advice(error)
    ))
}
