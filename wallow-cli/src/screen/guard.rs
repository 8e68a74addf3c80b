//! Bytes of a format on their way to a terminal: what it would obey is written out instead.

use std::io::{self, Write};

/// Passes everything on but control characters; lines and tabs stay.
pub(super) struct Guard<W> {
    out: W,
    /// The first of the two bytes of U+0080 to U+00BF was seen, and is held back.
    held: bool,
}

/// The first byte of U+0080 to U+00BF.
const HEAD: u8 = 0xC2;

impl<W> Guard<W> {
    pub(super) fn new(out: W) -> Self {
        Guard { out, held: false }
    }
}

impl<W: Write> Write for Guard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut safe = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            let held = std::mem::take(&mut self.held);
            match byte {
                0x80..=0x9F if held => write!(safe, "\\u{{{byte:x}}}")?,
                _ if held => safe.extend([HEAD, byte]),
                HEAD => self.held = true,
                b'\n' | b'\t' => safe.push(byte),
                ..0x20 | 0x7F => write!(safe, "\\u{{{byte:x}}}")?,
                _ => safe.push(byte),
            }
        }
        self.out.write_all(&safe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        let mut guard = Guard::new(Vec::new());
        for bytes in [
            "a\u{1b}[2J\t\u{9b}\u{a0}é\r\n".as_bytes(),
            b"\x7f\xc2",
            b"\x9b.\n",
        ] {
            guard.write_all(bytes).unwrap();
        }
        let safe = String::from_utf8(guard.out).unwrap();
        assert_eq!(safe, "a\\u{1b}[2J\t\\u{9b}\u{a0}é\\u{d}\n\\u{7f}\\u{9b}.\n");
    }
}
