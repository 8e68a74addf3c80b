//! Rows on their way from the process that reads a file to the process that imports it.
//!
//! A frame is its length, its kind, and that many bytes. First come the names of the columns. If the other side then
//! requests some of them, a frame for each row follows, and at the end a frame for the end or for an error.

use std::io::{self, Read, Write};

use super::super::Cell;
use super::super::alteration::Alterations;
use super::super::codec::{Reader, damaged, put_bytes, put_number, put_value};

/// The largest size of a frame in bytes.
const LONGEST: u64 = 1 << 31;

/// A message between the two processes.
#[derive(Debug, PartialEq)]
pub(super) enum Frame {
    /// The names of the columns.
    Header(Vec<String>),
    /// The numbers of the columns that are wanted.
    Wanted(Vec<usize>),
    /// The wanted cells of the next row.
    Row(Vec<Cell>),
    /// There are no more rows.
    End,
    /// There are no more rows, because of this error.
    Wrong(String),
}

impl Frame {
    pub(super) fn write(&self, out: &mut impl Write, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        match self {
            Frame::Header(names) => {
                bytes.push(0);
                for name in names {
                    put_bytes(bytes, name.as_bytes());
                }
            }
            Frame::Wanted(columns) => {
                bytes.push(1);
                for column in columns {
                    put_number(bytes, *column as u64);
                }
            }
            Frame::Row(cells) => {
                bytes.push(2);
                for cell in cells {
                    put_cell(bytes, cell);
                }
            }
            Frame::End => bytes.push(3),
            Frame::Wrong(reason) => {
                bytes.push(4);
                put_bytes(bytes, reason.as_bytes());
            }
        }
        out.write_all(&(bytes.len() as u64).to_le_bytes())?;
        out.write_all(bytes)
    }

    /// The next frame.
    pub(super) fn read(input: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<Self> {
        let mut length = [0; 8];
        input.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST {
            return Err(damaged());
        }
        bytes.clear();
        if input.take(length).read_to_end(bytes)? as u64 != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = Reader(bytes);
        Ok(match bytes.byte()? {
            0 => {
                let mut names = Vec::new();
                while !bytes.is_empty() {
                    names.push(bytes.text()?.to_owned());
                }
                Frame::Header(names)
            }
            1 => {
                let mut columns = Vec::new();
                while !bytes.is_empty() {
                    columns.push(bytes.length()?);
                }
                Frame::Wanted(columns)
            }
            2 => {
                let mut cells = Vec::new();
                while !bytes.is_empty() {
                    cells.push(cell(&mut bytes)?);
                }
                Frame::Row(cells)
            }
            3 => Frame::End,
            4 => Frame::Wrong(bytes.text()?.to_owned()),
            _ => return Err(damaged()),
        })
    }
}

fn put_cell(bytes: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Value(value) => {
            bytes.push(0);
            put_value(bytes, value);
        }
        Cell::Altered(value, altered) => {
            bytes.push(1);
            bytes.extend(altered.bits().to_le_bytes());
            put_value(bytes, value);
        }
        Cell::Number(text) => {
            bytes.push(2);
            put_bytes(bytes, text.as_bytes());
        }
        Cell::Narrow { value, exact } => {
            bytes.push(3);
            bytes.extend(value.to_le_bytes());
            bytes.extend(exact.to_le_bytes());
        }
        Cell::Padded { text, .. } => {
            bytes.push(0);
            put_value(bytes, &text.as_str().into());
        }
        Cell::Empty => bytes.push(4),
        Cell::EmptyText => bytes.push(5),
        Cell::Unsupported(reason) => {
            bytes.push(6);
            put_bytes(bytes, reason.as_bytes());
        }
    }
}

fn cell(bytes: &mut Reader<'_>) -> io::Result<Cell> {
    Ok(match bytes.byte()? {
        0 => Cell::Value(bytes.value()?),
        1 => {
            let altered = u16::from_le_bytes([bytes.byte()?, bytes.byte()?]);
            let altered = Alterations::from_bits(altered);
            Cell::Altered(bytes.value()?, altered)
        }
        2 => Cell::Number(bytes.text()?.to_owned()),
        3 => Cell::Narrow {
            value: bytes.float()?,
            exact: bytes.float()?,
        },
        4 => Cell::Empty,
        5 => Cell::EmptyText,
        6 => Cell::Unsupported(bytes.text()?.to_owned()),
        _ => return Err(damaged()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::alteration::Alteration;
    use super::*;

    #[test]
    fn frames_arrive_as_they_were_sent() {
        let altered = Some(Alteration::LeapSecond).into();
        let cells = vec![
            Cell::Value(i64::MIN.into()),
            Cell::Altered(serde_json::json!([null]).into(), altered),
            Cell::Number("1e400".into()),
            Cell::Narrow {
                value: 0.1,
                exact: 2048.0,
            },
            Cell::Empty,
            Cell::EmptyText,
            Cell::Unsupported("no".into()),
        ];
        let frames = [
            Frame::Header(vec![String::new(), "naïve".into()]),
            Frame::Wanted(vec![0, 7]),
            Frame::Row(cells),
            Frame::Row(Vec::new()),
            Frame::End,
            Frame::Wrong("so".into()),
        ];
        let (mut pipe, mut bytes) = (Vec::new(), Vec::new());
        for frame in &frames {
            frame.write(&mut pipe, &mut bytes).unwrap();
        }
        let mut input = pipe.as_slice();
        for frame in &frames {
            assert_eq!(Frame::read(&mut input, &mut bytes).unwrap(), *frame);
        }
        assert!(Frame::read(&mut input, &mut bytes).is_err());
        for cut in 1..pipe.len() {
            let mut input = &pipe[..cut];
            while Frame::read(&mut input, &mut bytes).is_ok() {}
        }
    }
}
