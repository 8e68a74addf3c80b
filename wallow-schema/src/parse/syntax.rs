//! Texts that are not TOML: the parser's errors, reduced to one for each mistake, with advice.
//!
//! The parser goes on after an error, so it also reports the consequences of some mistakes: an array that is never
//! closed swallows the rest of the file. Such errors are dropped here. A mistake that they hide appears after the first
//! one is repaired.

mod advice;
mod duplicate;

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue, Error};

use crate::diagnostic::{Diagnostics, Reported};
use crate::source::{Source, Span};

/// An error of the parser.
#[derive(Debug, Clone, Copy)]
struct Problem<'e> {
    span: Span,
    message: &'e str,
}

impl Problem<'_> {
    fn is_duplicate(&self) -> bool {
        self.message == "duplicate key"
    }
}

/// Reports the errors of the parser, if there are any.
pub(super) fn check(
    errors: &[Error],
    source: &Source,
    out: &mut Diagnostics,
) -> Result<(), Reported> {
    if errors.is_empty() {
        return Ok(());
    }
    if let Some(mark) = merge_mark(errors, source) {
        return Err(out
            .error(mark, "the file has the marks of a merge in it")
            .help(
                "two branches changed it, or a stash was applied: keep the lines that are meant and delete those that \
                 begin with `<<<<<<<`, `|||||||`, `=======` and `>>>>>>>`, or take one side whole (with git: `git \
                 checkout --ours` or `--theirs` and the name of the file)",
            )
            .reported());
    }
    let text = without_stops(errors, source);
    let (recovered, more_errors) = DeTable::parse_recoverable(&text);
    let recovered = recovered.get_ref();
    let mut problems = sorted(errors.iter().chain(&more_errors));

    let mut outcome = Ok(());
    if let Some(opener) = unclosed(&problems, recovered, source) {
        problems.retain(|problem| problem.span.start < opener.start);
        outcome = Err(report_unclosed(opener, source, out));
    }
    for problem in one_per_line(&problems, source) {
        outcome = Err(report(problem, recovered, source, out));
    }
    outcome
}

/// The first mark of an unresolved merge. The other errors are consequences of it.
fn merge_mark(errors: &[Error], source: &Source) -> Option<Span> {
    const LENGTH: usize = 7;
    let is_torn = crate::migration::has_merge_marks(source.text());
    // Marks may be left over, but a text of several lines can be underlined, so one alone counts only as an error.
    let is_guilty = |start: usize| {
        let spans = errors.iter().filter_map(Error::span);
        spans
            .into_iter()
            .any(|span| source.line_start(span.start) == start)
    };
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        let is_mark = ["<<<<<<< ", "||||||| ", ">>>>>>> "]
            .iter()
            .any(|mark| line.starts_with(mark))
            || line.trim_end() == "=======";
        if is_mark && (is_torn && line.starts_with('<') || is_guilty(start)) {
            return Some(Span::from(start..start + LENGTH));
        }
        start += line.len();
    }
    None
}

/// The starts of the lines with errors, without which the text can be read. A repeated name does not count.
pub(super) fn guilty_lines(errors: &[Error], source: &Source) -> Vec<usize> {
    let text = without_stops(errors, source);
    let (recovered, more_errors) = DeTable::parse_recoverable(&text);
    let mut problems = sorted(errors.iter().chain(&more_errors));
    let unclosed = unclosed(&problems, recovered.get_ref(), source);
    if let Some(opener) = unclosed {
        problems.retain(|problem| problem.span.start < opener.start);
    }
    let problems = problems.iter().filter(|problem| !problem.is_duplicate());
    let spans = problems.map(|problem| problem.span).chain(unclosed);
    spans.map(|span| source.line_start(span.start)).collect()
}

fn sorted<'e>(errors: impl Iterator<Item = &'e Error>) -> Vec<Problem<'e>> {
    let mut problems: Vec<_> = errors
        .map(|error| Problem {
            span: error.span().map_or(Span::START, Span::from),
            message: error.message(),
        })
        .collect();
    problems.sort_by_key(|problem| problem.span.start);
    problems
}

