//! What has to hold for each group, or it has no results.

use crate::error::{Error, ErrorKind};
use crate::value::{Cell, CellError, Cells};

/// A condition on columns of the statement, which are given by their positions.
#[derive(Debug)]
pub(super) enum Check {
    /// A column with a value that is of another type, if there is one.
    Readable { column: usize, is_int: bool },
    /// A sum of ints that is NULL although there are values, because it is too large.
    IntSum {
        column: usize,
        count: usize,
        field: String,
    },
}

impl Check {
    /// # Errors
    /// If it does not hold.
    pub(super) fn of(&self, cells: &impl Cells) -> Result<(), Error> {
        let checked = match self {
            Check::Readable {
                column,
                is_int: true,
            } => cells.nullable::<i64>(*column).map(drop),
            Check::Readable { column, .. } => cells.nullable::<f64>(*column).map(drop),
            Check::IntSum {
                column,
                count,
                field,
            } => {
                let is_null = cells.with_cell(*column, |cell| matches!(cell, Cell::Null));
                match cells.required::<i64>(*count) {
                    Ok(count) if is_null && count > 0 => return Err(too_large(field, count)),
                    Ok(_) => Ok(()),
                    Err(error) => Err(error),
                }
            }
        };
        checked.map_err(|error| unreadable(&error))
    }
}

/// The error of a value that is of another type than the field.
pub(super) fn unreadable(error: &CellError) -> Error {
    let message = format!(
        "a value by which runs are grouped, or a measure of them, is {}, not {}; `wallow doctor` names the runs whose values \
         cannot be read",
        error.found, error.expected
    );
    Error::new(ErrorKind::Database, message).with_types(error.expected, &error.found)
}

fn too_large(field: &str, count: i64) -> Error {
    let message = format!(
        "the sum of `{field}` over a group of {count} runs is beyond the largest int, {}; ask for the mean (`mean:{field}`) and \
         the number of values (`n:{field}`) instead, or select fewer runs",
        i64::MAX
    );
    Error::new(ErrorKind::Validation, message).with_field(field)
}
