//! The rules of `artefacts_layout`: placeholders exist, and no path leaves the root.

use crate::diagnostic::{Diagnostics, listed, quoted};
use crate::schema::{Layout, LayoutPart};
use crate::source::{Span, Spanned};
use crate::suggest;

/// The placeholder that is not a field. It gives every run a folder of its own.
const UUID: &str = "uuid";

/// The separators of path components, on any system.
const SEPARATORS: [char; 2] = ['/', '\\'];

/// The delimiters of a placeholder.
const BRACES: [char; 2] = ['{', '}'];

/// A piece of the text, and the offset at which it starts.
#[derive(Debug, PartialEq)]
struct Piece<'a> {
    start: usize,
    text: &'a str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Placeholder,
    LoneBrace,
}

/// Reads the layout; `declared` are the names of all fields.
pub(super) fn layout(
    written: &Spanned<String>,
    declared: &[&str],
    out: &mut Diagnostics,
) -> Layout {
    if written.value.trim().is_empty() {
        out.error(written.span, "`artefacts_layout` is empty")
            .help("write a path below `artefacts_root`, like `{uuid}`, or remove the line");
        return Layout::default();
    }
    let inner = inner_start(written, out.source().slice(written.span));
    let span = |start: usize, length: usize| {
        inner.map_or(written.span, |inner| {
            Span::from(inner + start..inner + start + length)
        })
    };
    let pieces = pieces(&written.value);
    relative(&written.value, span, out);
    no_way_up(&pieces, span, out);
    for piece in &pieces {
        let place = span(piece.start, piece.text.len());
        match piece.kind {
            Kind::Text => {}
            Kind::Placeholder => known_placeholder(piece.text, place, declared, out),
            Kind::LoneBrace => lone_brace(piece.text, place, out),
        }
    }
    Layout::new(pieces.iter().map(part).collect())
}

/// Where in the file the content of a string starts, if the string is written without escapes.
fn inner_start(written: &Spanned<String>, literal: &str) -> Option<usize> {
    let at = literal.find(&written.value)?;
    let quotes = literal.len() - written.value.len();
    (quotes == 2 * at).then_some(written.span.start + at)
}

/// Splits the text at its braces.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let (kind, length) = first_piece(&text[start..]);
        pieces.push(Piece {
            start,
            text: &text[start..start + length],
            kind,
        });
        start += length;
    }
    pieces
}

/// The kind of the first piece of a text, and its length.
fn first_piece(text: &str) -> (Kind, usize) {
    if !text.starts_with(BRACES) {
        return (Kind::Text, text.find(BRACES).unwrap_or(text.len()));
    }
    match text[1..].find(BRACES) {
        Some(inner) if text.starts_with('{') && text[1 + inner..].starts_with('}') => {
            (Kind::Placeholder, inner + 2)
        }
        _ => (Kind::LoneBrace, 1),
    }
}

fn part(piece: &Piece<'_>) -> LayoutPart {
    match piece.kind {
        Kind::Placeholder => LayoutPart::Placeholder(name_in(piece.text).to_owned()),
        Kind::Text | Kind::LoneBrace => LayoutPart::Text(piece.text.to_owned()),
    }
}

fn name_in(placeholder: &str) -> &str {
    placeholder.trim_matches(BRACES)
}

/// A placeholder stands for the value of a field of the run, or for its uuid.
fn known_placeholder(text: &str, place: Span, declared: &[&str], out: &mut Diagnostics) {
    let name = name_in(text);
    let known = || std::iter::once(UUID).chain(declared.iter().copied());
    if known().any(|known| known == name) {
        return;
    }
    if name.is_empty() {
        out.error(place, "empty placeholder `{}` in `artefacts_layout`")
            .help("write the name of a field between the braces, like `{uuid}`");
        return;
    }
    let help = match suggest::near(name, known()) {
        Some(near) => format!("did you mean `{{{near}}}`?"),
        None if known().count() <= 20 => {
            format!("a placeholder is one of {}", listed(known(), "or"))
        }
        None => "a placeholder is a declared field or `{uuid}`".to_owned(),
    };
    let message = format!("unknown placeholder {} in `artefacts_layout`", quoted(text));
    out.error(place, message).help(help);
}

/// A brace without its partner is probably a mistyped placeholder, and a path should not contain braces.
fn lone_brace(text: &str, place: Span, out: &mut Diagnostics) {
    let partner = if text == "{" { "}" } else { "{" };
    out.error(place, format!("lone `{text}` in `artefacts_layout`"))
        .help(format!(
            "add its `{partner}`: a placeholder is the name of a field between braces, like `{{uuid}}`"
        ));
}

/// An absolute path would leave the root.
fn relative(text: &str, span: impl Fn(usize, usize) -> Span, out: &mut Diagnostics) {
    let drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if !drive && !text.starts_with(SEPARATORS) {
        return;
    }
    let length = if drive { 2 } else { 1 };
    out.error(
        span(0, length),
        "`artefacts_layout` cannot be an absolute path",
    )
    .help("begin it with a name or a placeholder; it goes on from `artefacts_root`");
}

/// `..` would leave the root, or lead to the artefacts of another run.
fn no_way_up(pieces: &[Piece<'_>], span: impl Fn(usize, usize) -> Span, out: &mut Diagnostics) {
    for (index, piece) in pieces.iter().enumerate() {
        if piece.kind != Kind::Text {
            continue;
        }
        let mut start = 0;
        for component in piece.text.split(SEPARATORS) {
            let end = start + component.len();
            // Next to a placeholder, the dots are only the start or the end of a name.
            let begins = start > 0 || index == 0;
            let ends = end < piece.text.len() || index + 1 == pieces.len();
            if component == ".." && begins && ends {
                out.error(
                    span(piece.start + start, component.len()),
                    "`artefacts_layout` cannot go up with `..`",
                )
                .help("name folders below `artefacts_root` only");
            }
            start = end + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(&str, Kind)> {
        let pieces = pieces(text);
        pieces
            .iter()
            .map(|piece| (piece.text, piece.kind))
            .collect()
    }

    #[test]
    fn a_layout_is_cut_at_its_braces() {
        use Kind::{LoneBrace, Placeholder, Text};
        assert_eq!(cut("{uuid}"), [("{uuid}", Placeholder)]);
        assert_eq!(
            cut("a/{b}{c}-d"),
            [
                ("a/", Text),
                ("{b}", Placeholder),
                ("{c}", Placeholder),
                ("-d", Text)
            ]
        );
        assert_eq!(
            cut("{a/{b}}"),
            [
                ("{", LoneBrace),
                ("a/", Text),
                ("{b}", Placeholder),
                ("}", LoneBrace)
            ]
        );
        assert_eq!(cut("{}"), [("{}", Placeholder)]);
        assert_eq!(cut(""), []);
    }
}
