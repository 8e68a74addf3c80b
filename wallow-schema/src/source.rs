//! The text of a schema file and its origin; maps bytes to lines and columns.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use crate::redact;

/// A range of the text, in bytes; the end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    /// The start of the file: the place of something that is missing.
    pub(crate) const START: Self = Self { start: 0, end: 0 };
}

impl From<Range<usize>> for Span {
    fn from(Range { start, end }: Range<usize>) -> Self {
        Self { start, end }
    }
}

impl From<Span> for Range<usize> {
    fn from(Span { start, end }: Span) -> Self {
        start..end
    }
}

/// A value and its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// Line and column, both counted from 1. Columns are counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// One text, without a byte order mark, and its name for messages.
pub(crate) struct Source {
    origin: String,
    text: String,
    line_starts: Vec<usize>,
    /// The passwords in the text.
    secrets: OnceLock<Vec<String>>,
}

impl Source {
    pub(crate) fn new(text: &str, origin: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let after_newlines = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self {
            origin: origin.to_owned(),
            line_starts: std::iter::once(0).chain(after_newlines).collect(),
            text: text.to_owned(),
            secrets: OnceLock::new(),
        }
    }

    /// A message about the text, without the passwords in the text, which it may quote.
    pub(crate) fn redacted(&self, message: &str) -> String {
        let secrets = self
            .secrets
            .get_or_init(|| redact::secrets_of_schema(&self.text));
        let mut displayed = message.to_owned();
        for secret in secrets {
            displayed = redact::without(&displayed, secret);
        }
        redact::text(&displayed)
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span. Parts outside of the text are empty.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(Range::from(span)).unwrap_or_default()
    }

    /// The nearest place at or before this one that can be shown: within the text, before the newlines at its end, and
    /// not inside a character.
    pub(crate) fn clamp(&self, offset: usize) -> usize {
        let end = self.text.trim_end_matches(['\n', '\r']).len();
        let inside = (0..=offset.min(end)).rev();
        let mut boundaries = inside.filter(|&place| self.text.is_char_boundary(place));
        // 0 is a boundary of every text.
        boundaries.next().unwrap_or(0)
    }

    pub(crate) fn position(&self, offset: usize) -> Position {
        let offset = self.clamp(offset);
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_start(offset);
        Position {
            line: saturating(line),
            column: saturating(self.text[start..offset].chars().count() + 1),
        }
    }

    /// The whole lines that contain these spans.
    pub(crate) fn lines(&self, spans: impl Iterator<Item = Span>) -> Span {
        let (mut first, mut last) = (self.text.len(), 0);
        for span in spans {
            first = first.min(span.start);
            last = last.max(span.start).max(span.end);
        }
        let last = self.clamp(last);
        let rest = self.text[last..].find('\n');
        Span {
            start: self.line_start(self.clamp(first)),
            end: rest.map_or(self.text.len(), |rest| last + rest + 1),
        }
    }

    /// The start of the line of this place.
    pub(crate) fn line_start(&self, offset: usize) -> usize {
        let before = self.line_starts.partition_point(|&start| start <= offset);
        // The first line starts at 0, so at least one start lies before any place.
        self.line_starts[before.saturating_sub(1)]
    }
}

/// The text may be long and is left out, because a person who reads the debug form of an error wants the error.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

fn saturating(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let source = Source::new("\u{feff}a = 'ß' x\r\n\nb", "wallow.toml");
        let place = |offset| {
            let position = source.position(offset);
            (position.line, position.column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(source.text().find('x').unwrap()), (1, 9));
        assert_eq!(place(source.text().find('b').unwrap()), (3, 1));
        assert_eq!(place(1000), (3, 2));
        assert_eq!(
            Source::new("a\n\n", "").position(3),
            Position { line: 1, column: 2 }
        );
    }

    #[test]
    fn an_empty_text_has_a_first_line() {
        let source = Source::new("", "wallow.toml");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.slice(Span::START), "");
    }
}
