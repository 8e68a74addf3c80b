//! The parts of the readers that [`crate::fuzzing`] uses.

use std::path::Path;

use serde_json::Value as Json;
use wallow_runtime::dynamic::Store;

use super::json::Node;
use super::mapping::{Mapping, Names};
use super::{FileFormat, RecordError, Source};
use crate::fuzzing::{Format, Reading};

/// Reads a file like [`super::run::stage`].
pub(crate) fn read(store: &Store, format: Format, path: &Path) -> Reading {
    let mut reading = Reading::default();
    let format = match format {
        Format::Csv => FileFormat::Csv,
        Format::Json => FileFormat::Json,
        Format::Parquet => FileFormat::Parquet,
        Format::Arrow => FileFormat::Arrow,
    };
    let source = Source::File(path.to_owned(), format, None);
    let names = Names {
        defaults: true,
        ..Names::default()
    };
    let opened = Mapping::new(store.schema(), store.columns(), &names).and_then(|mut mapping| {
        let records = source.open(&mut mapping, &mut Vec::new())?;
        Ok((mapping, records))
    });
    let (mut mapping, records) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            reading.end = Some(failure.to_string());
            return reading;
        }
    };
    for record in records {
        let (at, read) = match record {
            Err(RecordError::End(failure)) => {
                reading.end = Some(failure.to_string());
                break;
            }
            Err(RecordError::Record(at, reason)) => (at, Err(reason)),
            Ok(record) => {
                let at = record.at.clone();
                let mapped = mapping.map(record);
                let checked = mapped.and_then(|mapped| {
                    let run = mapping.run(mapped.values.clone());
                    let checked = store.check_import(&run);
                    checked.map_err(|error| error.to_string())?;
                    Ok(mapped.values)
                });
                let row = checked.map(|values| {
                    let values = values.into_iter();
                    let row =
                        values.map(|(place, value)| (mapping.column(place).to_owned(), value));
                    row.collect()
                });
                (at, row)
            }
        };
        reading.records.push((at.to_string(), read));
    }
    reading
}

pub(crate) fn json(text: &str) -> Result<(Json, bool), String> {
    let (value, altered) = Node::parse(text)?.json();
    Ok((value, altered.first().is_some()))
}
