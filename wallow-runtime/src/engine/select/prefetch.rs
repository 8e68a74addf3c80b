//! A thread that reads the rows of a selection ahead of the program: page by page, or, if they have to be sorted, all
//! of them by one statement.
//!
//! Row buffers go to the program through a bounded channel, and come back empty: their memory is reused, and each run
//! is allocated and freed by one thread, the program's. (When this thread sent runs instead, streams took four times as
//! long as by hand, because one thread allocated the memory and another freed it.)

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use super::keyset::Pages;
use super::{Ordering, Selection};
use crate::backend::{Rows, Session};
use crate::engine::{Engine, Select};
use crate::error::{Error, ErrorKind};
use crate::value::{Cells, RowBuffer};

/// At most this many filled buffers wait for the program.
const WAITING: usize = 2;

/// The program's end of the channel. Dropping it waits for the thread to end, because only then its connection is
/// closed, and a program that exits right afterwards leaves no files beside the database.
#[derive(Debug)]
pub(in crate::engine) struct Prefetch {
    /// `None` once no more rows are wanted.
    filled: Option<Receiver<Result<RowBuffer, Error>>>,
    empty: Sender<RowBuffer>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        // From now on the thread cannot send, which ends it.
        self.filled = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Prefetch {
    /// Starts the thread on a whole selection. It ends after the last row, or when this value is dropped.
    pub(in crate::engine) fn sorted(engine: &Engine, selection: &Selection) -> Result<Self, Error> {
        // An invalid query is an error here, not at the first row.
        engine.statement(selection, Ordering::ByDatabase)?;
        let (engine, selection) = (engine.clone(), selection.clone());
        let width = engine.table.columns().len();
        Self::start(width, move |rows| {
            engine.prefetch(&selection, rows)?;
            rows.send()
        })
    }

    /// Starts the thread on the pages that follow. It holds no connection while it waits.
    pub(in crate::engine) fn pages(mut pages: Pages) -> Result<Self, Error> {
        Self::start(0, move |rows| {
            while pages.read(&mut rows.row_buffer)? {
                rows.send()?;
            }
            rows.send()
        })
    }

    fn start(
        width: usize,
        read: impl FnOnce(&mut Sent) -> Result<(), Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let (to_program, filled) = sync_channel(WAITING);
        let (empty, from_program) = channel();
        let mut rows = Sent {
            width,
            row_buffer: RowBuffer::default(),
            filled: to_program,
            empty: from_program,
        };
        let reader = move || {
            if let Err(error) = read(&mut rows) {
                // If sending fails, the program has dropped its end, and needs no more rows.
                let _ = rows.send().and_then(|()| rows.send_error(error));
            }
        };
        let thread = std::thread::Builder::new()
            .name("wallow-iter".into())
            .spawn(reader)
            .map_err(|error| {
                let message = format!("no thread could be started to stream rows: {error}");
                Error::new(ErrorKind::Io, message).with_source(error)
            })?;
        Ok(Prefetch {
            filled: Some(filled),
            empty,
            thread: Some(thread),
        })
    }

    /// Gives a buffer back and takes the next one; `false` if none follows.
    pub(in crate::engine) fn swap(&mut self, row_buffer: &mut RowBuffer) -> Result<bool, Error> {
        let Some(waiting) = &self.filled else {
            return Ok(false);
        };
        match waiting.recv() {
            Ok(filled) => {
                let empty = std::mem::replace(row_buffer, filled?);
                // Sending fails if the thread has ended; then it needs no more buffers.
                let _ = self.empty.send(empty);
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }
}

impl Engine {
    fn prefetch(&self, selection: &Selection, rows: &mut Sent) -> Result<(), Error> {
        let statement = self.statement(selection, Ordering::ByDatabase)?;
        self.pool.read_once(|session| {
            Ok(session.stream::<Select>(&statement.sql, &statement.binds, rows)?)
        })
    }
}

/// The thread's end of the channel.
struct Sent {
    width: usize,
    row_buffer: RowBuffer,
    filled: SyncSender<Result<RowBuffer, Error>>,
    empty: Receiver<RowBuffer>,
}

impl Sent {
    fn send(&mut self) -> Result<(), Error> {
        let mut empty = self.empty.try_recv().unwrap_or_default();
        empty.clear();
        let filled = std::mem::replace(&mut self.row_buffer, empty);
        self.filled.send(Ok(filled)).map_err(|_| gone())
    }

    fn send_error(&self, error: Error) -> Result<(), Error> {
        self.filled.send(Err(error)).map_err(|_| gone())
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Io, "the program needs no more rows")
}

impl Rows for Sent {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.row_buffer.push(cells, self.width);
        if self.row_buffer.is_full() {
            self.send()?;
        }
        Ok(())
    }
}
