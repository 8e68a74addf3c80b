//! A reusable buffer of raw rows. Decoding happens on access, so that a stream allocates once for each page, not for each
//! run.
//!
//! What enters: the cells of fetched rows. What leaves: the same cells, borrowed. Invariant: all rows are in two
//! allocations, which are reused for the next rows. A run that is decoded on access, and dropped before the next one,
//! costs the allocator next to nothing; decoding a page of runs at once would take a third of the time of a stream.

use chrono::{DateTime, Utc};

use super::{Cell, Cells};

/// Rows of one width, as many as are in memory at once; see [`RowBuffer::is_full`].
#[derive(Debug, Default)]
pub(crate) struct RowBuffer {
    cells: Vec<StoredCell>,
    text: String,
    width: usize,
}

/// A cell in 16 bytes. A text is stored as its start and length in the text of the buffer.
#[derive(Debug)]
enum StoredCell {
    Null,
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(usize, u32),
    Garbled,
    Time(DateTime<Utc>),
    Blob,
}

impl RowBuffer {
    /// A buffer is full with this many rows. With more, a stream is not faster.
    pub(crate) const ROWS: usize = 256;
    /// A buffer is full with this many bytes of text.
    pub(crate) const TEXT: usize = 1 << 20;

    /// Whether the buffer has enough rows or text.
    pub(crate) fn is_full(&self) -> bool {
        self.rows() >= Self::ROWS || self.text.len() >= Self::TEXT
    }

    /// The length of all texts, in bytes.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Removes all rows, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
    }

    /// Adds a row of `width` cells. All rows have the same width.
    pub(crate) fn push(&mut self, cells: &impl Cells, width: usize) {
        self.width = width;
        self.cells.reserve(width);
        for index in 0..width {
            let kept = cells.with_cell(index, |cell| match cell {
                Cell::Null => StoredCell::Null,
                Cell::Int(value) => StoredCell::Int(value),
                Cell::Float(value) => StoredCell::Float(value),
                Cell::Bool(value) => StoredCell::Bool(value),
                Cell::Text(value) => {
                    let start = self.text.len();
                    self.text.push_str(&value);
                    // No database stores a text of 4 GiB or more.
                    u32::try_from(value.len())
                        .map_or(StoredCell::Garbled, |len| StoredCell::Text(start, len))
                }
                Cell::Garbled => StoredCell::Garbled,
                Cell::Time(value) => StoredCell::Time(value),
                Cell::Blob => StoredCell::Blob,
            });
            self.cells.push(kept);
        }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.cells.len().checked_div(self.width).unwrap_or(0)
    }

    /// The row at `index`, from 0.
    pub(crate) fn row(&self, index: usize) -> Option<impl Cells> {
        let start = index.checked_mul(self.width)?;
        let cells = self.cells.get(start..start + self.width)?;
        let text = &self.text;
        (!cells.is_empty()).then_some(KeptRow { cells, text })
    }
}

struct KeptRow<'s> {
    cells: &'s [StoredCell],
    text: &'s str,
}

impl Cells for KeptRow<'_> {
    #[expect(clippy::inline_always, reason = "a call for every cell of every row")]
    #[inline(always)]
    fn with_cell<T>(&self, index: usize, view: impl FnOnce(Cell<'_>) -> T) -> T {
        view(match self.cells.get(index) {
            None | Some(StoredCell::Null) => Cell::Null,
            Some(StoredCell::Int(value)) => Cell::Int(*value),
            Some(StoredCell::Float(value)) => Cell::Float(*value),
            Some(StoredCell::Bool(value)) => Cell::Bool(*value),
            Some(StoredCell::Text(start, len)) => {
                Cell::Text(self.text[*start..*start + *len as usize].into())
            }
            Some(StoredCell::Garbled) => Cell::Garbled,
            Some(StoredCell::Time(value)) => Cell::Time(*value),
            Some(StoredCell::Blob) => Cell::Blob,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(Vec<Cell<'static>>);

    impl Cells for Row {
        fn with_cell<T>(&self, index: usize, view: impl FnOnce(Cell<'_>) -> T) -> T {
            view(self.0.get(index).cloned().unwrap_or(Cell::Null))
        }
    }

    #[test]
    fn a_cell_is_small() {
        assert_eq!(size_of::<StoredCell>(), 16);
    }

    #[test]
    fn many_rows_fill_a_sheet_and_so_does_much_text() {
        let mut row_buffer = RowBuffer::default();
        for _ in 0..RowBuffer::ROWS {
            assert!(!row_buffer.is_full());
            row_buffer.push(&Row(vec![Cell::Int(0)]), 1);
        }
        assert!(row_buffer.is_full());
        row_buffer.clear();
        row_buffer.push(
            &Row(vec![Cell::Text("x".repeat(RowBuffer::TEXT).into())]),
            1,
        );
        assert!(row_buffer.is_full());
    }

    #[test]
    fn cells_come_back_as_they_were() {
        let first = vec![
            Cell::Null,
            Cell::Int(i64::MIN),
            Cell::Float(-0.0),
            Cell::Bool(true),
            Cell::Text("é".into()),
            Cell::Text("".into()),
            Cell::Garbled,
            Cell::Time(DateTime::UNIX_EPOCH),
            Cell::Blob,
        ];
        let second = first.iter().rev().cloned().collect::<Vec<_>>();
        let mut row_buffer = RowBuffer::default();
        for _ in 0..2 {
            row_buffer.clear();
            assert_eq!(row_buffer.rows(), 0);
            assert!(row_buffer.row(0).is_none());
            for row in [&first, &second] {
                row_buffer.push(&Row(row.clone()), row.len());
            }
            assert_eq!(row_buffer.rows(), 2);
            for (index, row) in [&first, &second].into_iter().enumerate() {
                let kept = row_buffer.row(index).unwrap();
                for (place, cell) in row.iter().enumerate() {
                    kept.with_cell(place, |kept| assert_eq!(kept, *cell));
                }
                kept.with_cell(row.len(), |kept| assert_eq!(kept, Cell::Null));
            }
            assert!(row_buffer.row(2).is_none());
        }
    }
}
