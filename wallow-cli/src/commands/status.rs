//! `wallow status`: compares the schema, the newest snapshot and the database.

mod lone;
mod print;

use wallow_runtime::dynamic::Store;
use wallow_runtime::migrate::{
    Database, Known, LiveTable, Next, NoPlan, Owner, Plan, Situation, State,
};
use wallow_schema::diff::{Hints, Refusal, Refusals, diff};
use wallow_schema::{ATTEMPT, BUILT_IN, Schema};

use crate::advice;
use crate::args::Place;
use crate::closed_sets;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::{Project, refuse_memory};

const MISSING: &str = "not there";
const UNMANAGED: &str = "unmanaged";
const MANAGED: &str = "managed";
const OTHER: &str = "another program's";
const PYTHON: &str = "made by the Python package";

/// Says that the notes on migrations contradict the database.
const VANISHED: &str = "there is no table `runs`";

/// Within a difference if a constraint keeps the key unique only at the end of a transaction.
const DEFERRABLE: &str = ": it is DEFERRABLE, ";

/// Advice on what to do about values that do not fit, each of which says more.
pub(super) const UNFIT_ADVICE: &str =
    "change wallow.toml, or these values; each report of what does not fit says how";

/// How a difference begins if the key is not kept unique.
const NOT_UNIQUE: &str = "nothing keeps (";

/// The differences, and what to do.
struct Report {
    /// Differences between the newest snapshot and the schema.
    changes: Vec<String>,
    /// Differences between the database and the newest snapshot, or the schema if there is no snapshot.
    differences: Vec<String>,
    pending: Vec<String>,
    unknown: Vec<String>,
    /// Files of applied migrations that have been edited.
    edited: Vec<String>,
    /// Runs whose texts are not in a closed set, one line each.
    unlisted: Vec<String>,
    /// Other values that do not fit wallow.toml, though the table does, one line for each field.
    unfit: Vec<String>,
    /// The newest migration that is applied to the database.
    current: Option<String>,
    head: Option<String>,
    count: usize,
    state: &'static str,
    /// The statements that make the index over the key, if that is missing.
    index: Option<String>,
    /// What no command changes, and what leads out.
    stuck: Option<String>,
    /// What has to be changed in wallow.toml before a command can do anything.
    refused: Vec<String>,
    /// What the next steps follow from.
    situation: Situation,
    advice: Vec<String>,
    /// Another way than the first advice.
    alternative: Option<&'static str>,
    /// What is no difference, but good to know.
    notes: Vec<String>,
}

pub(crate) fn run(place: &Place, json: bool) -> Result<Status, Failure> {
    let project = Project::find_to_read(place)?;
    if project.is_implied {
        return lone::run(&project, place, json);
    }
    let history = History::load(&project, place)?;
    let named = project.database(place)?;
    let report = report(&project, &history, place, true)?;
    if json {
        output::json(&report.as_json(&named.url));
    } else {
        report.print(&project.path.display().to_string(), &named);
    }
    Ok(if report.is_fine() {
        Status::Fine
    } else {
        Status::Finding
    })
}

/// Values that do not fit wallow.toml, though the table does, one line each.
pub(super) fn unfit(project: &Project, database: &Database) -> Result<Vec<String>, Failure> {
    let known = Known {
        schema: &project.schema,
        renames: &[],
    };
    Ok(database.unfit_values(known)?)
}

/// Every difference, one line each. A table that no migration made is compared only with the schema.
pub(super) fn drift(project: &Project, place: &Place) -> Result<Vec<String>, Failure> {
    let history = History::load(project, place)?;
    let report = report(project, &history, place, false)?;
    let mut lines = report.differences;
    if !history.entries.is_empty() {
        lines.extend(report.changes);
    }
    for (word, names) in [
        ("pending", report.pending),
        ("unknown here", report.unknown),
        ("edited after it was applied", report.edited),
    ] {
        lines.extend(names.iter().map(|name| format!("{word}: {name}")));
    }
    Ok(lines)
}

