//! A table or a key that is defined twice. The second place is the mistake, and the first is shown with it.

use toml::de::DeTable;

use super::is_header;
use crate::diagnostic::{Diagnostics, Reported, quoted};
use crate::source::{Source, Span};

pub(super) fn report(
    span: Span,
    recovered: &DeTable<'_>,
    source: &Source,
    out: &mut Diagnostics,
) -> Reported {
    let message = format!("{} is defined twice", quoted(source.slice(span)));
    let diagnostic = out.error(span, message);
    if let Some(first) = first_definition(span, recovered, source) {
        diagnostic.label(first, "first defined here");
    }
    diagnostic
        .help("remove one of the two, or rename it")
        .reported()
}

/// The first definition: an earlier header with the same path or, for a key, the nearest one of its name above, because
/// a key of another table would have a header in between.
fn first_definition(span: Span, recovered: &DeTable<'_>, source: &Source) -> Option<Span> {
    let (before, rest) = source.text().split_at(source.line_start(span.start));
    if is_header(rest) {
        let (header, _) = DeTable::parse_recoverable(rest.lines().next()?);
        let (before, _) = DeTable::parse_recoverable(before);
        return same_path(header.get_ref(), before.get_ref());
    }
    nearest_above(span, recovered, source)
}

fn same_path(header: &DeTable<'_>, before: &DeTable<'_>) -> Option<Span> {
    let (key, value) = header.iter().next()?;
    let (old_key, old_value) = before.get_key_value(key.get_ref().as_ref())?;
    match (value.get_ref().as_table(), old_value.get_ref().as_table()) {
        (Some(header), Some(before)) if !header.is_empty() => same_path(header, before),
        _ => Some(old_key.span().into()),
    }
}

fn nearest_above(span: Span, table: &DeTable<'_>, source: &Source) -> Option<Span> {
    let name = source.slice(span);
    let above = table.iter().filter_map(|(key, value)| {
        let own = Some(Span::from(key.span()))
            .filter(|own| own.end <= span.start && source.slice(*own) == name);
        let inner = value.get_ref().as_table();
        own.max(inner.and_then(|inner| nearest_above(span, inner, source)))
    });
    above.max()
}
