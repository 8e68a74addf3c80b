//! `wallow migrate push`: brings a table that no migration manages to wallow.toml, without files.

use wallow_runtime::migrate::{Database, NoPlan, Plan, Pushed, stops};
use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;
use wallow_schema::operation::Operation;

use super::consent::Change;
use super::groups::{self, Comparison};
use super::hints::{HintOptions, decide};
use super::{absent, unfit};
use crate::args::{Consent, Place};
use crate::files::before;
use crate::output::{self, Failure, Status};
use crate::progress::Progress;
use crate::project::{Named, Project, refuse_vanished};

/// `wallow migrate push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) hints: HintOptions,

    #[command(flatten)]
    pub(crate) consent: Consent,
}

pub(crate) fn run(project: &Project, place: &Place, push: &Push) -> Result<Status, Failure> {
    let named = project.database(place)?;
    project.refuse_other(place)?;
    let looking = project.look_at_database(place)?;
    if let Some(database) = &looking {
        refuse_managed(project, database, &named)?;
        refuse_vanished(database)?;
    }
    refuse_stuck(project, looking.as_ref(), &named)?;
    let plan = plan(project, looking.as_ref(), &named, push)?;
    if plan.is_empty() {
        output::line(&format!("nothing to do: {named}, is as wallow.toml says"));
        return Ok(Status::Fine);
    }
    for line in plan.added() {
        output::line(&format!("- {line}"));
    }
    for step in plan.steps() {
        output::line(&format!("- {step}"));
    }
    if push.consent.dry_run {
        output::line(&format!("\n{}", plan.script()));
        output::line(&format!("dry run: nothing was changed in {named}"));
        return Ok(Status::Fine);
    }
    let has_runs = match &looking {
        Some(database) => !database.has_no_runs()?,
        None => false,
    };
    // What an empty table loses is nothing.
    let loses = has_runs && !plan.losses().is_empty();
    let change = Change {
        what: format!("this change of {named},"),
        done: "pushed",
        verb: "Push",
        stopped: stopped(&plan, &project.schema, named.url.dialect()),
        lost: if loses {
            unsaid(&plan, &push.hints.drop)
        } else {
            Vec::new()
        },
    };
    change.agreed(looking.as_ref(), push.consent.yes)?;
    let database = project.open_database(place)?;
    let copy = database.file().filter(|_| loses);
    let copy = copy.map(|file| before(file.path));
    let progress = Progress::of("changing the table");
    let pushed = database.push(&plan, copy.as_deref())?;
    drop(progress);
    match pushed {
        Pushed::ByAnother => output::line(&format!(
            "another process did the same to {named}, meanwhile"
        )),
        Pushed::Done { copy: Some(copy) } => {
            output::line(&format!(
                "the database as it was: {}",
                output::display_path(&copy)
            ));
        }
        Pushed::Done { copy: None } => {}
    }
    output::line(&format!("{named}, is as wallow.toml says"));
    let next = project.situation(Some(&database))?.next();
    if !next.is_nothing() {
        output::line(&format!("next: {next}"));
    }
    Ok(Status::Fine)
}

/// What stops programs that fit the table as it is. Without the lifecycle there are no claims, and a field `status` may
/// be anything.
fn stopped(plan: &Plan, schema: &Schema, dialect: Dialect) -> Vec<String> {
    let before = plan.before().filter(|before| before.has_lifecycle());
    before.map_or(Vec::new(), |before| stops(before, schema, dialect))
}

/// An error if the table differs from wallow.toml in something that no change of a schema makes.
fn refuse_stuck(
    project: &Project,
    database: Option<&Database>,
    named: &Named,
) -> Result<(), Failure> {
    let Some(database) = database else {
        return Ok(());
    };
    let table = database.table()?;
    match table.and_then(|table| database.way_out(&table, &project.schema)) {
        None => Ok(()),
        Some(way_out) => Err(Failure::finding(format!(
            "nothing was changed in {named}: {way_out}"
        ))),
    }
}

/// An error if migrations manage the database.
fn refuse_managed(project: &Project, database: &Database, named: &Named) -> Result<(), Failure> {
    let situation = project.situation(Some(database))?;
    if !situation.applied {
        return Ok(());
    }
    let next = situation.next();
    let next = if next.is_nothing() {
        "change wallow.toml, then run `wallow migrate generate \"what changes\"`".to_owned()
    } else {
        next.to_string()
    };
    Err(Failure::finding(format!(
        "migrations manage {named}, and nothing was changed; a change of wallow.toml gets there by `wallow migrate \
         generate` and `wallow migrate apply`: {next}"
    )))
}

fn plan(
    project: &Project,
    database: Option<&Database>,
    named: &Named,
    push: &Push,
) -> Result<Plan, Failure> {
    let table = match database {
        Some(database) => database.table()?,
        None => None,
    };
    let dialect = named.url.dialect();
    let mut hints = push.hints.hints();
    hints.no_runs = match database {
        Some(database) => database.has_no_runs()?,
        None => true,
    };
    let planned = decide(
        &mut hints,
        |hints| Plan::new(table.as_ref(), dialect, &project.schema, hints),
        |no_plan| match no_plan {
            NoPlan::Refused(refusals) => Some(refusals),
            NoPlan::Unreadable(_) => None,
        },
    );
    let before = match (database, &planned) {
        (Some(database), Err(NoPlan::Refused(_))) => database.inferred(None)?,
        _ => None,
    };
    let comparison = Comparison {
        database,
        before: before.as_ref().map(|before| &before.schema),
        after: &project.schema,
        renames: &hints.renames,
    };
    let plan = planned.map_err(|no_plan| match no_plan {
        NoPlan::Refused(refusals) => groups::refused(&refusals, comparison),
        NoPlan::Unreadable(error) => error.into(),
    })?;
    let comparison = Comparison {
        before: plan.before(),
        ..comparison
    };
    groups::refuse_collisions(plan.steps(), comparison)?;
    absent::refuse(database, plan.steps())?;
    unfit::refuse(database, &project.schema, &hints.renames)?;
    Ok(plan)
}

/// What is lost beside the fields that are named as dropped.
fn unsaid(plan: &Plan, said: &[String]) -> Vec<String> {
    let is_said = |step: &&Operation| match step {
        Operation::DropField(column) => said.contains(&column.name),
        _ => false,
    };
    let steps = plan.steps().iter().filter(|step| !is_said(step));
    steps.filter_map(Operation::lossy).collect()
}
