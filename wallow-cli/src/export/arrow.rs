//! Arrow's file format (also called IPC or Feather).

use std::io::{self, BufWriter, Write};

use arrow_ipc::writer::FileWriter;
use wallow_runtime::dynamic::Row;
use wallow_runtime::value::Column;

use super::Sink;
use super::batch::{Batch, plain};

/// An Arrow file that is being written.
pub(super) struct Arrow {
    batch: Batch,
    writer: FileWriter<BufWriter<Box<dyn Write + Send>>>,
}

impl Arrow {
    pub(super) fn new(columns: &[Column], out: Box<dyn Write + Send>) -> io::Result<Self> {
        let batch = Batch::new(columns);
        let writer = FileWriter::try_new_buffered(out, batch.schema()).map_err(plain)?;
        Ok(Arrow { batch, writer })
    }
}

impl Sink for Arrow {
    fn row(&mut self, row: &Row) -> io::Result<()> {
        match self.batch.row(row)? {
            None => Ok(()),
            Some(batch) => self.writer.write(&batch).map_err(plain),
        }
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if let Some(batch) = self.batch.take()? {
            self.writer.write(&batch).map_err(plain)?;
        }
        self.writer.finish().map_err(plain)
    }
}