/// The text with blanks for every line after which the parser does not look at values any more: a key without one.
fn without_stops(errors: &[Error], source: &Source) -> String {
    let mut text = source.text().to_owned();
    let stops = errors
        .iter()
        .filter(|error| error.message().starts_with("key with no value"))
        .filter_map(Error::span);
    for stop in stops {
        let start = source.line_start(stop.start);
        let length = text[start..].lines().next().map_or(0, str::len);
        text.replace_range(start..start + length, &" ".repeat(length));
    }
    text
}

/// Keeps the first error of each line. After a repeated header, everything below it is repeated, too, which is not
/// reported.
fn one_per_line<'e>(problems: &[Problem<'e>], source: &Source) -> Vec<Problem<'e>> {
    let headers = headers(source);
    let mut kept: Vec<Problem<'e>> = Vec::new();
    // The lines of the kept errors about a repetition. A damaged file may have thousands.
    let mut repeated = BTreeSet::new();
    let line = |problem: &Problem<'_>| source.line_start(problem.span.start);
    for problem in problems {
        let own = line(problem);
        let same_line = kept.last().is_some_and(|last| line(last) == own);
        let below_repeated = problem.is_duplicate()
            && header_above(&headers, own).is_some_and(|header| repeated.contains(&header));
        if !same_line && !below_repeated {
            if problem.is_duplicate() {
                repeated.insert(own);
            }
            kept.push(*problem);
        }
    }
    kept
}

/// Where the lines with headers begin.
fn headers(source: &Source) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut start = 0;
    for line in source.text().split_inclusive('\n') {
        if is_header(line) {
            starts.push(start);
        }
        start += line.len();
    }
    starts
}

/// The start of the line of the header at or above a line.
fn header_above(headers: &[usize], line: usize) -> Option<usize> {
    let above = headers.partition_point(|header| *header <= line);
    headers.get(above.checked_sub(1)?).copied()
}

fn is_header(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).starts_with('[')
}

/// The start of the value that runs to the end of the file because nothing closes it.
fn unclosed(problems: &[Problem<'_>], recovered: &DeTable<'_>, source: &Source) -> Option<Span> {
    const MESSAGES: [&str; 4] = [
        "unclosed array,",
        "unclosed inline table,",
        "invalid multi-line basic string,",
        "invalid multi-line literal string,",
    ];
    let end = source.text().trim_end().len();
    let at_end = |problem: &Problem<'_>| {
        problem.span.end >= end
            && MESSAGES
                .iter()
                .any(|message| problem.message.starts_with(message))
    };
    problems.iter().find(|problem| at_end(problem))?;
    last_value(recovered).filter(|value| value.end >= end)
}

/// The outermost value that starts last.
fn last_value(table: &DeTable<'_>) -> Option<Span> {
    let values = table.iter().filter_map(|(key, value)| {
        let span = Span::from(value.span());
        let header = span.start < key.span().end;
        match value.get_ref() {
            DeValue::Table(inner) if header => last_value(inner),
            DeValue::Array(items) if header => items
                .iter()
                .filter_map(|item| last_value(item.get_ref().as_table()?))
                .max(),
            _ => Some(span),
        }
    });
    values.max()
}

fn report_unclosed(opener: Span, source: &Source, out: &mut Diagnostics) -> Reported {
    let text = source.slice(opener);
    let (what, length, closer) = match text.as_bytes() {
        [b'[', ..] => ("array", 1, "]"),
        [b'{', ..] => ("inline table", 1, "}"),
        [b'\'', ..] => ("multi-line string", 3, "'''"),
        _ => ("multi-line string", 3, "\"\"\""),
    };
    let span = Span::from(opener.start..opener.start + length);
    out.error(span, format!("unclosed {what}"))
        .help(format!("close it with `{closer}`"))
        .reported()
}

fn report(
    problem: Problem<'_>,
    recovered: &DeTable<'_>,
    source: &Source,
    out: &mut Diagnostics,
) -> Reported {
    if problem.is_duplicate() {
        return duplicate::report(problem.span, recovered, source, out);
    }
    let advice = advice::on(problem, source);
    out.error(problem.span, advice.message)
        .help(advice.help)
        .reported()
}
