//! `wallow status`: compares the schema, the newest snapshot and the database.

use serde_json::json;
use wallow_runtime::DatabaseUrl;
use wallow_runtime::dynamic::Store;
use wallow_runtime::migrate::{LiveTable, Owner, State, key_index};
use wallow_schema::ddl::Dialect;
use wallow_schema::diff::{Hints, Refusal, diff};
use wallow_schema::{ATTEMPT, Schema};

use crate::args::Place;
use crate::closed_sets;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::project::{ANEW, Project};

const MISSING: &str = "not there";
const UNMANAGED: &str = "unmanaged";
const MANAGED: &str = "managed";
const OTHER: &str = "another program's";
const PYTHON: &str = "made by the Python package";

/// Why a table is not compared.
const DISOWNED: &str = "the table `runs` is there, though no migration is noted as applied";

/// Says that the notes on migrations contradict the database.
const VANISHED: &str = "there is no table `runs`";

/// Part of the text of a difference: a column has no default.
const NO_DEFAULT: &str = "` is none, not ";

/// Added to a difference that adoption removes.
const ADDED: &str = " (`wallow migrate stamp` adds it)";

/// How a difference begins if the key is not kept unique.
const NOT_UNIQUE: &str = "nothing keeps (";

/// Within a difference if a constraint keeps the key unique only at the end of a transaction.
const DEFERRABLE: &str = ": it is DEFERRABLE, ";

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
    /// Runs whose texts are not in a closed set, one line each; the table counts as in sync nevertheless.
    unlisted: Vec<String>,
    /// The newest migration that is applied to the database.
    current: Option<String>,
    head: Option<String>,
    count: usize,
    state: &'static str,
    /// The statements that make the index over the key, if that is missing.
    index: Option<String>,
    advice: Vec<String>,
    /// What is no difference, but good to know.
    notes: Vec<String>,
}

pub(crate) fn run(place: &Place, json: bool) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let history = History::load(&project, place)?;
    let url = project.url(place)?;
    let report = report(&project, &history, place)?;
    if json {
        output::json(&report.as_json(&url));
    } else {
        report.print(&project.path.display().to_string(), &url);
    }
    Ok(if report.is_fine() {
        Status::Fine
    } else {
        Status::Finding
    })
}

/// Every difference, one line each. A table that no migration made is compared only with the schema.
pub(super) fn drift(project: &Project, place: &Place) -> Result<Vec<String>, Failure> {
    let history = History::load(project, place)?;
    let report = report(project, &history, place)?;
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

fn report(project: &Project, history: &History, place: &Place) -> Result<Report, Failure> {
    let mut report = Report {
        changes: changes(project, history),
        differences: Vec::new(),
        pending: Vec::new(),
        unknown: Vec::new(),
        edited: Vec::new(),
        unlisted: Vec::new(),
        current: None,
        head: history.head().map(|entry| entry.name.clone()),
        count: history.entries.len(),
        state: MISSING,
        index: None,
        advice: Vec::new(),
        notes: not_shared(&project.schema).into_iter().collect(),
    };
    let Some(database) = project.look_at_database(place)? else {
        report.advise(history);
        return Ok(report);
    };
    if let Some(Owner::Other(stranger)) = database.owner(&project.schema)? {
        report.state = OTHER;
        report.differences = vec![stranger.to_string()];
        report.advice = vec![
            "name another database with `--db URL`, or in wallow.toml; this one stays as it is"
                .into(),
        ];
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
            report.pending = history
                .entries
                .iter()
                .map(|entry| entry.name.clone())
                .collect();
        }
        State::Unmanaged { alembic } => {
            report.state = if alembic { PYTHON } else { UNMANAGED };
        }
        State::Managed { applied } => {
            report.state = MANAGED;
            report.pending = history.pending(&applied);
            report.unknown = history.unknown(&applied);
            report.current = history.current(&applied);
            report.edited = history.edited(&applied);
        }
    }
    let expected = history
        .schema_at(report.current.as_deref())
        .unwrap_or(&project.schema);
    report.differences = match database.table()? {
        Some(_) if report.is_disowned() => vec![DISOWNED.into()],
        Some(table) => {
            let mut differences = database.differences(&table, expected);
            report.index = missing_index(&table, expected, database.dialect());
            if matches!(report.state, UNMANAGED | PYTHON) {
                let with_defaults =
                    database.dialect() == Dialect::Postgres || table.is_constrained(expected);
                mark_added(&mut differences, with_defaults);
            }
            differences
        }
        None if report.current.is_some() => vec![VANISHED.into()],
        None => Vec::new(),
    };
    report.advise(history);
    if report.differences.is_empty() && report.pending.is_empty() {
        let store = Store::options().read_only(true);
        let store = store.open(&project.schema, &project.url(place)?);
        // A database that cannot be read is reported by the caller that reads it.
        report.unlisted = store
            .and_then(|store| closed_sets::unlisted(&store))
            .unwrap_or_default();
        if !report.unlisted.is_empty() {
            report.advice.push(closed_sets::ADVICE.to_owned());
        }
    }
    Ok(report)
}

