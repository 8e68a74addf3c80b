//! Text for a terminal: characters that the terminal would interpret are escaped.
//!
//! Values come from files and databases of other people. A control character in a value can move the cursor, erase
//! lines or type for the person; a character that changes the direction of text can make one name look like another.

use std::fmt::Write as _;
use std::io::{self, Write};

/// Whether a terminal interprets this character instead of showing it.
pub(crate) fn is_obeyed(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        )
}

/// How a character is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `\u{1b}`, as Rust writes it.
    Text,
    /// `\u001b`, which is the same JSON within a JSON string.
    Json,
}

/// Passes text on and escapes characters that a terminal would interpret; line feeds and tabs are kept.
pub(super) struct Sanitize<W> {
    out: W,
    form: Form,
    /// Whether bold, dim and colours are kept. If so, the values in the text must have been escaped before.
    styles: bool,
    /// An incomplete character or style whose end has not arrived yet.
    held: Vec<u8>,
}

/// The largest size of a style in bytes; a longer sequence is not a style.
const LONGEST_STYLE: usize = 32;

impl<W> Sanitize<W> {
    pub(super) fn new(out: W, form: Form, styles: bool) -> Self {
        Sanitize {
            out,
            form,
            styles,
            held: Vec::new(),
        }
    }

    /// Writes the text, and returns the incomplete rest at its end.
    fn take<'t>(&self, mut bytes: &'t [u8], safe: &mut String) -> &'t [u8] {
        while !bytes.is_empty() {
            let (text, invalid) = match str::from_utf8(bytes) {
                Ok(text) => (text, None),
                Err(error) => {
                    let text = str::from_utf8(&bytes[..error.valid_up_to()]);
                    (text.unwrap_or_default(), Some(error.error_len()))
                }
            };
            let rest = self.take_text(text, safe);
            let is_last = invalid.is_none();
            if is_last && !rest.is_empty() {
                return rest.as_bytes();
            }
            // A sequence that began like a style is followed by bytes that are not text.
            rest.chars().for_each(|char| self.push(char, safe));
            let after = &bytes[text.len()..];
            bytes = match invalid {
                None => return &[],
                Some(None) => return after,
                Some(Some(length)) => {
                    for byte in &after[..length] {
                        // Writing to a String cannot fail.
                        let _ = write!(safe, "\\x{byte:02x}");
                    }
                    &after[length..]
                }
            };
        }
        bytes
    }

    /// Sanitizes the beginning of a valid text, and returns the rest.
    fn take_text<'t>(&self, mut text: &'t str, safe: &mut String) -> &'t str {
        while let Some(char) = text.chars().next() {
            if self.styles && char == '\u{1b}' {
                match style(text) {
                    Style::Of(length) => {
                        safe.push_str(&text[..length]);
                        text = &text[length..];
                        continue;
                    }
                    Style::Begun => return text,
                    Style::None => {}
                }
            }
            self.push(char, safe);
            text = &text[char.len_utf8()..];
        }
        text
    }

    fn push(&self, char: char, safe: &mut String) {
        if !is_obeyed(char) || matches!(char, '\n' | '\t') {
            safe.push(char);
            return;
        }
        let code = u32::from(char);
        // Writing to a String cannot fail.
        let _ = match self.form {
            Form::Text => write!(safe, "\\u{{{code:x}}}"),
            Form::Json => write!(safe, "\\u{code:04x}"),
        };
    }
}

/// The kinds of beginnings of a text.
enum Style {
    /// A style of this many bytes.
    Of(usize),
    /// A sequence that may become a style.
    Begun,
    None,
}

/// `ESC [ … m`, which only sets bold, dim and colours.
fn style(text: &str) -> Style {
    for (index, byte) in text.bytes().enumerate().take(LONGEST_STYLE) {
        match (index, byte) {
            (0, 0x1b) | (1, b'[') | (2.., b'0'..=b'9' | b';' | b':') => {}
            (2.., b'm') => return Style::Of(index + 1),
            _ => return Style::None,
        }
    }
    if text.len() < LONGEST_STYLE {
        Style::Begun
    } else {
        Style::None
    }
}

impl<W: Write> Write for Sanitize<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let mut safe = String::with_capacity(held.len());
        let rest = self.take(&held, &mut safe).len();
        held.drain(..held.len() - rest);
        self.held = held;
        self.out.write_all(safe.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sanitized(form: Form, styles: bool, pieces: &[&[u8]]) -> String {
        let mut sanitize = Sanitize::new(Vec::new(), form, styles);
        for piece in pieces {
            sanitize.write_all(piece).unwrap();
        }
        String::from_utf8(sanitize.out).unwrap()
    }

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        let hostile = "a\u{1b}[2J\t\u{9b}\u{a0}é\r\n\u{7f}\u{202e}\u{2066}\u{200f}\u{2028}.";
        assert_eq!(
            sanitized(Form::Text, false, &[hostile.as_bytes()]),
            "a\\u{1b}[2J\t\\u{9b}\u{a0}é\\u{d}\n\\u{7f}\\u{202e}\\u{2066}\\u{200f}\\u{2028}."
        );
        assert_eq!(
            sanitized(Form::Json, false, &["\u{1b}\u{9b}\u{202e}".as_bytes()]),
            "\\u001b\\u009b\\u202e"
        );
        assert_eq!(
            sanitized(Form::Text, false, &[b"a\x9b\xff."]),
            "a\\x9b\\xff."
        );
    }

    /// Wherever the pieces end in which it is written.
    #[test]
    fn it_does_not_matter_how_it_is_cut() {
        let text = "é\u{9b}\u{1b}[1mb\u{1b}[0m\u{1b}[2Jc\u{1b}d🐷\n".as_bytes();
        let whole = sanitized(Form::Text, true, &[text]);
        assert_eq!(whole, "é\\u{9b}\u{1b}[1mb\u{1b}[0m\\u{1b}[2Jc\\u{1b}d🐷\n");
        for cut in 0..text.len() {
            let (one, other) = text.split_at(cut);
            assert_eq!(sanitized(Form::Text, true, &[one, other]), whole, "{cut}");
        }
        let bytes = text.iter().map(std::slice::from_ref).collect::<Vec<_>>();
        assert_eq!(sanitized(Form::Text, true, &bytes), whole);
    }

    #[test]
    fn only_styles_are_styles() {
        for (text, expected) in [
            ("\u{1b}[1;38;5;9m.", "\u{1b}[1;38;5;9m."),
            ("\u{1b}[1;38;5;9q.", "\\u{1b}[1;38;5;9q."),
            ("\u{1b}]0;title\u{7}.", "\\u{1b}]0;title\\u{7}."),
            ("\u{1b}[?25l.", "\\u{1b}[?25l."),
        ] {
            assert_eq!(sanitized(Form::Text, true, &[text.as_bytes()]), expected);
        }
        let endless = format!("\u{1b}[{}m.", "1;".repeat(40));
        assert!(sanitized(Form::Text, true, &[endless.as_bytes()]).starts_with("\\u{1b}["));
    }
}
