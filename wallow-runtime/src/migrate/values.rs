//! Values of a table that do not fit the fields which a schema makes of its columns.
//!
//! A table says neither how many digits of a key count, nor, on SQLite, that a text is JSON. So a change of these in
//! wallow.toml is no difference between the two, and only the values show that it is a mistake.

use wallow_schema::ddl::{Dialect, not_canonical, quote_identifier as quote};
use wallow_schema::{FieldType, Role};

use super::inferred::field_type;
use super::{Database, Known, apply};
use crate::backend::{Connection, LiveTable, widened};
use crate::error::Error;

impl Database {
    /// Which values in the table do not fit the known schema, though the table does, one line for each field: floats of
    /// the key with more digits than count, and texts that are no JSON. Each says what to do.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if it cannot be read.
    pub fn unfit_values(&self, known: Known<'_>) -> Result<Vec<String>, Error> {
        self.pool().read(|connection| unfit(connection, known))
    }
}

/// A condition that is true for values that do not fit a field.
struct Unfit<'a> {
    column: &'a str,
    condition: String,
    /// What these values are, and what to do.
    what: String,
}

fn unfit(connection: &mut Connection, known: Known<'_>) -> Result<Vec<String>, Error> {
    let Some(table) = apply::table(connection)? else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for unfit in conditions(&table, known, connection.dialect()) {
        let count = apply::count_where(connection, &unfit.condition)?;
        if count > 0 {
            let have = if count == 1 { "run has" } else { "runs have" };
            let Unfit { column, what, .. } = unfit;
            lines.push(format!("{count} {have} in `{column}` {what}"));
        }
    }
    Ok(lines)
}

fn conditions<'a>(table: &'a LiveTable, known: Known<'_>, dialect: Dialect) -> Vec<Unfit<'a>> {
    let Known { schema, renames } = known;
    let fields = schema.fields().filter_map(|field| {
        let renamed = renames.iter().find(|(_, to)| *to == field.name);
        let column = table.column(renamed.map_or(&field.name, |(from, _)| from))?;
        let quoted = quote(&column.name);
        let ty = field_type(&column.ty)?;
        let (condition, what) = match (field.role, field.ty) {
            (Role::Identifying, FieldType::Float) => {
                // Columns that get another type are looked at after that.
                let is_float = ty == FieldType::Float
                    && widened(&column.ty, "double precision", &column.name).is_none();
                let precision = schema.project.float_precision;
                let what = format!(
                    "a value of more than the {precision} digits that count (`float_precision`), and would not be found \
                     again: write a larger `float_precision` into wallow.toml, or delete them"
                );
                // Larger ones stay as they are, because they could round to infinity.
                let is_rounded = || {
                    let differs = not_canonical(&quoted, precision, dialect);
                    format!("abs({quoted}) < 1e308 AND ({differs})")
                };
                is_float.then(|| (is_rounded(), what))?
            }
            (_, FieldType::Json) if dialect == Dialect::Sqlite && ty == FieldType::String => (
                format!("{quoted} IS NOT NULL AND NOT json_valid({quoted}, 2)"),
                format!(
                    "a text that is no JSON: keep `{}` a string in wallow.toml, or make the texts JSON (`UPDATE runs SET \
                     {quoted} = json_quote({quoted}) WHERE NOT json_valid({quoted})`)",
                    field.name
                ),
            ),
            _ => return None,
        };
        Some(Unfit {
            column: &column.name,
            condition,
            what,
        })
    });
    fields.collect()
}