/// The statements that make the index over the key, if the table has its columns. An index of that name keeps something
/// else unique.
fn missing_index(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Option<String> {
    let key = schema.key_columns();
    let has_key = key.iter().all(|name| table.column(name).is_some());
    let mut names = table.indexes.iter().map(|index| &*index.name);
    let before = if names.any(|name| name == "uq_runs_identifying") {
        "DROP INDEX uq_runs_identifying; "
    } else {
        ""
    };
    has_key.then(|| format!("{before}{}", key_index(schema, dialect)))
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

/// What `wallow migrate stamp` adds to a table that another program made. Defaults are left out if they alone would
/// make SQLite rebuild the table.
fn mark_added(differences: &mut [String], with_defaults: bool) {
    let missing = [
        format!("column `{ATTEMPT}` is missing"),
        "column `uuid` is missing".to_owned(),
        "index `ix_runs_uuid` is missing".to_owned(),
    ];
    for line in differences {
        let default = with_defaults && line.contains(NO_DEFAULT);
        if default || missing.contains(line) || line.contains(DEFERRABLE) {
            line.push_str(ADDED);
        }
    }
}

fn changes(project: &Project, history: &History) -> Vec<String> {
    match diff(history.head_schema(), &project.schema, &Hints::default()) {
        Ok(operations) => operations.iter().map(ToString::to_string).collect(),
        Err(refusals) => refusals.iter().map(Refusal::message).collect(),
    }
}

impl Report {
    /// Whether the notes say that no migration was applied.
    fn is_disowned(&self) -> bool {
        self.state == MANAGED && self.current.is_none() && self.unknown.is_empty()
    }

    /// The advice, in the order in which to follow it.
    fn advise(&mut self, history: &History) {
        let adopting = matches!(self.state, UNMANAGED | PYTHON);
        let mut advise = |advice: &str| self.advice.push(advice.to_owned());
        if !self.edited.is_empty() {
            advise(
                "restore the edited files from version control; what was applied stays as it is",
            );
        }
        if !self.unknown.is_empty() {
            advise("get the sources that have the unknown migrations");
        }
        let has = |sign: &str| self.differences.iter().any(|line| line.contains(sign));
        let (is_not_unique, is_deferrable) = (has(NOT_UNIQUE), has(DEFERRABLE));
        let differs = self.differences.iter().any(|line| {
            let has_own_advice = line.starts_with(NOT_UNIQUE) && self.index.is_some();
            !line.ends_with(ADDED) && !has_own_advice && !line.contains(DEFERRABLE)
        });
        if adopting && differs {
            advise("make wallow.toml describe the table as it is");
        } else if self.differences.iter().any(|line| line == DISOWNED) {
            return advise(
                "wallow migrate stamp REVISION, with the migration that describes the table",
            );
        } else if self.differences.iter().any(|line| line == VANISHED) {
            return advise(&format!(
                "restore the table from a copy, or make an empty one: `{ANEW}`"
            ));
        } else if !adopting && differs {
            advise("bring the table back to what the migrations made of it");
        }
        if let (true, Some(index)) = (is_not_unique, &self.index) {
            advise(&format!("have the owner of the table run `{index}`"));
        }
        if let (true, false, Some(current)) = (is_deferrable, adopting, &self.current) {
            advise(&format!("wallow migrate stamp {current}"));
        }
        if !self.changes.is_empty() {
            let message = match (history.entries.is_empty(), adopting) {
                (true, true) => "baseline",
                (true, false) => "initial",
                (false, _) => "what changes",
            };
            advise(&format!("wallow migrate generate \"{message}\""));
        }
        if adopting {
            advise("wallow migrate stamp head");
        } else if !self.pending.is_empty() || !self.changes.is_empty() || self.state == MISSING {
            advise("wallow migrate apply");
        }
    }

    fn is_fine(&self) -> bool {
        self.changes.is_empty()
            && self.differences.is_empty()
            && self.pending.is_empty()
            && self.unknown.is_empty()
            && self.edited.is_empty()
            && self.state == MANAGED
    }

    fn as_json(&self, url: &DatabaseUrl) -> serde_json::Value {
        json!({
            "in_sync": self.is_fine(),
            "schema": { "changes": self.changes },
            "migrations": { "count": self.count, "head": self.head },
            "database": {
                "url": url.to_string(),
                "state": self.state,
                "current": self.current,
                "pending": self.pending,
                "unknown": self.unknown,
                "edited": self.edited,
                "differences": self.differences,
                "unlisted_values": self.unlisted,
            },
            "advice": self.advice,
            "notes": self.notes,
        })
    }

    fn print(&self, schema: &str, url: &DatabaseUrl) {
        let since = self.head.as_deref().unwrap_or("nothing");
        section(
            "schema",
            &format!("{schema}: {} since {since}", changed(&self.changes)),
            &self.changes,
        );
        let newest = self
            .head
            .as_deref()
            .map_or(String::new(), |head| format!(", newest {head}"));
        section("migrations", &format!("{}{newest}", self.count), &[]);
        let at = self
            .current
            .as_deref()
            .map_or(String::new(), |current| format!(", at {current}"));
        section("database", &format!("{url}: {}{at}", self.state), &[]);
        let items = [
            ("pending", &self.pending),
            ("unknown here", &self.unknown),
            ("edited after it was applied", &self.edited),
            ("differs", &self.differences),
            ("not in the schema", &self.unlisted),
        ];
        for (word, items) in items {
            for item in items {
                output::line(&format!("            {word}: {item}"));
            }
        }
        for note in &self.notes {
            output::line(&format!("            {note}"));
        }
        if self.is_fine() {
            output::line("in sync");
        }
        for advice in &self.advice {
            output::line(&format!("do this: {advice}"));
        }
    }
}

fn changed(changes: &[String]) -> String {
    if changes.is_empty() {
        "no change".into()
    } else {
        output::counted(changes.len(), "change")
    }
}

fn section(name: &str, text: &str, items: &[String]) {
    output::line(&format!("{name:10}  {text}"));
    for item in items {
        output::line(&format!("            {item}"));
    }
}
