//! Whether a program can go on with a table that a newer migration has changed: the rule of rolling changes.
//!
//! What enters: the table, and the schema of the older program. What leaves: what does not fit, one line each. Pure,
//! except for [`check`], which reads the table.
//!
//! A program fits if it can read and write every column that it knows, finds runs by the same key, and may leave out
//! every other column.

use wallow_schema::ddl::Dialect;
use wallow_schema::{ATTEMPTS, Schema};

use super::drift::same_type;
use super::{key_text, open};
use crate::backend::{Connection, LiveTable};
use crate::codegen_support::ProgramMigrations;
use crate::error::{Error, ErrorKind};

/// `Ok`, with a warning, if a program with this schema can go on with a database that is ahead of it; otherwise the
/// error `ahead`, with what does not fit.
///
/// # Errors
/// [`ErrorKind::DatabaseAhead`], or the error of reading the table.
pub(crate) fn check(
    connection: &mut Connection,
    schema: &Schema,
    migrations: ProgramMigrations,
    applied: &[String],
    ahead: Error,
) -> Result<(), Error> {
    // If the program has migrations that the database lacks, it is of another branch: not ahead, but apart.
    let scripts = migrations.scripts.iter();
    let mut pending = scripts.filter(|script| !super::has(applied, script));
    if pending.next().is_some() {
        return Err(ahead);
    }
    let (Some(runs), Some(table)) = (connection.runs_table()?, connection.live_table()?) else {
        return Err(ahead);
    };
    let mut found = open::differences(&runs, schema, false);
    found.extend(unfit_columns(&table, schema, connection.dialect()));
    let (current, head) = super::revisions(applied, migrations.scripts);
    if found.is_empty() {
        tracing::warn!(
            current,
            head,
            "the database has migrations that this program does not know, and still fits it: the program goes on; \
             build it from the sources that have them"
        );
        return Ok(());
    }
    let message = format!("{ahead}; what does not fit: {}", found.join("; "));
    Err(Error::new(ErrorKind::DatabaseAhead, message)
        .with_revisions(current, head)
        .with_differences(found))
}

/// What stops programs with the schema `old` if a migration brings the table from `old` to `new`, one line each; an
/// empty list if they go on.
pub fn stops(old: &Schema, new: &Schema, dialect: Dialect) -> Vec<String> {
    let table = LiveTable::of(new, dialect);
    let known = old.fields().map(|field| &field.name);
    let gone = known.filter(|name| table.column(name).is_none());
    let mut found = gone
        .map(|name| format!("column `{name}` is missing"))
        .collect::<Vec<_>>();
    found.extend(unfit_columns(&table, old, dialect));
    if old.project.attempts && !new.project.attempts {
        found.push(format!("table `{ATTEMPTS}` is missing"));
    }
    if old.key() != new.key() {
        found.push(format!(
            "the key is ({}), and was ({})",
            key_text(&new.key()),
            key_text(&old.key())
        ));
    }
    found
}

/// The columns with which a program of this schema cannot work. Missing ones are not listed here.
fn unfit_columns(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Vec<String> {
    let known = LiveTable::of(schema, dialect);
    let mut found = Vec::new();
    for is in &table.columns {
        let name = &is.name;
        match known.column(name) {
            None if is.nullable || is.default.is_some() => {}
            None => found.push(format!("column `{name}` needs a value, and has no default")),
            Some(was) if !same_type(&is.ty, &was.ty) => {
                found.push(format!("column `{name}` is {}, not {}", is.ty, was.ty));
            }
            // The built-in columns of an adopted table may be nullable without ever being so.
            Some(was) if is.nullable != was.nullable && schema.field(name).is_some() => {
                let word = if is.nullable { "may" } else { "may not" };
                found.push(format!("column `{name}` {word} be NULL"));
            }
            Some(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "[project]\nname = 'x'\n[identifying.rate]\ntype = 'float'\n[annotating.steps]\ntype = 'int'\n";

    fn schema(text: &str) -> Schema {
        wallow_schema::parse(text, "wallow.toml").unwrap()
    }

    #[test]
    fn additive_changes_stop_no_program_and_others_do() {
        for (before, after, expected) in [
            ("", "", ""),
            (
                "",
                "[annotating.host]\ntype = 'string'\nindexed = true\n",
                "",
            ),
            (
                "",
                "[annotating.host]\ntype = 'string'\nnullable = false\ndefault = 'x'\n",
                "",
            ),
            ("type = 'int'\n", "type = 'int'\nindexed = true\n", ""),
            ("type = 'int'\n", "type = 'int'\ndefault = 7\n", ""),
            ("type = 'int'\n", "type = 'float'\n", "column `steps` is"),
            (
                "type = 'int'\n",
                "type = 'int'\nnullable = false\ndefault = 0\n",
                "column `steps` may not be NULL",
            ),
            (
                "",
                "[annotating.host]\ntype = 'string'\nnullable = false\n",
                "column `host` needs a value",
            ),
            (
                "annotating.steps",
                "annotating.epochs",
                "column `steps` is missing",
            ),
            (
                "annotating.steps]\ntype = 'int'\n",
                "identifying.steps]\ntype = 'int'\ndefault = 0\n",
                "the key is (rate, steps), and was (rate)",
            ),
            (
                "",
                "[identifying.seed]\ntype = 'int'\ndefault = 0\n",
                "the key is (rate, seed), and was (rate)",
            ),
        ] {
            let new = if before.is_empty() {
                format!("{OLD}{after}")
            } else {
                assert!(OLD.contains(before));
                OLD.replace(before, after)
            };
            for dialect in Dialect::ALL {
                let found = stops(&schema(OLD), &schema(&new), dialect).join("; ");
                assert_eq!(found.is_empty(), expected.is_empty(), "{new}\n{found}");
                assert!(found.contains(expected), "{new}\n{found}");
            }
        }
    }
}
