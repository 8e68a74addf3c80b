//! Rows of a grid: values of identifying fields, from a file.
//!
//! They are read as records of an import are, with the same meanings of names and the same report. Only the identifying
//! fields that no list gives are read.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;
use wallow_runtime::dynamic::{Column, Value};
use wallow_runtime::value::{BUILT_INS, RowLayout};
use wallow_schema::{Schema, canonical_float};

use super::mapping::{Mapped, Mapping, Names};
use super::report::Report;
use super::run::read_all;
use super::spool::{self, Spool};
use super::{FileFormat, Source, sniff, unreadable};
use crate::output::{self, Failure};

/// Rows that were read and checked.
pub(crate) struct Rows {
    spool: Spool,
    report: Report,
    /// The identifying fields that the rows have, by their places in the schema.
    places: Vec<usize>,
    precision: u32,
    /// What has no row, if there is none.
    nothing: Option<String>,
    /// Columns that do not define a run, and were not read.
    left_out: Vec<String>,
}

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
            grid: Some(places.iter().map(|place| BUILT_INS + place).collect()),
            ..Names::default()
        };
        let mut mapping = Mapping::new(schema, RowLayout::of(schema).columns(), &names)?;
        let stdin = (path == Path::new("-")).then(stdin).transpose()?;
        let source = source(
            stdin.as_ref().map_or(path, NamedTempFile::path),
            stdin.is_some(),
        )?;
        let precision = schema.project.float_precision;
        let mut notes = BTreeMap::<_, u64>::new();
        let mut count = 0_u64;
        let (spool, mut report) = read_all(&source, &mut mapping, |_, mapped| {
            count += 1;
            let key = key(schema, mapped)?;
            for note in &mapped.notes {
                *notes.entry(*note).or_default() += 1;
            }
            Ok(key)
        })?;
        for ((place, note), count) in notes {
            report.note(place, note, count);
        }
        let left_out = left_out(schema, &mapping, &is_listed)?;
        if report.refused > 0 {
            let (faults, more) = report.refusals();
            let faults = faults.chain(more).collect::<Vec<_>>();
            return Err(Failure::finding(format!(
                "nothing was added, because rows cannot be read; correct them:\n  {}",
                faults.join("\n  ")
            )));
        }
        let nothing = (count == 0).then(|| {
            if stdin.is_some() {
                "stdin has no rows".to_owned()
            } else {
                format!("`{}` has no rows", output::display_path(path))
            }
        });
        Ok(Rows {
            spool,
            report,
            places,
            precision,
            nothing,
            left_out,
        })
    }

    /// Whether there is no row at all, so that there is nothing to combine the lists with.
    pub(crate) fn is_empty(&self) -> bool {
        self.nothing.is_some()
    }

    /// The identifying fields that the rows have.
    pub(crate) fn places(&self) -> &[usize] {
        &self.places
    }

    /// What happened on the way, a line each: what was noticed about the file, what happened to values, which rows are
    /// the same, and which names were not used.
    pub(crate) fn notes(&self) -> Vec<String> {
        let seen = self.report.seen.iter().map(|seen| output::visible(seen));
        let left_out = (!self.left_out.is_empty()).then(|| {
            let names = output::visible(&self.left_out.join(", "));
            format!("not read, because they do not define a run: {names}")
        });
        let details = self.report.details().chain(self.report.ignored());
        let nothing = self.nothing.clone();
        let notes = seen.chain(nothing).chain(details).chain(left_out);
        notes.collect()
    }

    /// The rows, each key once: values with the places of their fields in the schema, floats canonical.
    pub(crate) fn entries(
        &mut self,
    ) -> Result<impl Iterator<Item = Result<Vec<(usize, Value)>, Failure>> + '_, Failure> {
        let (report, precision) = (&self.report, self.precision);
        let entries = (0..).zip(self.spool.entries().map_err(spool::failed)?);
        let entries = entries.filter(|(number, _)| !report.is_repeat(*number));
        Ok(entries.map(move |(_, entry)| {
            let (_, mapped) = entry.map_err(spool::failed)?;
            let values = mapped.values.into_iter();
            let values =
                values.map(|(place, value)| (place - BUILT_INS, canonical(value, precision)));
            Ok(values.collect())
        }))
    }
}

/// A value as the key of a run has it.
fn canonical(value: Value, precision: u32) -> Value {
    match value {
        Value::Float(value) => canonical_float(value, precision).into(),
        value => value,
    }
}

/// The part of the key that a row gives.
///
/// # Errors
/// If a text cannot be stored, or is not in the closed set of its field.
fn key(schema: &Schema, mapped: &Mapped) -> Result<Vec<Value>, String> {
    let values = mapped.values.iter().filter_map(|(place, value)| {
        let field = schema.identifying.get(place.checked_sub(BUILT_INS)?)?;
        Some((field, value))
    });
    let key = values.map(|(field, value)| {
        let refusal = match value {
            Value::Text(text) if text.contains('\0') => {
                Some("the character U+0000 is in it, and not every database can store it".into())
            }
            Value::Text(text) => Column::from(field).refusal(text),
            _ => None,
        };
        match refusal {
            Some(refusal) => Err(format!("field `{}`: {refusal}", field.name)),
            None => Ok(canonical(value.clone(), schema.project.float_precision)),
        }
    });
    key.collect()
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
    for (name, place) in &mapping.names.unread {
        let place = place.checked_sub(BUILT_INS);
        if let Some(field) = place.and_then(|place| schema.identifying.get(place))
            && place.is_some_and(&is_listed)
        {
            let column = if *name == field.name {
                "a column".to_owned()
            } else {
                format!("the column `{name}`")
            };
            return Err(Failure::usage(output::visible(&format!(
                "`{}` has a list on the command line and {column} in the file; leave one of them out",
                field.name
            ))));
        }
    }
    if let Some(name) = mapping.names.left_out.names().next() {
        let fields = schema.identifying.iter().map(|field| field.name.as_str());
        let near = wallow_schema::near(name, fields);
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        return Err(Failure::usage(output::visible(&format!(
            "the column `{name}` is no field of the schema{near}; correct its name, or remove the column"
        ))));
    }
    Ok(mapping.names.unread.keys().cloned().collect())
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
        let displayed = path.display();
        match sniff::to_convert(path) {
            Some(what) => Failure::finding(format!("`{displayed}` is {what}")),
            None => Failure::usage(format!(
                "the name `{displayed}` does not tell a format; name the file .csv, .tsv, .jsonl, .json, .parquet or .arrow, or \
                 write JSON lines to stdin: `--from -`"
            )),
        }
    })?;
    if !path.exists() {
        return Err(unreadable(path, "there is no such file"));
    }
    Ok(Source::File(path.to_path_buf(), format, None))
}