/// With `reads_values`, a table that is as it should be is read, too.
fn report(
    project: &Project,
    history: &History,
    place: &Place,
    reads_values: bool,
) -> Result<Report, Failure> {
    refuse_memory(&project.url(place)?, place.option())?;
    let database = project.look_at_database(place)?;
    let mut report = Report {
        changes: changes(project, history),
        differences: Vec::new(),
        pending: Vec::new(),
        unknown: Vec::new(),
        edited: Vec::new(),
        unlisted: Vec::new(),
        unfit: Vec::new(),
        current: None,
        head: history.head().map(|entry| entry.name.clone()),
        count: history.entries.len(),
        state: MISSING,
        index: None,
        stuck: None,
        refused: Vec::new(),
        situation: project.situation(database.as_ref())?,
        advice: Vec::new(),
        alternative: None,
        notes: not_shared(&project.schema).into_iter().collect(),
    };
    let Some(database) = database else {
        if let Err(refusals) = diff(history.head_schema(), &project.schema, &Hints::default()) {
            report.refused = helps(&refusals);
        }
        report.advise();
        return Ok(report);
    };
    if let Some(Owner::Other(stranger)) = database.owner(&project.schema)? {
        report.state = OTHER;
        report.differences = vec![stranger.to_string()];
        report.advice = vec![Next::OtherDatabase.to_string()];
        report.advice.extend(
            stranger
                .way_out()
                .map(|sql| format!("or have the owner run `{sql}` if nothing needs that name")),
        );
        return Ok(report);
    }
    match database.state()? {
        State::Empty => {
            report.state = "empty";
            if !database.has_place_for_tables()? {
                report.differences = vec![
                    "the `search_path` of the connection names no schema that is there".into(),
                ];
                report.advice = vec![
                    "name a schema that is there with the parameter `options=-c%20search_path%3Dpublic` of the URL, or \
                     make one with `CREATE SCHEMA public`"
                        .into(),
                ];
                return Ok(report);
            }
            report.pending = history.pending(&[]);
        }
        State::Unmanaged { alembic } => {
            report.state = if alembic { PYTHON } else { UNMANAGED };
        }
        State::Managed { applied } if applied.is_empty() && database.table()?.is_some() => {
            report.state = UNMANAGED;
        }
        State::Managed { applied } => {
            report.state = MANAGED;
            report.pending = history.pending(&applied);
            report.unknown = history.unknown(&applied);
            report.current = history.current(&applied);
            report.edited = history.edited(&applied);
        }
    }
    report.compare(project, history, &database)?;
    report.advise();
    if reads_values && report.differences.is_empty() && report.pending.is_empty() {
        let store = Store::options().read_only(true);
        let store = store.open(&project.schema, &project.url(place)?);
        // Runs that cannot be read, for example without the right, are reported by the commands that read them.
        report.unlisted = store
            .and_then(|store| closed_sets::unlisted(&store))
            .unwrap_or_default();
        if !report.unlisted.is_empty() {
            report.advice.push(closed_sets::ADVICE.to_owned());
        }
        report.unfit = unfit(project, &database).unwrap_or_default();
        if !report.unfit.is_empty() {
            report.advice.push(UNFIT_ADVICE.to_owned());
        }
    }
    Ok(report)
}

/// The Python package takes two runs without a value for different runs.
fn not_shared(schema: &Schema) -> Option<String> {
    let optional = schema
        .identifying
        .iter()
        .filter(|field| field.is_optional());
    let optional = optional.map(|field| format!("`{}`", field.name));
    let optional = optional.collect::<Vec<_>>();
    (!optional.is_empty()).then(|| {
        format!(
            "cannot be shared with the Python package, which knows no optional key field: {}",
            optional.join(", ")
        )
    })
}

/// Columns that are no difference, because no field can describe them. A rebuild of the table would lose them, and stops.
fn of_others(schema: &Schema, table: &LiveTable, differences: &[String]) -> Vec<String> {
    let unknown = table.columns.iter().map(|column| column.name.as_str());
    let own = |name: &str| BUILT_IN.contains(&name) || name == ATTEMPT;
    let unknown = unknown.filter(|name| !own(name) && schema.field(name).is_none());
    let quoted = unknown.map(|name| format!("`{}`", output::visible(name)));
    let silent = quoted.filter(|name| !differences.iter().any(|line| line.contains(name.as_str())));
    let line = |name| format!("column {name} can be no field, and is left to others");
    silent.map(line).collect()
}

fn changes(project: &Project, history: &History) -> Vec<String> {
    match diff(history.head_schema(), &project.schema, &Hints::default()) {
        Ok(operations) => operations.iter().map(ToString::to_string).collect(),
        Err(refusals) => refusals.iter().map(Refusal::message).collect(),
    }
}

