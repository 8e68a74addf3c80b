//! `wallow doctor`: integrity, schema drift and stale claims. It reads everything, and changes nothing.

use std::time::Duration;

use serde_json::json;
use wallow_runtime::dynamic::{self, Store};
use wallow_runtime::migrate::Database;
use wallow_runtime::{DatabaseUrl, Error, Expr};

use super::gc::size;
use super::status;
use crate::advice;
use crate::args::{Place, duration};
use crate::bulk::runs;
use crate::closed_sets;
use crate::output::{self, Failure, Status};
use crate::progress::Progress;
use crate::project::Project;

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow doctor
  wallow doctor --db /data/runs.db --stale 1h --json

It reads the whole database, and changes nothing.";

/// `wallow doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// A running run is stale without a heartbeat for longer than this: 90s, 10m, 2h, 1d
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) stale: Duration,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// SQLite cuts a log to 32 MiB when it writes it back, so a log of twice that size is no longer written back.
const LONGEST_LOG: u64 = 64 << 20;

/// At most this many findings of one kind are listed.
const LISTED: usize = 10;

/// What was checked, and the findings.
struct Check {
    name: &'static str,
    state: String,
    /// The findings, one line each.
    findings: Vec<String>,
    advice: Option<String>,
}

impl Check {
    fn fine(name: &'static str, state: impl Into<String>) -> Self {
        Check {
            name,
            state: state.into(),
            findings: Vec::new(),
            advice: None,
        }
    }

    fn bad(
        name: &'static str,
        state: impl Into<String>,
        findings: Vec<String>,
        advice: impl Into<String>,
    ) -> Self {
        Check {
            findings,
            advice: Some(advice.into()),
            ..Check::fine(name, state)
        }
    }

    fn is_fine(&self) -> bool {
        self.advice.is_none()
    }
}

pub(crate) fn run(place: &Place, doctor: &Doctor) -> Result<Status, Failure> {
    let project = Project::find_to_read(place)?;
    let database = project.look_at_runs(place)?;
    let url = project.url(place)?;
    let progress = Progress::of("checking the database");
    let mut checks = file(&database);
    checks.extend(server(&database)?);
    checks.push(integrity(&database));
    checks.push(schema(&project, place)?);
    checks.extend(content(&project, place, &database, doctor));
    drop(progress);
    let healthy = checks.iter().all(Check::is_fine);
    if doctor.json {
        output::json(&as_json(&url, &checks, healthy));
    } else {
        output::line(&format!("{:12}{}", "database", url));
        checks.iter().for_each(print);
        let advice = checks.iter().filter_map(|check| check.advice.as_ref());
        for advice in advice {
            output::line(&format!("do this: {}", advice::step(advice)));
        }
    }
    Ok(if healthy {
        Status::Fine
    } else {
        Status::Finding
    })
}

/// Checks of a database that is a file.
fn file(database: &Database) -> Vec<Check> {
    let Some(file) = database.file() else {
        return Vec::new();
    };
    let wal = size(file.wal_bytes);
    let mut checks = vec![
        Check::fine("size", size(file.bytes)),
        if file.wal_bytes > LONGEST_LOG {
            Check::bad(
                "log",
                format!("{wal}, and it is not written back"),
                Vec::new(),
                "look for a program that keeps reading, or that was stopped while it did, and end it; \
                 the next one that writes then cuts the log",
            )
        } else {
            Check::fine("log", wal)
        },
        match file.network {
            None => Check::fine("disk", "local, as far as can be seen"),
            Some(kind) => Check::bad(
                "disk",
                format!(
                    "a network file system ({kind}): SQLite loses writes there without an error"
                ),
                Vec::new(),
                "move the database to a local disk, or to a PostgreSQL server",
            ),
        },
    ];
    if file.names > 1 {
        checks.push(Check::bad(
            "names",
            format!(
                "{} (hard links): programs that open the file by different names damage it",
                file.names
            ),
            Vec::new(),
            "delete the other names (`find FOLDER -samefile FILE` shows them), or give the file a copy of its own",
        ));
    }
    if !file.unfinished.is_empty() {
        let left = file.unfinished.iter();
        checks.push(Check::bad(
            "copies",
            "a push that was killed left unfinished ones",
            left.map(|path| path.display().to_string()).collect(),
            "unless a `wallow migrate push` is at work, delete these files; the next push that changes something does",
        ));
    }
    checks
}

