//! The text of a migration: blocks of statements, each under a comment that says what it does and why.

use std::iter;

use super::attempts::drop_attempts;
use super::{Dialect, create_table, postgres, sqlite};
use crate::operation::Operation;
use crate::schema::Schema;

/// The maximum length of a comment line.
const WIDTH: usize = 100;

/// How a comment about a loss begins; [`losses`] looks for it.
const LOST: &str = "-- LOST: ";

/// Statements that belong together.
pub(super) struct Block {
    pub(super) comment: String,
    pub(super) losses: Vec<String>,
    /// The statements, without semicolons.
    pub(super) statements: Vec<String>,
}

impl Block {
    /// The block of a step; `why` is added to the text of the step.
    pub(super) fn of(operation: &Operation, why: &str, statements: Vec<String>) -> Self {
        let what = sentence(operation);
        Self {
            comment: format!("{what} {why}").trim_end().to_owned(),
            losses: operation.lossy().into_iter().collect(),
            statements,
        }
    }

    fn render(&self) -> String {
        let comment = wrapped(&self.comment).into_iter();
        let losses = self.losses.iter().map(|loss| format!("{LOST}{loss}\n"));
        let statements = self
            .statements
            .iter()
            .map(|statement| format!("{statement};\n"));
        comment
            .map(|line| format!("-- {line}\n"))
            .chain(losses)
            .chain(statements)
            .collect()
    }
}

/// The script that takes a database from one schema to another by these steps. `None` means that there is no table.
///
/// For the way back, swap the schemas, and give the steps of [`reverse`](crate::operation::reverse).
///
/// ```
/// use wallow_schema::ddl::{Dialect, script};
/// use wallow_schema::diff::{Hints, diff};
///
/// let schema = |text: &str| wallow_schema::parse(&format!("[project]\nname = \"sweep\"\n{text}"), "wallow.toml");
/// let old = schema("[identifying.seed]\ntype = \"int\"")?;
/// let new = schema("[identifying.seed]\ntype = \"int\"\n[annotating.loss]\ntype = \"float\"")?;
/// let steps = diff(Some(&old), &new, &Hints::default())?;
/// assert_eq!(
///     script(Some(&old), &steps, Some(&new), Dialect::Sqlite),
///     "-- Add the annotating field `loss` (float).\nALTER TABLE \"runs\" ADD COLUMN \"loss\" REAL;\n",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn script(
    before: Option<&Schema>,
    operations: &[Operation],
    after: Option<&Schema>,
    dialect: Dialect,
) -> String {
    let blocks = match (before, after) {
        (Some(before), Some(after)) => match dialect {
            Dialect::Sqlite => sqlite::change(before, operations, after),
            Dialect::Postgres => postgres::change(operations, after),
        },
        _ => whole_table(operations, dialect),
    };
    joined(&blocks)
}

/// The text of the blocks, separated by empty lines.
pub(super) fn joined(blocks: &[Block]) -> String {
    let texts: Vec<String> = blocks.iter().map(Block::render).collect();
    texts.join("\n")
}

fn whole_table(operations: &[Operation], dialect: Dialect) -> Vec<Block> {
    let blocks = operations.iter().filter_map(|operation| {
        let statements = match operation {
            Operation::CreateTable(schema) => create_table(schema, dialect),
            Operation::DropTable(schema) => {
                let runs = "DROP TABLE \"runs\"".to_owned();
                let attempts = schema.project.attempts.then(drop_attempts);
                attempts.into_iter().chain([runs]).collect()
            }
            _ => return None,
        };
        Some(Block::of(operation, "", statements))
    });
    blocks.collect()
}

/// What a script loses for good, according to its comments. A person should agree to that before it runs.
///
/// ```
/// let down = "-- Drop the annotating field `host`.\n-- LOST: the values of `host`\nALTER TABLE …;\n";
/// assert_eq!(wallow_schema::ddl::losses(down), ["the values of `host`"]);
/// ```
pub fn losses(script: &str) -> Vec<&str> {
    script
        .lines()
        .filter_map(|line| line.strip_prefix(LOST))
        .collect()
}

/// The line of a step as a sentence.
fn sentence(operation: &Operation) -> String {
    let line = operation.to_string();
    let mut letters = line.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let sentence = first.into_iter().chain(letters).chain(iter::once('.'));
    sentence.collect()
}

/// A text wrapped into lines.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
