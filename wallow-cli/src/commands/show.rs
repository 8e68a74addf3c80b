//! `wallow show`: one run, with all its values; curves as lines of blocks.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};
use wallow_runtime::Attempt;
use wallow_runtime::dynamic::{Row, Value};
use wallow_schema::ATTEMPTS;

use crate::args::Place;
use crate::damaged::Damaged;
use crate::open::Reading;
use crate::output::{self, Failure, Status};
use crate::reason::one_line;
use crate::screen::Screen;
use crate::sparkline;
use crate::table::{Look, age, styled};
use crate::width;

pub(crate) fn run(place: &Place, run: &str, json: bool) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let row = reading.run(run)?;
    let mut damaged = Damaged::default();
    let attempts = attempts(&reading, run, &mut damaged)?;
    if json {
        let mut run = as_json(&row);
        if let (Some(attempts), Json::Object(run)) = (&attempts, &mut run) {
            // No field can have this name.
            run.insert(ATTEMPTS.into(), attempts_as_json(attempts));
        }
        output::json(&run);
    } else {
        print(&row, reading.store.schema().identifying.len());
        if let Some(attempts) = attempts.filter(|attempts| !attempts.is_empty()) {
            output::line("");
            for attempt in &attempts {
                output::line(&output::visible(&summary(attempt, Utc::now())));
            }
        }
    }
    damaged.report()?;
    Ok(Status::Fine)
}

/// The attempts at a run that can be read, if the schema keeps them.
fn attempts(
    reading: &Reading,
    run: &str,
    damaged: &mut Damaged,
) -> Result<Option<Vec<Attempt>>, Failure> {
    if !reading.store.schema().project.attempts {
        return Ok(None);
    }
    let run = super::attempts::of_run(reading, run)?;
    let attempts = reading.store.attempts_where(run);
    let readable = attempts.filter_map(|attempt| match attempt {
        Err(error) if error.uuid().is_none() => Some(Err(error)),
        attempt => damaged.sort_out(attempt).map(Ok),
    });
    Ok(Some(readable.collect::<Result<_, _>>()?))
}

fn attempts_as_json(attempts: &[Attempt]) -> Json {
    let attempts = attempts.iter().map(|attempt| {
        json!({
            "attempt": attempt.attempt,
            "host": attempt.host,
            "pid": attempt.pid,
            "os_user": attempt.os_user,
            "argv": attempt.argv,
            "cwd": attempt.cwd,
            "git_commit": attempt.git_commit,
            "git_dirty": attempt.git_dirty,
            "program": attempt.program,
            "started_at": attempt.started_at.to_rfc3339(),
            "ended_at": attempt.ended_at.map(|time| time.to_rfc3339()),
            "outcome": attempt.outcome,
            "exit_code": attempt.exit_code,
            "error": attempt.error,
        })
    });
    attempts.collect()
}

/// One attempt in a line.
fn summary(attempt: &Attempt, now: DateTime<Utc>) -> String {
    let outcome = attempt.outcome.as_deref().unwrap_or("running");
    let status = attempt
        .exit_code
        .map(|code| format!(", exit status {code}"));
    let commit = attempt.git_commit.as_ref().map(|commit| {
        let changed = if attempt.git_dirty == Some(true) {
            " with changes"
        } else {
            ""
        };
        format!(", commit {commit:.12}{changed}")
    });
    let error = attempt.error.as_deref();
    let error = error.map(|error| format!(": {}", one_line(error)));
    format!(
        "attempt {}  {outcome}{}  {}{}{}",
        attempt.attempt,
        status.unwrap_or_default(),
        place(attempt, now),
        commit.unwrap_or_default(),
        error.unwrap_or_default(),
    )
}

/// Where an attempt is or was executed, and for how long.
pub(super) fn place(attempt: &Attempt, now: DateTime<Utc>) -> String {
    let host = attempt.host.as_deref().unwrap_or("an unknown machine");
    let pid = attempt.pid.map(|pid| format!(", pid {pid}"));
    let took = attempt.ended_at.unwrap_or(now) - attempt.started_at;
    format!("on {host}{}, for {}", pid.unwrap_or_default(), age(took))
}

/// A run as JSON, for programs.
pub(super) fn as_json(row: &Row) -> Json {
    let values = row.iter();
    let values = values.map(|(name, value)| (name.to_owned(), value_as_json(value)));
    Json::Object(values.collect::<Map<_, _>>())
}

pub(crate) fn value_as_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(value) => (*value).into(),
        // JSON has no numbers for these; exports write the same texts.
        Value::Float(value) if value.is_nan() => "NaN".into(),
        Value::Float(value) if *value == f64::INFINITY => "Infinity".into(),
        Value::Float(value) if *value == f64::NEG_INFINITY => "-Infinity".into(),
        Value::Float(value) => (*value).into(),
        Value::Bool(value) => (*value).into(),
        Value::Text(value) => value.as_str().into(),
        Value::Json(value) => value.clone(),
        Value::Time(value) => value.to_rfc3339().into(),
    }
}

/// A name and its value.
struct Line {
    name: String,
    text: String,
    null: bool,
}

/// Prints names on the left and values on the right, in groups: built-in, identifying and annotating fields.
fn print(row: &Row, identifying: usize) {
    let screen = Screen::stdout();
    let lines = row.iter().map(|(name, value)| lines(name, value));
    let lines = lines.collect::<Vec<_>>();
    let names = lines.iter().flatten().map(|line| width::of(&line.name));
    let width = names.max().unwrap_or(0);
    for (index, of_value) in lines.iter().enumerate() {
        if index == 4 || index == 4 + identifying {
            output::line("");
        }
        for Line { name, text, null } in of_value {
            let name = width::padded(name, width, false);
            let style = anstyle::Style::new();
            let style = if *null { style.dimmed() } else { style };
            output::styled_line(&format!("{name}  {}", styled(text, style, screen)));
        }
    }
}

/// One line for a value; json gets a line for each curve, and one for the rest.
fn lines(name: &str, value: &Value) -> Vec<Line> {
    let line = |name: String, text: String| Line {
        name: output::visible(&name),
        text,
        null: false,
    };
    let Value::Json(json) = value else {
        return vec![Line {
            null: *value == Value::Null,
            ..line(name.to_owned(), text(value))
        }];
    };
    let (curves, rest) = sparkline::split(json);
    let rest = rest.map(|rest| line(name.to_owned(), text(&Value::Json(rest))));
    let curves = curves.into_iter().map(|curve| {
        let drawn = sparkline::line(&curve.values, CURVE);
        let summary = sparkline::summary(&curve.values);
        line(
            format!("{name}{}", curve.path),
            format!("{drawn}  {summary}"),
        )
    });
    rest.into_iter().chain(curves).collect()
}

/// The largest width of a curve.
const CURVE: usize = 32;

fn text(value: &Value) -> String {
    match value {
        Value::Time(value) => value.format("%Y-%m-%d %H:%M:%S%.6f UTC").to_string(),
        value => Look::WHOLE.cell(value, true).text,
    }
}
