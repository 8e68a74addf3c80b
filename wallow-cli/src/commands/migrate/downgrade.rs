//! `wallow migrate downgrade`.

use wallow_runtime::migrate::{Dependent, LiveTable, State};
use wallow_schema::ddl::{Dialect, losses};

use super::at_work;
use super::consent::Change;
use crate::args::Place;
use crate::bulk::runs as counted;
use crate::history::{Entry, History};
use crate::output::{self, Failure, Status};
use crate::project::{Project, refuse_vanished};

pub(crate) fn run(
    project: &Project,
    place: &Place,
    revision: &str,
    yes: bool,
) -> Result<Status, Failure> {
    let named = project.database(place)?;
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    let keep = history.position(revision)?;
    let database = project.database_to_change(place)?;
    let State::Managed { applied } = database.state()? else {
        return Err(Failure::finding(
            "the database has no notes on migrations, so there is nothing to go back from; see `wallow status`",
        ));
    };
    history.refuse_unknown(&applied)?;
    refuse_vanished(&database)?;
    let going = history.entries[keep..].iter().rev();
    let going = going
        .filter(|entry| applied.contains(&entry.version))
        .collect::<Vec<_>>();
    let mut lost = lost(&going, database.dialect());
    // Reverting the first migration drops the table.
    let drops_table = keep == 0 && !going.is_empty();
    if drops_table {
        let dependents = database.dependents()?;
        refuse_dependents(&dependents, database.dialect())?;
        lost.extend(dependents.iter().map(dangling));
    }
    let runs = if drops_table {
        database.count_runs()?
    } else {
        0
    };
    if runs > 0 {
        let table = database.table()?.unwrap_or_default();
        lost.push(dropped(project, &table, runs));
    }
    let change = Change {
        what: format!("going back in {named},"),
        done: "reverted",
        verb: "Revert",
        stopped: match &going[..] {
            [] => Vec::new(),
            _ => at_work::stopped(&database, &history, &applied, keep),
        },
        lost,
    };
    change.agreed(Some(&database), yes)?;
    for entry in &going {
        if database.revert(&entry.script(database.dialect()))? {
            output::line(&format!("reverted {} in {named}", entry.name));
        }
    }
    if runs > 0 {
        output::line(&format!("deleted the table `runs` with {}", counted(runs)));
    }
    if going.is_empty() {
        output::line(&format!("nothing to revert in {named}"));
    }
    Ok(Status::Fine)
}

/// Describes what is deleted with the table: all of its runs, whoever made it, and every column that the schema does
/// not know.
fn dropped(project: &Project, table: &LiveTable, runs: u64) -> String {
    let columns = table.columns.iter().map(|column| column.name.as_str());
    let unknown = columns.filter(|name| !project.knows_column(name));
    let unknown = unknown.map(|name| format!("`{}`", output::visible(name)));
    let unknown = unknown.collect::<Vec<_>>();
    let others = if unknown.is_empty() {
        String::new()
    } else {
        format!(
            ", and columns that wallow.toml does not know: {}",
            unknown.join(", ")
        )
    };
    format!(
        "the table `runs` is dropped, whoever made it: {} in it{others}; `wallow export --output FILE` keeps the \
         fields of wallow.toml, and `wallow migrate stamp base` takes the notes back without touching the table",
        counted(runs)
    )
}

/// An error if other tables refer to the runs: SQLite would delete or change their rows with the table. A PostgreSQL
/// server refuses to drop the table then, and as long as a view uses it.
fn refuse_dependents(dependents: &[Dependent], dialect: Dialect) -> Result<(), Failure> {
    let lines = dependents.iter().filter_map(|dependent| match dependent {
        Dependent::Table { name, rows } => Some(format!(
            "table `{}` with {}",
            output::visible(name),
            output::counted(usize::try_from(*rows).unwrap_or(usize::MAX), "row")
        )),
        Dependent::Reader { kind, name } => match dialect {
            Dialect::Sqlite => None,
            Dialect::Postgres => Some(format!("{kind} `{}`", output::visible(name))),
        },
    });
    let lines = lines.collect::<Vec<_>>();
    if lines.is_empty() {
        return Ok(());
    }
    let has_table = dependents
        .iter()
        .any(|dependent| matches!(dependent, Dependent::Table { .. }));
    let (what, way) = if has_table {
        (
            "other tables refer to `runs`",
            "drop these first, or make the tables anew without the reference",
        )
    } else {
        ("views use `runs`", "drop these first")
    };
    Err(Failure::finding(format!(
        "{what}, which going back to `base` would drop, and nothing was changed:\n  {}\n{way}; `wallow migrate stamp \
         base` takes the notes back without touching any table",
        lines.join("\n  ")
    )))
}

/// What is said of a view or trigger that is left without the table.
fn dangling(dependent: &Dependent) -> String {
    let (kind, name) = match dependent {
        Dependent::Reader { kind, name } => (kind.as_str(), name),
        Dependent::Table { name, .. } => ("table", name),
    };
    format!(
        "the {kind} `{}` names `runs` and stops working without it",
        output::visible(name)
    )
}

fn lost(going: &[&Entry], dialect: Dialect) -> Vec<String> {
    let lines = going.iter().flat_map(|entry| {
        let down = entry.script(dialect).down;
        let losses = losses(&down).into_iter();
        let losses = losses.map(|loss| format!("{}: {loss}", entry.name));
        losses.collect::<Vec<_>>()
    });
    lines.collect()
}
