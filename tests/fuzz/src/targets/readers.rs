//! What the readers of files share: a schema, a file for an input, and the laws of a reading.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use chrono::SecondsFormat;
use serde_json::{Map, Value as Json};
use tempfile::TempDir;
use wallow_cli::fuzzing::{Format, Reader, Reading};
use wallow_runtime::dynamic::Value;

use super::kind_of;
use crate::random::Random;

const SCHEMA: &str = r#"
[project]
name = "fuzz"

[identifying]
model = { type = "string" }
rate = { type = "float" }
seed = { type = "int", default = 0 }
warm = { type = "bool", default = false }

[annotating]
loss = { type = "float" }
steps = { type = "int" }
done = { type = "bool" }
curve = { type = "json" }
seen_at = { type = "datetime" }
place = { type = "path" }
status = { type = "string" }
started_at = { type = "datetime" }
completed_at = { type = "datetime" }
wallclock_seconds = { type = "float" }
error_excerpt = { type = "string" }
"#;

/// The names of columns.
pub(super) const NAMES: [&str; 19] = [
    "model",
    "rate",
    "seed",
    "warm",
    "loss",
    "steps",
    "done",
    "curve",
    "seen_at",
    "place",
    "status",
    "started_at",
    "completed_at",
    "wallclock_seconds",
    "error_excerpt",
    "uuid",
    "created_at",
    "updated_at",
    "note",
];

/// A reader, and the folder of its files.
struct Desk {
    reader: Reader,
    folder: TempDir,
}

thread_local! {
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

/// Reads an input as a file of this format.
pub(super) fn read(format: Format, input: &[u8]) -> Reading {
    DESK.with_borrow_mut(|desk| {
        let desk = desk.get_or_insert_with(|| match desk_of_schema() {
            Ok(desk) => desk,
            Err(reason) => panic!("no reader: {reason}"),
        });
        let path = file(&desk.folder, format);
        if let Err(error) = fs::write(&path, input) {
            panic!("{} cannot be written: {error}", path.display());
        }
        desk.reader.read(format, &path)
    })
}

fn desk_of_schema() -> Result<Desk, String> {
    let schema = wallow_schema::parse(SCHEMA, "wallow.toml");
    let schema = schema.map_err(|problems| problems.to_string())?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let reader = Reader::new(&schema)?;
    Ok(Desk { reader, folder })
}

fn file(folder: &TempDir, format: Format) -> PathBuf {
    folder.path().join(match format {
        Format::Csv => "input.csv",
        Format::Json => "input.json",
        Format::Parquet => "input.parquet",
        Format::Arrow => "input.arrow",
    })
}

/// The result of a file, in a few words.
pub(super) fn answer(reading: &Reading) -> String {
    let mut kinds = BTreeSet::new();
    for (_, record) in &reading.records {
        kinds.insert(match record {
            Ok(values) => format!("{} values", values.len()),
            Err(reason) => kind_of(reason).chars().take(60).collect(),
        });
    }
    let kinds = kinds.into_iter().take(4).collect::<Vec<_>>();
    let end = reading.end.as_deref().map(kind_of).unwrap_or_default();
    let end = end.chars().take(80).collect::<String>();
    format!("{}; {end}", kinds.join(", "))
}

/// Checks what every reading must satisfy: a reason is never empty and never reports a bug, and the rows can be written
/// as JSON lines and as CSV and are the same when read back.
pub(super) fn check(reading: &Reading) {
    let reasons = reading
        .records
        .iter()
        .filter_map(|(_, read)| read.as_ref().err());
    for reason in reasons.chain(&reading.end) {
        assert!(!reason.is_empty(), "an error without a reason");
        assert!(!reason.contains("please report"), "{reason}");
    }
    let rows = reading
        .records
        .iter()
        .filter_map(|(_, read)| read.as_ref().ok());
    let rows = rows.map(|row| said(row)).collect::<Vec<_>>();
    if rows.is_empty() {
        return;
    }
    for (format, text) in [(Format::Json, lines(&rows)), (Format::Csv, csv(&rows))] {
        let again = read(format, text.as_bytes());
        assert_eq!(again.end, None, "{format:?}: {text}");
        let again = again.records.into_iter().map(|(at, read)| match read {
            Ok(row) => said(&row),
            Err(reason) => panic!("{format:?}: {at} is refused: {reason}\n{text}"),
        });
        assert!(again.eq(rows.iter().cloned()), "{format:?}: {text}");
    }
}

/// A row without its empty values.
fn said(row: &[(String, Value)]) -> Vec<(String, Value)> {
    let row = row.iter().filter(|(_, value)| *value != Value::Null);
    row.cloned().collect()
}

fn lines(rows: &[Vec<(String, Value)>]) -> String {
    let lines = rows.iter().map(|row| {
        let members = row
            .iter()
            .map(|(name, value)| (name.clone(), as_json(value)));
        format!("{}\n", Json::Object(members.collect::<Map<_, _>>()))
    });
    lines.collect()
}

fn as_json(value: &Value) -> Json {
    match value {
        Value::Json(value) => value.clone(),
        Value::Int(value) => (*value).into(),
        Value::Bool(value) => (*value).into(),
        Value::Float(value) if value.is_finite() => (*value).into(),
        value => text(value).into(),
    }
}

fn csv(rows: &[Vec<(String, Value)>]) -> String {
    let names = &NAMES[..NAMES.len() - 1];
    let mut csv = format!("{}\n", names.join(","));
    for row in rows {
        let cells = names.iter().map(|name| {
            let value = row.iter().find(|(found, _)| found == name);
            value.map_or_else(String::new, |(_, value)| quoted(&text(value)))
        });
        csv.push_str(&cells.collect::<Vec<_>>().join(","));
        csv.push('\n');
    }
    csv
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::Json(value) => value.to_string(),
        Value::Time(value) => value.to_rfc3339_opts(SecondsFormat::Micros, true),
    }
}

/// A value in a form that other programs write, most often one that fits a field.
pub(super) fn value(random: &mut Random, name: &str) -> String {
    if random.one_in(8) {
        return random.text();
    }
    match name {
        "rate" | "loss" | "wallclock_seconds" => match random.below(4) {
            0 => format!("{}.0", random.int()),
            1 => (*random.pick(&[&"inf", &"-Infinity", &"NaN", &"1e400", &"0,5", &"-0.0"])).into(),
            _ => format!("{:?}", random.float()),
        },
        "seed" | "steps" => random.int().to_string(),
        "warm" | "done" => (*random.pick(&[&"True", &"false", &"1", &"0", &"no"])).into(),
        "curve" => (*random.pick(&[
            &"[1, 0.5, null]",
            &"{\"a\": [NaN]}",
            &"\"text\"",
            &"18446744073709551616",
            &"null",
        ]))
        .into(),
        "seen_at" | "started_at" | "completed_at" | "created_at" | "updated_at" => {
            let forms = [
                &"2024-03-10T02:30Z",
                &"2024-03-10 02:30:00.1234567+05:30",
                &"2016-12-31T23:59:60Z",
                &"0001-01-01",
                &"9999-12-31 23:59:59.999999",
            ];
            (*random.pick(&forms)).into()
        }
        "status" => (*random.pick(&[&"Completed", &"failed", &"FINISHED", &"pending"])).into(),
        "uuid" => format!("{:012x}", random.below(1 << 40)),
        _ => random.text(),
    }
}
