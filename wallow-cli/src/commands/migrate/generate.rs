//! `wallow migrate generate`: the migration from the newest snapshot to the current schema.

use chrono::Utc;
use wallow_schema::ddl::Dialect;
use wallow_schema::diff::{Hints, Refusal, Refusals, diff};
use wallow_schema::migration::{Migration, Name, Version, write};
use wallow_schema::operation::Operation;

use super::{absent, groups};
use crate::args::{Place, name, normal};
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::Project;

/// `wallow migrate generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Generate {
    /// What the migration does, in a few words
    pub(crate) message: String,

    /// Rename a field
    #[arg(long, value_name = "OLD=NEW", value_parser = renamed)]
    pub(crate) rename: Vec<(String, String)>,

    /// Drop a field, although a new field looks like its new name
    #[arg(long, value_name = "FIELD", value_parser = name)]
    pub(crate) drop: Vec<String>,

    /// Allow dropping an identifying field; refused if runs would have the same key
    #[arg(long)]
    pub(crate) allow_drop_identifying: bool,

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
    let mut hints = Hints {
        renames: generate.rename.clone(),
        drops: generate.drop.clone(),
        allow_drop_identifying: generate.allow_drop_identifying,
    };
    let steps = steps(project, &history, &mut hints)
        .map_err(|refusals| refused(project, place, &history, &refusals))?;
    let dropped = groups::dropped(&steps);
    if !dropped.is_empty() {
        let groups = groups::without(project, place, &history, &dropped);
        if !groups.is_empty() {
            return Err(together(&dropped, &groups));
        }
    }
    if let Some(refusal) = absent::refusal(project, place, &steps) {
        return Err(refusal);
    }
    if steps.is_empty() {
        output::line("nothing has changed that a database would notice");
        return Ok(Status::Fine);
    }
    let head = history.snapshot().map(|snapshot| snapshot.name.version());
    let name = Name::new(Version::next(Utc::now(), head), &generate.message)
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
    write(&history.folder, &migration.files())
        .map_err(|error| Failure::finding(error.to_string()))?;
    project.touch();
    for step in &steps {
        output::line(&format!("- {step}"));
    }
    output::line(&format!(
        "wrote {name} below {}",
        output::shown(&history.folder)
    ));
    output::line("next: read the SQL, then `wallow migrate apply`");
    Ok(Status::Fine)
}

/// The steps of the migration. Questions that only a person can answer are asked on a terminal, and refused without
/// one.
fn steps(
    project: &Project,
    history: &History,
    hints: &mut Hints,
) -> Result<Vec<Operation>, Refusals> {
    loop {
        let refusals = match diff(history.head_schema(), &project.schema, hints) {
            Ok(steps) => return Ok(steps),
            Err(refusals) => refusals,
        };
        let open = refusals.iter().find_map(|refusal| match refusal {
            Refusal::Ambiguous {
                dropped,
                candidates,
            } => Some((dropped, candidates)),
            _ => None,
        });
        match open {
            Some((dropped, candidates)) if output::can_ask() => {
                if !answer(dropped, candidates, hints) {
                    return Err(refusals);
                }
            }
            _ => return Err(refusals),
        }
    }
}

/// Asks what became of a field; `false` if the person did not answer.
fn answer(dropped: &str, candidates: &[String], hints: &mut Hints) -> bool {
    let choices = candidates.join(", ");
    let question = format!(
        "`{dropped}` is gone. Has it a new name ({choices})? Write the name, `no` if it is really \
         gone, or nothing to stop:"
    );
    let answer = output::ask(&question);
    let named = match (answer.as_str(), candidates) {
        ("y" | "yes", [only]) => Some(only),
        _ => candidates.iter().find(|name| **name == answer),
    };
    if let Some(name) = named {
        hints.renames.push((dropped.to_owned(), name.clone()));
        return true;
    }
    let gone = matches!(answer.as_str(), "n" | "no");
    if gone {
        hints.drops.push(dropped.to_owned());
    }
    gone
}

/// The refusals, with the runs that prevent the change, if there is a database.
fn refused(project: &Project, place: &Place, history: &History, refusals: &Refusals) -> Failure {
    let dropped = refusals.iter().filter_map(|refusal| match refusal {
        Refusal::DropIdentifying { field } => Some(field.clone()),
        _ => None,
    });
    let dropped = dropped.collect::<Vec<_>>();
    let mut text = refusals.to_string();
    if !dropped.is_empty() {
        let groups = groups::without(project, place, history, &dropped);
        if !groups.is_empty() {
            text = format!(
                "{text}\nthese would become one run each:\n  {}",
                groups.join("\n  ")
            );
        }
    }
    Failure::finding(text)
}

fn together(dropped: &[String], groups: &[String]) -> Failure {
    Failure::finding(format!(
        "without `{}` these would become one run each; delete or change all but one of each group, \
         and nothing was written:\n  {}",
        dropped.join("` and `"),
        groups.join("\n  "),
    ))
}

fn renamed(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((normal(old), normal(new))),
        _ => Err("write `OLD=NEW`, such as `lr=learning_rate`".into()),
    }
}