/// Checks of a server's database.
fn server(database: &Database) -> Result<Vec<Check>, Failure> {
    let remarks = database.remarks()?.into_iter().map(|remark| Check {
        advice: remark.advice.map(ToOwned::to_owned),
        ..Check::fine(remark.name, remark.state)
    });
    Ok(remarks.collect())
}

fn integrity(database: &Database) -> Check {
    const ADVICE: &str =
        "restore a copy of the database, or save what can be read with `sqlite3 FILE .recover`";
    match database.damages() {
        Ok(damages) if damages.is_empty() => Check::fine("integrity", "ok"),
        Ok(damages) => Check::bad("integrity", "damaged", damages, ADVICE),
        Err(error) => Check::bad("integrity", "damaged", vec![output::reason(&error)], ADVICE),
    }
}

fn schema(project: &Project, place: &Place) -> Result<Check, Failure> {
    if project.is_implied {
        return Ok(Check::fine("schema", "read off the table"));
    }
    let drift = status::drift(project, place)?;
    Ok(if drift.is_empty() {
        Check::fine("schema", "the table is as the schema says")
    } else {
        let advice = "see `wallow status`, which says what to do";
        Check::bad(
            "schema",
            "the table is not as the schema says",
            drift,
            advice,
        )
    })
}

/// Checks of the runs, if the table is such that they can be read.
fn content(project: &Project, place: &Place, database: &Database, doctor: &Doctor) -> Vec<Check> {
    let store = match project.open_read_only(place) {
        Ok(store) => store,
        Err(failure) => {
            let advice = "bring the table and the schema together first";
            let reason = vec![failure.to_string()];
            return vec![Check::bad("runs", "cannot be read", reason, advice)];
        }
    };
    let values = match values(&store) {
        Ok(values) => values,
        // The others would fail for the same reason.
        Err(unreadable) => return vec![unreadable],
    };
    let mut checks = vec![values];
    checks.extend(closed(&store));
    checks.extend(unfit(project, database));
    checks.extend(claims(&store, doctor));
    checks.extend(attempts(&store));
    checks
}

/// For a schema with a history of attempts: rows that cannot be read, and rows that belong to no run.
fn attempts(store: &Store) -> Option<Check> {
    if !store.schema().project.attempts {
        return None;
    }
    let (count, mut broken) = match read("attempts", store.attempts_where(Expr::all([]))) {
        Ok(read) => read,
        Err(unreadable) => return Some(unreadable),
    };
    // The run of an attempt may be hidden, and not gone.
    let is_hidden = store.hides_rows();
    let orphans = is_hidden.and_then(|is_hidden| {
        if is_hidden {
            Ok(0)
        } else {
            store.orphaned_attempts()
        }
    });
    let orphans = match orphans {
        Ok(orphans) => orphans,
        Err(error) => {
            broken.push(output::reason(&error));
            0
        }
    };
    let mut state = vec![count.to_string()];
    let mut advice = Vec::new();
    if !broken.is_empty() {
        state.push(format!("{} cannot be read", broken.len()));
        advice.push("correct or clear the values of attempts that are named");
    }
    if orphans > 0 {
        state.push(format!("and {orphans} without a run"));
        advice.push(
            "another program has deleted the runs of attempts; `wallow gc --delete` deletes these, too",
        );
    }
    if advice.is_empty() {
        return Some(Check::fine("attempts", format!("{count}, all can be read")));
    }
    let (state, advice) = (state.join(", "), advice.join("; "));
    Some(Check::bad("attempts", state, broken, advice))
}

