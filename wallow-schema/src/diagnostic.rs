//! The mistakes of a schema file, which `parse` and `check` collect, sorted by place.
//!
//! A rule calls `out.error(place, "what is wrong").help("what to do")` and goes on; nothing stops at the first mistake.
//! A function that cannot go on returns [`Reported`], the proof that the mistake was reported, instead of a value. So
//! no value is missing without a message, and each mistake is reported once.

use std::fmt;
use std::ops::Range;
use std::slice;
use std::sync::Arc;

use crate::render;
use crate::source::{Position, Source, Span};

/// Every mistake of one schema file, sorted by place. A caller of this crate never gets an empty one.
///
/// Its text shows each mistake in the style of rustc, separated by empty lines.
///
/// ```
/// let problems = wallow_schema::parse("[project]\nnmae = \"sweep\"\n", "wallow.toml").unwrap_err();
/// let first = problems.iter().next().unwrap();
/// assert_eq!(
///     first.to_string(),
///     "error: unknown key `nmae` in `[project]`
///  --> wallow.toml:2:1
///   |
/// 2 | nmae = \"sweep\"
///   | ^^^^
///   |
///   = help: did you mean `name`?",
/// );
/// assert_eq!(problems.iter().last().unwrap().message(), "no identifying field");
/// ```
#[derive(Clone)]
pub struct Diagnostics {
    source: Arc<Source>,
    problems: Vec<Diagnostic>,
}

/// One mistake: where it is, what it is, what to do.
///
/// ```
/// let problems = wallow_schema::parse("[project]\nname = 3\n", "wallow.toml").unwrap_err();
/// let problem = problems.iter().next().unwrap();
/// assert_eq!(problem.message(), "`name` must be a string, found an integer");
/// assert_eq!((problem.line(), problem.column()), (2, 8));
/// assert_eq!(problem.helps().next(), Some("put it in quotes: `\"3\"`"));
/// ```
#[derive(Debug, Clone)]
pub struct Diagnostic {
    source: Arc<Source>,
    span: Span,
    message: String,
    labels: Vec<(Span, String)>,
    helps: Vec<String>,
}

/// Proof that the reason for a missing value was reported to the sink. Only [`Diagnostic::reported`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported(());

impl Diagnostics {
    pub(crate) fn new(source: Arc<Source>) -> Self {
        Self {
            source,
            problems: Vec::new(),
        }
    }

    /// One mistake in another text than a schema, shown in the same style: for example, an expression on a command
    /// line.
    ///
    /// ```
    /// let problem = wallow_schema::Diagnostics::of("los < 1", "filter", 0..3, "unknown field `los`", "did you mean `loss`?");
    /// assert!(problem.to_string().contains("--> filter:1:1"));
    /// ```
    pub fn of(
        text: &str,
        origin: &str,
        place: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let mut problems = Self::new(Arc::new(Source::new(text, origin)));
        let help = help.into();
        let problem = problems.error(place.into(), message);
        if !help.is_empty() {
            problem.help(help);
        }
        problems
    }

    /// The file that the mistakes are in.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Reports a mistake at its place. Labels and help can be added to the returned value.
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let place = self.problems.len();
        self.problems.push(Diagnostic {
            source: Arc::clone(&self.source),
            span,
            message: self.source.redacted(&message.into()),
            labels: Vec::new(),
            helps: Vec::new(),
        });
        &mut self.problems[place]
    }

    /// The outcome if nothing was reported; else everything that was reported.
    pub(crate) fn finish<T>(mut self, outcome: Result<T, Reported>) -> Result<T, Self> {
        match outcome {
            Ok(value) if self.problems.is_empty() => Ok(value),
            // `Reported` proves that the sink is not empty.
            Ok(_) | Err(Reported(())) => {
                self.problems.sort_by_key(|problem| problem.span);
                Err(self)
            }
        }
    }

    /// The mistakes in the order of the file.
    pub fn iter(&self) -> slice::Iter<'_, Diagnostic> {
        self.problems.iter()
    }

    /// The text of `Display` with colours for a terminal.
    pub fn render_coloured(&self) -> String {
        self.joined(render::coloured)
    }

    fn joined(&self, draw: impl Fn(&Diagnostic) -> String) -> String {
        let drawings: Vec<String> = self.iter().map(draw).collect();
        drawings.join("\n\n")
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.joined(render::plain))
    }
}

/// `{:?}` reads like the text, because that is what `fn main() -> Result<(), Box<dyn Error>>` prints; `{:#?}` has the
/// details.
impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        f.debug_struct("Diagnostics")
            .field("source", &self.source)
            .field("problems", &self.problems)
            .finish()
    }
}

impl std::error::Error for Diagnostics {}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Diagnostic {
    /// Adds a second place that is related to the mistake.
    pub(crate) fn label(&mut self, span: Span, text: impl Into<String>) -> &mut Self {
        let text = self.source.redacted(&text.into());
        self.labels.push((span, text));
        self
    }

    /// Adds what to do about it.
    pub(crate) fn help(&mut self, text: impl Into<String>) -> &mut Self {
        let text = self.source.redacted(&text.into());
        self.helps.push(text);
        self
    }

    #[expect(clippy::unused_self, reason = "that it exists is the proof")]
    pub(crate) const fn reported(&self) -> Reported {
        Reported(())
    }

    /// What is wrong, in one line, without place and help.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line of the mistake, counted from 1.
    pub fn line(&self) -> u32 {
        self.position().line
    }

    /// The column of the mistake, counted from 1, in characters.
    pub fn column(&self) -> u32 {
        self.position().column
    }

    /// What to do about it, one text per suggestion.
    pub fn helps(&self) -> impl Iterator<Item = &str> {
        self.helps.iter().map(String::as_str)
    }

    /// The other places that are related to the mistake, each with its text.
    pub(crate) fn labels(&self) -> &[(Span, String)] {
        &self.labels
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) const fn span(&self) -> Span {
        self.span
    }

    fn position(&self) -> Position {
        self.source.position(self.span.start)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render::plain(self))
    }
}

/// A text of the file for a message: in backquotes, on one line, and cut off if it is long.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut displayed = String::new();
    for c in text.chars().take(LONGEST) {
        if c.is_control() {
            displayed.extend(c.escape_debug());
        } else {
            displayed.push(c);
        }
    }
    let ellipsis = if text.chars().count() > LONGEST {
        "…"
    } else {
        ""
    };
    format!("`{displayed}{ellipsis}`")
}

/// Names as a message lists them: `a`, `b` or `c`, with the word before the last.
pub(crate) fn listed<S: fmt::Display>(names: impl IntoIterator<Item = S>, word: &str) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {word} {last}", rest.join(", ")),
    }
}