/// What to do about changes of wallow.toml that every command refuses: from the newest snapshot, or from a table that no
/// migration manages.
fn refused(
    project: &Project,
    history: &History,
    database: &Database,
    table: &LiveTable,
) -> Vec<String> {
    let hints = Hints {
        no_runs: database.has_no_runs().unwrap_or(false),
        ..Hints::default()
    };
    let refusals = match history.head_schema() {
        Some(head) => diff(Some(head), &project.schema, &hints).err(),
        None => match Plan::new(Some(table), database.dialect(), &project.schema, &hints) {
            Err(NoPlan::Refused(refusals)) => Some(refusals),
            _ => None,
        },
    };
    refusals.map_or(Vec::new(), |refusals| helps(&refusals))
}

fn helps(refusals: &Refusals) -> Vec<String> {
    let refusals = refusals.iter().filter(|refusal| refusal.is_final());
    refusals
        .map(|refusal| format!("{}: {}", refusal.message(), refusal.help()))
        .collect()
}

impl Report {
    /// Compares the table with the newest migration that was applied, else with wallow.toml.
    fn compare(
        &mut self,
        project: &Project,
        history: &History,
        database: &Database,
    ) -> Result<(), Failure> {
        let expected = history.schema_at(self.current.as_deref());
        let expected = expected.unwrap_or(&project.schema);
        self.differences = match database.table()? {
            Some(table) => {
                // What `push` can read off the table, it changes itself.
                let is_readable = self.state != MANAGED && database.inferred(None).is_ok();
                if !is_readable {
                    self.index = database.missing_index(&table, expected);
                }
                self.refused = refused(project, history, database, &table);
                if self.state != MANAGED {
                    self.stuck = database.way_out(&table, &project.schema);
                }
                let differences = if matches!(self.state, UNMANAGED | PYTHON) {
                    database.marked_differences(&table, expected)
                } else {
                    database.differences(&table, expected)
                };
                self.notes.extend(of_others(expected, &table, &differences));
                differences
            }
            None if self.current.is_some() => vec![VANISHED.into()],
            None => Vec::new(),
        };
        Ok(())
    }

    /// The advice, in the order in which to follow it.
    fn advise(&mut self) {
        let mut advice = Vec::new();
        if !self.edited.is_empty() {
            let restore =
                "restore the edited files from version control; what was applied stays as it is";
            advice.push(restore.to_owned());
        }
        let has = |sign: &str| self.differences.iter().any(|line| line.contains(sign));
        let (is_not_unique, is_deferrable) = (has(NOT_UNIQUE), has(DEFERRABLE));
        if let (true, Some(index)) = (is_not_unique, &self.index) {
            advice.push(format!("have the owner of the table run `{index}`"));
        }
        if let (true, MANAGED, Some(current)) = (is_deferrable, self.state, &self.current) {
            advice.push(format!("wallow migrate stamp {current}"));
        }
        // Some differences have their own way out; if there are no others, the path begins after it.
        let has_own_advice = |line: &String| {
            line.starts_with(&format!("column `{ATTEMPT}` is missing"))
                || (line.starts_with(NOT_UNIQUE) && self.index.is_some())
                || (self.state == MANAGED && line.contains(DEFERRABLE))
        };
        let differs = self.differences.iter().any(|line| !has_own_advice(line));
        // Before wallow.toml is another, no command goes on.
        let waits = matches!(self.situation.next(), Next::Generate | Next::Push);
        if waits && !self.refused.is_empty() {
            advice.extend(self.refused.iter().cloned());
        } else if advice.is_empty() || differs {
            let path = self.situation.path();
            // Where the path comes to the alternative anyway, it is none.
            let is_alone = path.len() == 1 || path.first() == Some(&Next::GenerateFirst);
            let first = path.first().filter(|_| is_alone);
            self.alternative = first.and_then(|next| next.alternative());
            let steps = path.iter().map(|next| match (next, next.command()) {
                (Next::ChangeByHand, _) => self.stuck.clone().unwrap_or_default(),
                (_, Some(command)) => command.to_owned(),
                (_, None) => next.to_string(),
            });
            advice.extend(steps);
        }
        self.advice = advice.iter().map(|step| advice::step(step)).collect();
    }

    fn is_fine(&self) -> bool {
        self.situation.next().is_nothing()
            && self.edited.is_empty()
            && self.unlisted.is_empty()
            && self.unfit.is_empty()
    }
}
