//! Reads as much as possible of a text with syntax errors, to guess what was meant.

use toml::de::DeTable;

use super::{syntax, tree};
use crate::diagnostic::Diagnostics;
use crate::raw::{Entry, Table, Value};
use crate::source::Source;

/// How often the lines with errors are removed: they can hide others.
const ROUNDS: usize = 4;

/// Reads what can be read: what the parser recovers, and then what it lost, from the text without the lines with
/// errors. Places of the latter are not exact.
pub(crate) fn recovered(source: &Source, out: &mut Diagnostics) -> Table {
    let mut table = Table(Vec::new());
    let mut text = source.text().to_owned();
    for _ in 0..ROUNDS {
        let source = Source::new(&text, source.origin());
        let (root, errors) = DeTable::parse_recoverable(source.text());
        add(&mut table, tree::table(root.get_ref(), out));
        if errors.is_empty() {
            break;
        }
        let lines = syntax::guilty_lines(&errors, &source);
        text = without(&lines, &source);
    }
    table
}

/// The text with these lines emptied. A header is replaced by what it probably meant.
fn without(line_starts: &[usize], source: &Source) -> String {
    let mut start = 0;
    let mut text = String::new();
    for line in source.text().split_inclusive('\n') {
        if line_starts.contains(&start) {
            text.extend(header(line));
            text.push('\n');
        } else {
            text.push_str(line);
        }
        start += line.len();
    }
    text
}

/// `[identifying.learning rate` as `["identifying"."learning rate"]`.
fn header(line: &str) -> Option<String> {
    let inner = line.trim().strip_prefix('[')?;
    let keys: Vec<String> = inner
        .split('.')
        .map(|key| key.trim_matches(|c: char| c.is_whitespace() || "[]'".contains(c)))
        .map(|key| format!("\"{}\"", key.replace(['"', '\\'], "")))
        .collect();
    Some(format!("[{}]", keys.join(".")))
}

/// Adds the entries that the table lacks.
fn add(table: &mut Table, rest: Table) {
    for entry in rest.0 {
        let known = table
            .0
            .iter_mut()
            .find(|known| known.key.value == entry.key.value);
        match (known, entry.value) {
            (None, value) => table.0.push(Entry { value, ..entry }),
            (Some(known), Ok(value)) => {
                if let (Ok(known), Value::Table(inner)) = (&mut known.value, value.value)
                    && let Value::Table(known) = &mut known.value
                {
                    add(known, inner);
                }
            }
            (Some(_), Err(_)) => {}
        }
    }
}