/// The number of rows, and why some of them cannot be read. If the database itself fails, this is the check.
fn read<R>(
    name: &'static str,
    rows: impl IntoIterator<Item = Result<R, Error>>,
) -> Result<(u64, Vec<String>), Check> {
    let (mut count, mut broken) = (0, Vec::new());
    for row in rows {
        match row {
            Err(error) if error.uuid().is_none() => {
                return Err(Check::bad(
                    name,
                    "cannot be read",
                    vec![output::reason(&error)],
                    format!("follow the line below `{name}`, and run `wallow doctor` again"),
                ));
            }
            row => broken.extend(row.err().map(|error| error.to_string())),
        }
        count += 1;
    }
    Ok((count, broken))
}

fn values(store: &Store) -> Result<Check, Check> {
    let (count, broken) = read("runs", &store.query())?;
    let all = runs(count);
    if broken.is_empty() {
        return Ok(Check::fine("runs", format!("{all}, all can be read")));
    }
    let state = format!("{all}, {} cannot be read", broken.len());
    let advice = "correct or clear the values that are named";
    Ok(Check::bad("runs", state, broken, advice))
}

/// For a schema with closed sets: texts that are not in them.
fn closed(store: &Store) -> Option<Check> {
    let mut fields = store.schema().fields();
    if fields.all(|field| field.values.is_empty()) {
        return None;
    }
    Some(match closed_sets::unlisted(store) {
        Ok(unlisted) if unlisted.is_empty() => Check::fine("values", "all are those of the schema"),
        Ok(unlisted) => Check::bad(
            "values",
            "some are not in the schema",
            unlisted,
            closed_sets::ADVICE,
        ),
        Err(error) => Check::bad(
            "values",
            "cannot be read",
            vec![output::reason(&error)],
            "see above",
        ),
    })
}

/// Values that do not fit the schema, though the table does.
fn unfit(project: &Project, database: &Database) -> Option<Check> {
    let unfit = status::unfit(project, database).ok()?;
    let advice = status::UNFIT_ADVICE;
    (!unfit.is_empty()).then(|| Check::bad("fields", "some values do not fit", unfit, advice))
}

/// For a schema with the lifecycle: workers that no longer send heartbeats.
fn claims(store: &Store, doctor: &Doctor) -> Option<Check> {
    let running = dynamic::parse(store.schema(), "status == \"running\"").ok()?;
    let silent = store
        .retry_where(running.clone(), Some(doctor.stale))
        .ok()?;
    let counted = store.query().filter(running).count();
    let counted = counted.and_then(|running| Ok((running, silent.count()?)));
    Some(match counted {
        Ok((running, 0)) => Check::fine("claims", format!("{} at work", runs(running))),
        Ok((running, silent)) => Check::bad(
            "claims",
            format!("{} at work, {silent} of them silent", runs(running)),
            Vec::new(),
            "where their workers are gone: `wallow retry --where 'status == \"running\"' --stale DURATION`, \
             or start workers, which take them over",
        ),
        Err(error) => Check::bad(
            "claims",
            "cannot be read",
            vec![output::reason(&error)],
            "see above",
        ),
    })
}

fn as_json(url: &DatabaseUrl, checks: &[Check], healthy: bool) -> serde_json::Value {
    let checks = checks.iter().map(|check| {
        json!({
            "name": check.name,
            "fine": check.is_fine(),
            "state": check.state,
            "findings": check.findings,
            "advice": check.advice,
        })
    });
    json!({
        "database": url.to_string(),
        "healthy": healthy,
        "checks": checks.collect::<Vec<_>>(),
    })
}

fn print(check: &Check) {
    output::line(&format!("{:12}{}", check.name, check.state));
    for finding in check.findings.iter().take(LISTED) {
        output::line(&format!("{:12}{}", "", output::visible(finding)));
    }
    if check.findings.len() > LISTED {
        output::line(&format!(
            "{:12}… and {} more",
            "",
            check.findings.len() - LISTED
        ));
    }
}
