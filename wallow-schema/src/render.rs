//! A mistake as text: message, place, excerpt with marks, help.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::diagnostic::Diagnostic;
use crate::redact;
use crate::source::Span;

/// For compiler output, logs and files.
pub(crate) fn plain(diagnostic: &Diagnostic) -> String {
    draw(diagnostic, &Renderer::plain())
}

/// For a terminal.
pub(crate) fn coloured(diagnostic: &Diagnostic) -> String {
    draw(diagnostic, &Renderer::styled())
}

fn draw(diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let source = diagnostic.source();
    let spans = diagnostic.labels().iter().map(|(span, _)| *span);
    let around = source.lines(spans.chain([diagnostic.span()]));
    // The renderer panics if a span is outside of the text.
    let place = |offset: usize| source.clamp(offset) - around.start;
    let range = |span: Span| place(span.start)..place(span.end.max(span.start));
    let labels = diagnostic.labels().iter().map(|(span, text)| {
        AnnotationKind::Context
            .span(range(*span))
            .label(text.as_str())
    });
    // Only the relevant lines are given to the renderer, because it searches the whole text for each mistake, of which
    // a file may have thousands. Passwords are masked, because errors end up in logs, and a file may have the password
    // of a database.
    let excerpt = Snippet::source(redact::masked(source.slice(around)))
        .line_start(source.position(around.start).line as usize)
        .path(source.origin())
        .annotation(AnnotationKind::Primary.span(range(diagnostic.span())))
        .annotations(labels);
    let helps = diagnostic.helps().map(|text| Level::HELP.message(text));
    let report = Level::ERROR
        .primary_title(diagnostic.message())
        .element(excerpt)
        .elements(helps);
    renderer.render(&[report])
}
