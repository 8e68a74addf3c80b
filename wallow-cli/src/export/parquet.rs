//! Parquet, compressed with snappy, which every reader knows.
//!
//! Invariant: a row group is written as soon as it has this many rows or bytes, so that at most one is in memory.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use wallow_runtime::dynamic::Row;
use wallow_runtime::value::Column;

use super::Sink;
use super::batch::Batch;

/// A row group has at most this many rows …
const ROWS: usize = 1 << 17;

/// … and is complete when it has this many bytes.
const BYTES: usize = 32 << 20;

/// A Parquet file that is being written.
pub(super) struct Parquet {
    batch: Batch,
    writer: ArrowWriter<Box<dyn Write + Send>>,
}

impl Parquet {
    pub(super) fn new(columns: &[Column], out: Box<dyn Write + Send>) -> io::Result<Self> {
        let batch = Batch::new(columns);
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROWS))
            .set_created_by(concat!("wallow ", env!("CARGO_PKG_VERSION")).into())
            .build();
        let schema = Arc::clone(batch.schema());
        let writer = ArrowWriter::try_new(out, schema, Some(properties)).map_err(plain)?;
        Ok(Parquet { batch, writer })
    }
}

impl Sink for Parquet {
    fn row(&mut self, row: &Row) -> io::Result<()> {
        let Some(batch) = self.batch.row(row)? else {
            return Ok(());
        };
        self.writer.write(&batch).map_err(plain)?;
        if self.writer.memory_size() > BYTES {
            self.writer.flush().map_err(plain)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if let Some(batch) = self.batch.take()? {
            self.writer.write(&batch).map_err(plain)?;
        }
        self.writer.close().map(drop).map_err(plain)
    }
}

/// The original error behind an error of writing.
fn plain(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
