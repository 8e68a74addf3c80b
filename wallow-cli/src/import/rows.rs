//! Rows of a grid: values of identifying fields, from a file.
//!
//! The rows are read by the readers of imports, so that a value that cannot be held exactly is refused here, too. They
//! are read as runs of a schema that has nothing but the fields of the grid that no list gives.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;
use wallow_runtime::dynamic::{Column, Value};
use wallow_runtime::value::BUILT_INS;
use wallow_schema::{BUILT_IN, FieldType, Schema, canonical_float};

use super::mapping::{Mapping, Names, Note};
use super::spool::{self, Spool};
use super::{FileFormat, RecordError, Source, unreadable};
use crate::output::{self, Failure};

/// Rows that were read and checked.
pub(crate) struct Rows {
    spool: Spool,
    /// The identifying fields that the rows have, by their places in the schema.
    places: Vec<usize>,
    precision: u32,
    pub(crate) count: u64,
    /// The fields that took their default in some row, with the number of rows.
    pub(crate) defaults: Vec<(String, u64)>,
    /// Columns that do not define a run, and were not read.
    pub(crate) left_out: Vec<String>,
}

/// Faults that are listed.
const LISTED: usize = 20;

impl Rows {
    /// Reads the rows of a file, or with `-` JSON lines from stdin. `is_listed` says which fields have a list.
    ///
    /// # Errors
    /// Every row that cannot be read, if there are any; a column that is no field.
    pub(crate) fn read(
        schema: &Schema,
        path: &Path,
        is_listed: impl Fn(usize) -> bool,
    ) -> Result<Self, Failure> {
        let places = (0..schema.identifying.len()).filter(|place| !is_listed(*place));
        let places = places.collect::<Vec<_>>();
        let names = Names {
            defaults: true,
            of_grid: true,
            ..Names::default()
        };
        let fields = of_rows(schema, &places);
        let mut mapping = Mapping::new(&fields, &columns(&fields), &names)?;
        let stdin = (path == Path::new("-")).then(stdin).transpose()?;
        let source = source(
            stdin.as_ref().map_or(path, NamedTempFile::path),
            stdin.is_some(),
        )?;
        let mut rows = Rows {
            spool: Spool::new(),
            precision: schema.project.float_precision,
            count: 0,
            defaults: places
                .iter()
                .map(|&place| (schema.identifying[place].name.clone(), 0))
                .collect(),
            places,
            left_out: Vec::new(),
        };
        let mut faults = Vec::new();
        let mut refused = 0_u64;
        for record in source.open(&mut mapping, &mut Vec::new())? {
            let (at, mapped) = match record {
                Err(RecordError::End(failure)) => return Err(failure),
                Err(RecordError::Record(at, reason)) => (at, Err(reason)),
                Ok(record) => (record.at.clone(), mapping.arrival(record)),
            };
            let mapped = mapped.and_then(|mapped| match refusal(&fields, &mapped.values) {
                Some(reason) => Err(reason),
                None => Ok(mapped),
            });
            match mapped {
                Err(reason) => {
                    refused += 1;
                    if faults.len() < LISTED {
                        faults.push(output::visible(&format!("{at}: {reason}")));
                    }
                }
                Ok(mapped) => {
                    for (place, note) in &mapped.notes {
                        let default = rows.defaults.get_mut(place - BUILT_INS);
                        if let (Note::Default, Some((_, count))) = (note, default) {
                            *count += 1;
                        }
                    }
                    rows.count += 1;
                    rows.spool.push(&at, &mapped).map_err(spool::failed)?;
                }
            }
        }
        rows.defaults.retain(|(_, count)| *count > 0);
        rows.left_out = left_out(schema, &mapping, &is_listed)?;
        if refused > 0 {
            let more = refused - faults.len() as u64;
            if more > 0 {
                faults.push(format!("and {more} more"));
            }
            return Err(Failure::finding(format!(
                "nothing was added, because rows cannot be read; correct them:\n  {}",
                faults.join("\n  ")
            )));
        }
        Ok(rows)
    }

    /// The identifying fields that the rows have.
    pub(crate) fn places(&self) -> &[usize] {
        &self.places
    }

