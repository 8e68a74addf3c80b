//! Reads Parquet and Arrow files, with one batch in memory at a time.
//!
//! The crates that read them panic and abort on damaged files, so this code runs only in a process of its own.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{TimestampNanosecondType, TimestampSecondType};
use arrow_array::{Array as _, RecordBatch};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type as PhysicalType;
use parquet::errors::ParquetError;

use super::super::Cell;
use super::cells;
use super::format::Format;

/// The largest number of rows in a batch, and its approximate size in bytes.
const ROWS: i64 = 1024;
const BYTES: i64 = 64 << 20;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Wrong {
    /// The file is wrong.
    File(String),
    /// The parent process has closed the pipe.
    Gone,
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// An open file with known columns.
pub(super) struct Table {
    file: File,
    kind: Kind,
    pub(super) names: Vec<String>,
}

enum Kind {
    Parquet(ArrowReaderMetadata),
    Arrow,
    /// Arrow's streaming format, in a file.
    Stream,
}

/// How to read a column of times that Parquet stores in 96 bits: the nanoseconds since 1970 that the reader returns are
/// only their lower 64 bits.
enum Wide {
    No,
    /// The column is also read in seconds; its number among the columns of seconds.
    Seconds(usize),
    /// Within a list or an object, where the two readings cannot be combined.
    Nested,
}

impl Table {
    /// Opens a file.
    pub(super) fn open(path: &Path, format: Format) -> Result<Self, Wrong> {
        let mut file = File::open(path).map_err(|error| Wrong::File(error.to_string()))?;
        let (kind, schema) = match format {
            Format::Parquet => {
                let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
                let schema = Arc::clone(metadata.schema());
                (Kind::Parquet(metadata), schema)
            }
            Format::Arrow => {
                let mut magic = Vec::new();
                let wrong = |error: io::Error| Wrong::File(error.to_string());
                file.by_ref()
                    .take(8)
                    .read_to_end(&mut magic)
                    .map_err(wrong)?;
                file.rewind().map_err(wrong)?;
                if magic.starts_with(b"FEA1") {
                    let reason = "it is Feather of the first version; write it anew, as version 2";
                    return Err(Wrong::File(reason.into()));
                }
                let input = BufReader::new(file.try_clone().map_err(wrong)?);
                if magic.starts_with(b"ARROW1") {
                    (Kind::Arrow, FileReader::try_new(input, None)?.schema())
                } else {
                    (Kind::Stream, StreamReader::try_new(input, None)?.schema())
                }
            }
        };
        let names = schema.fields().iter().map(|field| field.name().clone());
        let names = names.collect();
        Ok(Table { file, kind, names })
    }

    /// Calls `each` with the cells of the wanted columns, row by row. The numbers of the columns ascend.
    pub(super) fn read(
        self,
        wanted: &[usize],
        each: &mut dyn FnMut(Vec<Cell>) -> io::Result<()>,
    ) -> Result<(), Wrong> {
        let mut file = self.file;
        file.rewind()
            .map_err(|error| Wrong::File(error.to_string()))?;
        match self.kind {
            Kind::Parquet(metadata) => parquet(&file, &metadata, wanted, each),
            Kind::Arrow => {
                let reader = FileReader::try_new(BufReader::new(file), Some(wanted.to_vec()))?;
                rows(Box::new(reader), None, &[], each)
            }
            Kind::Stream => {
                let reader = StreamReader::try_new(BufReader::new(file), Some(wanted.to_vec()))?;
                rows(Box::new(reader), None, &[], each)
            }
        }
    }
}

fn parquet(
    file: &File,
    metadata: &ArrowReaderMetadata,
    wanted: &[usize],
    each: &mut dyn FnMut(Vec<Cell>) -> io::Result<()>,
) -> Result<(), Wrong> {
    let roots = metadata.parquet_schema().root_schema().get_fields().len();
    if wanted.iter().any(|&column| column >= roots) {
        return Err(Wrong::File(
            "its schema has fewer columns than it says".into(),
        ));
    }
    let (wide, seconds) = wide_times(metadata, wanted);
    let all = reader(file, metadata, wanted, TimeUnit::Nanosecond)?;
    let seconds: Option<Batches> = if seconds.is_empty() {
        None
    } else {
        Some(Box::new(reader(
            file,
            metadata,
            &seconds,
            TimeUnit::Second,
        )?))
    };
    rows(Box::new(all), seconds, &wide, each)
}

/// A reader of some columns; times of 96 bits are converted to this unit.
fn reader(
    file: &File,
    metadata: &ArrowReaderMetadata,
    columns: &[usize],
    unit: TimeUnit,
) -> Result<ParquetRecordBatchReader, Wrong> {
    let parquet = metadata.parquet_schema();
    let schema = metadata.schema();
    let fields = schema.fields().iter().enumerate();
    let fields = fields.map(|(column, field)| {
        if is_wide(parquet.root_schema(), column) {
            let ty = DataType::Timestamp(unit, None);
            Arc::new(Field::new(field.name(), ty, field.is_nullable()))
        } else {
            Arc::clone(field)
        }
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    let mask = ProjectionMask::roots(parquet, columns.iter().copied());
    let batch = rows_of_a_batch(metadata, &mask);
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)?;
    let file = file
        .try_clone()
        .map_err(|error| Wrong::File(error.to_string()))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    Ok(builder
        .with_projection(mask)
        .with_batch_size(batch)
        .build()?)
}

/// The number of rows with a size of about 64 MiB.
fn rows_of_a_batch(metadata: &ArrowReaderMetadata, mask: &ProjectionMask) -> usize {
    let groups = metadata.metadata().row_groups().iter();
    let largest = groups.map(|group| {
        let columns = group.columns().iter().enumerate();
        let columns = columns.filter(|(leaf, _)| mask.leaf_included(*leaf));
        let sizes = columns.map(|(_, column)| column.uncompressed_size().max(0));
        let bytes = sizes.fold(0_i64, i64::saturating_add);
        bytes / group.num_rows().max(1)
    });
    let row = largest.max().unwrap_or(0).max(1);
    usize::try_from((BYTES / row).clamp(1, ROWS)).unwrap_or(1)
}

/// Whether the column itself, not a part of it, has times of 96 bits.
fn is_wide(root: &parquet::schema::types::Type, column: usize) -> bool {
    let field = root.get_fields().get(column);
    field.is_some_and(|field| {
        field.is_primitive() && field.get_physical_type() == PhysicalType::INT96
    })
}

/// How to treat times of 96 bits in each wanted column, and which columns must also be read in seconds.
fn wide_times(metadata: &ArrowReaderMetadata, wanted: &[usize]) -> (Vec<Wide>, Vec<usize>) {
    let parquet = metadata.parquet_schema();
    let root = parquet.root_schema();
    let mut nested = vec![false; root.get_fields().len()];
    for (leaf, column) in parquet.columns().iter().enumerate() {
        let of_wide = column.physical_type() == PhysicalType::INT96;
        if let Some(nested) = nested.get_mut(parquet.get_column_root_idx(leaf)) {
            *nested |= of_wide;
        }
    }
    let mut seconds = Vec::new();
    let wide = wanted.iter().map(|&column| {
        if is_wide(root, column) {
            seconds.push(column);
            Wide::Seconds(seconds.len() - 1)
        } else if nested.get(column).is_some_and(|nested| *nested) {
            Wide::Nested
        } else {
            Wide::No
        }
    });
    (wide.collect(), seconds)
}

/// Calls `each` with every row of the batches.
fn rows(
    batches: Batches,
    mut seconds: Option<Batches>,
    wide: &[Wide],
    each: &mut dyn FnMut(Vec<Cell>) -> io::Result<()>,
) -> Result<(), Wrong> {
    for batch in batches {
        let batch = batch?;
        let seconds = seconds.as_mut().map(|batches| {
            let batch = batches.next().ok_or_else(|| uneven(&batch))??;
            Ok::<_, Wrong>(batch)
        });
        let seconds = seconds.transpose()?;
        if seconds
            .as_ref()
            .is_some_and(|seconds| seconds.num_rows() != batch.num_rows())
        {
            return Err(uneven(&batch));
        }
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().enumerate();
            let cells = cells.map(|(column, array)| match wide.get(column) {
                Some(Wide::Nested) => Cell::Unsupported(
                    "it has times of 96 bits (INT96) within a list or an object".into(),
                ),
                Some(Wide::Seconds(place)) if array.is_valid(row) => {
                    let seconds = seconds
                        .as_ref()
                        .and_then(|batch| batch.columns().get(*place));
                    let seconds = seconds
                        .map(|seconds| seconds.as_primitive::<TimestampSecondType>().value(row));
                    let nanos = array.as_primitive::<TimestampNanosecondType>().value(row);
                    wide_time(seconds.unwrap_or_default(), nanos)
                }
                _ => cells::cell(array, row),
            });
            each(cells.collect()).map_err(|_| Wrong::Gone)?;
        }
    }
    Ok(())
}

/// Combines the seconds of a time with the lower 64 bits of its nanoseconds. The seconds are exact; the nanoseconds
/// have wrapped around, but their difference to the seconds is small and therefore correct.
fn wide_time(seconds: i64, nanos: i64) -> Cell {
    let rest = nanos.wrapping_sub(seconds.wrapping_mul(1_000_000_000));
    // In a malformed file, the nanoseconds of a day may be any number.
    let seconds = seconds.saturating_add(rest.div_euclid(1_000_000_000));
    let time = cells::time(seconds, rest.rem_euclid(1_000_000_000));
    time.unwrap_or_else(Cell::Unsupported)
}

fn uneven(batch: &RecordBatch) -> Wrong {
    let rows = crate::output::counted(batch.num_rows(), "row");
    Wrong::File(format!(
        "its columns are not of one length (a batch of {rows})"
    ))
}

impl From<ArrowError> for Wrong {
    fn from(error: ArrowError) -> Self {
        reason(&error.to_string())
    }
}

impl From<ParquetError> for Wrong {
    fn from(error: ParquetError) -> Self {
        reason(&error.to_string())
    }
}

fn reason(text: &str) -> Wrong {
    Wrong::File(
        match text.split_once("Disabled feature at compile time: ") {
            None => text.to_owned(),
            Some((_, codec)) => format!(
                "it is compressed with {codec}, which cannot be read here; write it with zstd, snappy, gzip, lz4, or \
                 uncompressed"
            ),
        },
    )
}

#[cfg(test)]
mod tests {
    use wallow_runtime::dynamic::Value;
    use wallow_runtime::value::parse_time;

    use super::*;

    #[test]
    fn times_of_96_bits_are_whole_in_every_year() {
        for text in [
            "0001-01-01 00:00:00",
            "1677-09-21 00:12:43.145224",
            "1969-12-31 23:59:59.999999",
            "2024-03-10 02:30:00.000001",
            "2262-04-11 23:47:16.854776",
            "9999-12-31 23:59:59.999999",
        ] {
            let time = parse_time(text).unwrap();
            let (seconds, nanos) = (time.timestamp(), time.timestamp_subsec_nanos());
            let lower = seconds
                .wrapping_mul(1_000_000_000)
                .wrapping_add(nanos.into());
            assert_eq!(
                wide_time(seconds, lower),
                Cell::Value(Value::Time(time)),
                "{text}"
            );
        }
    }
}
