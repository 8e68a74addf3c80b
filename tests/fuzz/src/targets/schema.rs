//! wallow.toml: parsing, checking, rendering of problems; a valid schema makes tables and migrations.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use wallow_schema::diff::{Hints, diff};
use wallow_schema::migration::Migration;
use wallow_schema::snapshot::{from_text, to_text};
use wallow_schema::{Schema, decode, fallback, parse};

use super::{check_problems, kinds};
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "schema",
    about: "wallow.toml, its problems, its tables and its first migration",
    words: &[
        "[identifying.",
        "[annotating.",
        "[project]",
        "[database]",
        "]\n",
        "type = ",
        "\"int\"",
        "\"json\"",
        "\"datetime\"",
        "default = ",
        "nullable = true\n",
        "indexed = ",
        "doc = ",
        "'''",
        "\"\"\"",
        "{ a = [1, {}] }",
        "2026-01-31T10:00:00Z",
        "artefacts_layout = \"{",
        "}\"",
        "float_precision = ",
        "= = ",
        "[[",
        "#",
        "inf",
        "0x_",
    ],
    seeds,
    generate,
    check,
    in_tests: 600,
};

fn seeds() -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wallow-schema/tests/fixtures");
    let mut paths = Vec::new();
    for folder in ["errors", "valid"] {
        let entries = fs::read_dir(fixtures.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        paths.extend(entries.map(|entry| entry.path()));
    }
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    });
    paths.sort();
    paths.iter().flat_map(fs::read).collect()
}

const NAMES: [&str; 24] = [
    "seed",
    "lr",
    "a",
    "b",
    "status",
    "started_at",
    "completed_at",
    "wallclock_seconds",
    "error_excerpt",
    "id",
    "uuid",
    "rowid",
    "xmin",
    "oid",
    "in",
    "type",
    "Seed",
    "SEED",
    "_x",
    "naïve",
    "select",
    "created_at",
    "fn",
    "r#fn",
];
const TYPES: [&str; 10] = [
    "\"int\"",
    "\"float\"",
    "\"string\"",
    "\"bool\"",
    "\"json\"",
    "\"datetime\"",
    "\"path\"",
    "\"sting\"",
    "3",
    "\"Int\"",
];

/// A schema, valid more often than not.
pub(super) fn generate(random: &mut Random) -> Vec<u8> {
    let mut text = String::from("[project]\nname = \"fuzz\"\n");
    if random.one_in(3) {
        let _ = writeln!(text, "float_precision = {}", random.below(20));
    }
    if random.one_in(6) {
        let field = *random.pick(&[&"uuid", &"seed", &"a", &"status", &""]);
        let _ = writeln!(text, "artefacts_layout = \"runs/{{{field}}}/{{uuid}}\"");
    }
    let count = random.below(5);
    for place in 0..=count {
        let is_key = place == 0 || random.one_in(2);
        field(&mut text, random, is_key);
    }
    text.into_bytes()
}

fn field(text: &mut String, random: &mut Random, is_key: bool) {
    let table = if is_key { "identifying" } else { "annotating" };
    let name = match random.below(8) {
        0 => toml_text(&random.text()),
        1 => format!("f{}", random.below(100)),
        _ => (*random.pick(&NAMES.each_ref())).to_owned(),
    };
    let kinds = if random.one_in(12) {
        TYPES.len()
    } else if is_key {
        4
    } else {
        7
    };
    let ty = TYPES[random.below(kinds)];
    let _ = writeln!(text, "\n[{table}.{name}]\ntype = {ty}");
    if random.one_in(2) {
        let _ = writeln!(text, "default = {}", default(random, ty));
    }
    for key in ["indexed", "nullable"] {
        if random.one_in(if is_key { 20 } else { 4 }) {
            let _ = writeln!(text, "{key} = {}", random.one_in(2));
        }
    }
    if random.one_in(6) {
        let _ = writeln!(text, "doc = {}", toml_text(&random.text()));
    }
    if random.one_in(12) {
        let _ = writeln!(
            text,
            "{} = 1",
            random.pick(&[&"defualt", &"index", &"values", &"optional", &"x"])
        );
    }
}

fn default(random: &mut Random, ty: &str) -> String {
    match if random.one_in(10) { "any" } else { ty } {
        "\"int\"" => random.int().to_string(),
        "\"float\"" => {
            let value = random.float();
            let text = format!("{value:?}");
            text.replace("NaN", "nan")
        }
        "\"bool\"" => random.one_in(2).to_string(),
        "\"datetime\"" => "2026-01-31T10:00:00.5+01:00".to_owned(),
        "\"json\"" => "{ a = [1, 2.5, \"x\"], b = { c = true } }".to_owned(),
        _ => toml_text(&random.text()),
    }
}

/// A text as TOML writes it.
fn toml_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

fn check(input: &[u8]) -> String {
    let text = match decode(input, "wallow.toml") {
        Ok(text) => text,
        Err(problems) => {
            check_problems(&problems, &String::from_utf8_lossy(input));
            return "no text".to_owned();
        }
    };
    let fallback = fallback(text);
    let _ = format!("{fallback:?}");
    match parse(text, "wallow.toml") {
        Ok(schema) => {
            check_schema(&schema);
            let types = schema.fields().map(|field| field.ty.as_str());
            format!("a schema of {}", types.collect::<Vec<_>>().join(", "))
        }
        Err(problems) => {
            check_problems(&problems, text);
            kinds(&problems)
        }
    }
}

/// A valid schema makes a table, and a migration whose snapshot can be read back.
fn check_schema(schema: &Schema) {
    let operations = match diff(None, schema, &Hints::default()) {
        Ok(operations) => operations,
        Err(refusals) => panic!("a first migration is refused: {refusals}"),
    };
    let Ok(name) = "2026-01-31-120000_fuzz".parse() else {
        panic!("the name of a migration is none");
    };
    let migration = Migration::new(name, None, schema, &operations);
    let text = to_text(&migration.snapshot);
    match from_text(&text, "snapshot") {
        Ok(snapshot) => assert_eq!(snapshot, migration.snapshot, "{text}"),
        Err(error) => panic!("a snapshot does not read back: {error}\n{text}"),
    }
    match diff(Some(&migration.snapshot.schema), schema, &Hints::default()) {
        Ok(operations) => assert!(operations.is_empty(), "no change makes {operations:?}"),
        Err(refusals) => panic!("no change is refused: {refusals}"),
    }
    let store = wallow_runtime::dynamic::Store::open(schema, ":memory:");
    match store.and_then(|store| store.query().count()) {
        Ok(count) => assert_eq!(count, 0),
        Err(error) => panic!("its table cannot be made: {error}\n{}", migration.sqlite.up),
    }
}