    /// The rows: values with the places of their fields in the schema, floats canonical.
    pub(crate) fn entries(
        &mut self,
    ) -> Result<impl Iterator<Item = Result<Vec<(usize, Value)>, Failure>> + '_, Failure> {
        let (places, precision) = (&self.places, self.precision);
        let entries = self.spool.entries().map_err(spool::failed)?;
        Ok(entries.map(move |entry| {
            let (_, mapped) = entry.map_err(spool::failed)?;
            let values = mapped.values.into_iter().filter_map(|(place, value)| {
                let place = *places.get(place.checked_sub(BUILT_INS)?)?;
                Some(match value {
                    Value::Float(value) => (place, canonical_float(value, precision).into()),
                    value => (place, value),
                })
            });
            Ok(values.collect())
        }))
    }
}

/// The schema of the rows: only the fields that they may have.
fn of_rows(schema: &Schema, places: &[usize]) -> Schema {
    let mut rows = schema.clone();
    rows.identifying = places
        .iter()
        .map(|&place| schema.identifying[place].clone())
        .collect();
    rows.annotating.clear();
    rows
}

/// The columns of such a run. Its built-in columns have no names, so that no column of a file means one.
fn columns(fields: &Schema) -> Vec<Column> {
    let built_in = Column::new("", FieldType::String, true);
    let built_ins = std::iter::repeat_n(built_in, BUILT_INS);
    built_ins.chain(fields.fields().map(Column::from)).collect()
}

/// A text that is not in the closed set of its field.
fn refusal(fields: &Schema, values: &[(usize, Value)]) -> Option<String> {
    values.iter().find_map(|(place, value)| {
        let field = fields.identifying.get(place.checked_sub(BUILT_INS)?)?;
        let Value::Text(text) = value else {
            return None;
        };
        let refusal = Column::from(field).refusal(text)?;
        Some(format!("field `{}`: {refusal}", field.name))
    })
}

/// The columns of the file that are annotating fields or built-in columns.
///
/// # Errors
/// If a column is no field at all, or has a list, too.
fn left_out(
    schema: &Schema,
    mapping: &Mapping,
    is_listed: impl Fn(usize) -> bool,
) -> Result<Vec<String>, Failure> {
    let mut known = BTreeSet::new();
    for name in mapping.names.left_out.names() {
        let place = schema
            .identifying
            .iter()
            .position(|field| field.name == name);
        if place.is_some_and(&is_listed) {
            return Err(Failure::usage(format!(
                "`{name}` has a list on the command line and a column in the file; leave one of them out"
            )));
        }
        let is_known = BUILT_IN.contains(&name)
            || name == wallow_schema::ATTEMPT
            || schema.annotating.iter().any(|field| field.name == name);
        if !is_known {
            let fields = schema.identifying.iter().map(|field| field.name.as_str());
            let near = wallow_schema::near(name, fields);
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(Failure::usage(output::visible(&format!(
                "the column `{name}` is no field of the schema{near}; correct its name, or remove the column"
            ))));
        }
        known.insert(name.to_owned());
    }
    Ok(known.into_iter().collect())
}

/// Copies stdin to a file, because the readers may read a source twice.
fn stdin() -> Result<NamedTempFile, Failure> {
    let copied = NamedTempFile::new().and_then(|mut file| {
        io::copy(&mut io::stdin().lock(), &mut file)?;
        file.flush()?;
        Ok(file)
    });
    copied.map_err(|error| Failure::finding(format!("stdin could not be read: {error}")))
}

fn source(path: &Path, is_stdin: bool) -> Result<Source, Failure> {
    let format = if is_stdin {
        Some(FileFormat::Jsonl)
    } else {
        FileFormat::of_path(path)
    };
    let format = format.ok_or_else(|| {
        Failure::usage(format!(
            "the name `{}` does not tell a format; name the file .csv, .tsv, .jsonl, .json, .parquet or .arrow, or write \
             JSON lines to stdin: `--from -`",
            path.display()
        ))
    })?;
    if !path.exists() {
        return Err(unreadable(path, "there is no such file"));
    }
    Ok(Source::File(path.to_path_buf(), format, None))
}
