//! Values as bytes, for our own files and pipes: the same program writes and reads them.

use std::io;

use chrono::DateTime;
use wallow_runtime::dynamic::Value;

/// Appends a number.
pub(super) fn put_number(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend(number.to_le_bytes());
}

/// Appends a length and the bytes.
pub(super) fn put_bytes(bytes: &mut Vec<u8>, piece: &[u8]) {
    put_number(bytes, piece.len() as u64);
    bytes.extend(piece);
}

/// Appends a value.
pub(super) fn put_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => bytes.push(0),
        Value::Int(value) => {
            bytes.push(1);
            bytes.extend(value.to_le_bytes());
        }
        Value::Float(value) => {
            bytes.push(2);
            bytes.extend(value.to_le_bytes());
        }
        Value::Bool(value) => bytes.extend([3, u8::from(*value)]),
        Value::Text(text) => {
            bytes.push(4);
            put_bytes(bytes, text.as_bytes());
        }
        Value::Json(value) => {
            bytes.push(5);
            put_bytes(bytes, value.to_string().as_bytes());
        }
        Value::Time(time) => {
            bytes.push(6);
            bytes.extend(time.timestamp().to_le_bytes());
            bytes.extend(time.timestamp_subsec_nanos().to_le_bytes());
        }
    }
}

/// Bytes that are being read.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| damaged())
    }

    pub(super) fn byte(&mut self) -> io::Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn number(&mut self) -> io::Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A number of items that must fit into memory on this machine.
    pub(super) fn length(&mut self) -> io::Result<usize> {
        usize::try_from(self.number()?).map_err(|_| damaged())
    }

    pub(super) fn float(&mut self) -> io::Result<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    pub(super) fn text(&mut self) -> io::Result<&'a str> {
        let length = self.length()?;
        str::from_utf8(self.take(length)?).map_err(|_| damaged())
    }

    pub(super) fn value(&mut self) -> io::Result<Value> {
        Ok(match self.byte()? {
            0 => Value::Null,
            1 => Value::Int(i64::from_le_bytes(self.array()?)),
            2 => Value::Float(self.float()?),
            3 => Value::Bool(self.byte()? == 1),
            4 => Value::Text(self.text()?.to_owned()),
            5 => Value::Json(serde_json::from_str(self.text()?)?),
            6 => {
                let seconds = i64::from_le_bytes(self.array()?);
                let nanos = u32::from_le_bytes(self.array()?);
                DateTime::from_timestamp(seconds, nanos)
                    .ok_or_else(damaged)?
                    .into()
            }
            _ => return Err(damaged()),
        })
    }
}

/// The error for bytes that this program did not write.
pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what was put aside is damaged")
}
