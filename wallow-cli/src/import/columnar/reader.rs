//! Records of Parquet and Arrow files, a batch in memory at a time.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::reader::FileReader;
use arrow_schema::{ArrowError, DataType, Schema};
use arrow_select::take::take;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{At, Cell, Flaw, Record, Records, cells, csv, unreadable};
use crate::output::Failure;

/// So many rows are read at once.
const BATCH: usize = 1024;

/// A table that is being read.
struct Rows<B> {
    batches: B,
    names: Vec<Arc<str>>,
    columns: Vec<ArrayRef>,
    /// The next row of the batch, how many it has, and the number of the next row in the file.
    row: usize,
    length: usize,
    number: u64,
}

pub(super) fn parquet(path: &Path) -> Result<Records, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file);
    let builder = builder.map_err(|error| unreadable(path, error))?;
    let schema = Arc::clone(builder.schema());
    let reader = builder.with_batch_size(BATCH).build();
    rows(
        path,
        &schema,
        reader.map_err(|error| unreadable(path, error))?,
    )
}

pub(super) fn arrow(path: &Path) -> Result<Records, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let reader = FileReader::try_new(BufReader::new(file), None);
    let reader = reader.map_err(|error| unreadable(path, error))?;
    rows(path, &reader.schema(), reader)
}

fn rows(
    path: &Path,
    schema: &Schema,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + 'static,
) -> Result<Records, Failure> {
    let names = schema.fields().iter();
    let names = names.map(|field| Arc::from(field.name().as_str()));
    let names = names.collect::<Vec<_>>();
    if let Some(twice) = csv::twice(&names) {
        return Err(unreadable(
            path,
            format_args!("the column `{twice}` stands in it twice"),
        ));
    }
    Ok(Box::new(Rows {
        batches,
        names,
        columns: Vec::new(),
        row: 0,
        length: 0,
        number: 0,
    }))
}

impl<B: Iterator<Item = Result<RecordBatch, ArrowError>>> Iterator for Rows<B> {
    type Item = Result<Record, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.row == self.length {
            let batch = self.batches.next()?;
            let columns = batch.and_then(|batch| {
                (self.row, self.length) = (0, batch.num_rows());
                batch.columns().iter().map(plain).collect()
            });
            match columns {
                Ok(columns) => self.columns = columns,
                Err(error) => return Some(Err(Flaw::End(ended(&error)))),
            }
        }
        let row = self.row;
        self.row += 1;
        self.number += 1;
        Some(Ok(self.record(row)))
    }
}

impl<B> Rows<B> {
    fn record(&self, row: usize) -> Record {
        let cells = self.columns.iter().map(|column| {
            let value = cells::value(column, row);
            value.map_or_else(Cell::Foreign, Cell::Value)
        });
        Record {
            at: At::Row(self.number),
            values: self.names.iter().cloned().zip(cells).collect(),
        }
    }
}

/// The failure to read a batch.
fn ended(error: &ArrowError) -> Failure {
    let text = error.to_string();
    Failure::finding(
        match text.split_once("Disabled feature at compile time: ") {
            None => format!("the file cannot be read any further: {text}"),
            Some((_, codec)) => format!(
                "the file is compressed with {codec}, which cannot be read here; write it with zstd, snappy, gzip, lz4, or \
                 uncompressed"
            ),
        },
    )
}

/// A column with its values in place: pandas writes categories as numbers beside a dictionary.
fn plain(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if !matches!(column.data_type(), DataType::Dictionary(_, _)) {
        return Ok(Arc::clone(column));
    }
    let dictionary = column.as_any_dictionary();
    take(dictionary.values(), dictionary.keys(), None)
}
