//! One table of known keys: takes its values, and reports keys that are unknown or missing, and values of the wrong
//! type.

use crate::diagnostic::{Diagnostics, Reported, listed, quoted};
use crate::mismatch::{self, Wanted};
use crate::raw::{Entry, Table, Value};
use crate::source::{Span, Spanned};
use crate::suggest;

/// A table that is being read.
pub(super) struct Reader {
    /// How messages name the table.
    title: String,
    place: Span,
    entries: Vec<Entry>,
    /// Keys that are absent because they are misspelt, which was reported.
    excused: Vec<(&'static str, Reported)>,
}

/// What to do about an unknown key, and which key was probably meant.
pub(super) struct Hint {
    pub(super) help: String,
    pub(super) excuses: Option<&'static str>,
}

/// A type that a key's value can have.
pub(super) trait FromValue: Sized {
    /// The value, or the type that was expected.
    fn from_value(value: &Value) -> Result<Self, Wanted>;
}

impl Reader {
    /// The top of the file.
    pub(super) fn root(
        table: Table,
        known: &'static [&'static str],
        hint: impl Fn(&Entry) -> Option<Hint>,
        out: &mut Diagnostics,
    ) -> Self {
        let mut reader = Self::empty("a schema", Span::START);
        reader.sort_in(table, known, out, |entry| {
            let name = entry.key.value.as_str();
            let message = match entry.value.as_ref().map(|value| &value.value) {
                Ok(Value::Table(_)) => format!("unknown table {}", quoted(&format!("[{name}]"))),
                _ => format!("unknown key {} at the top of the file", quoted(name)),
            };
            (message, hint(entry))
        });
        reader
    }

    /// A table with a title such as "`[project]`" and the place of its name.
    pub(super) fn new(
        title: &str,
        place: Span,
        table: Table,
        known: &'static [&'static str],
        hint: impl Fn(&Entry) -> Option<Hint>,
        out: &mut Diagnostics,
    ) -> Self {
        let mut reader = Self::empty(title, place);
        reader.sort_in(table, known, out, |entry| {
            let message = format!("unknown key {} in {title}", quoted(&entry.key.value));
            (message, hint(entry))
        });
        reader
    }

    fn empty(title: &str, place: Span) -> Self {
        Self {
            title: title.to_owned(),
            place,
            entries: Vec::new(),
            excused: Vec::new(),
        }
    }

    /// Keeps the known entries, and reports every other one.
    fn sort_in(
        &mut self,
        table: Table,
        known: &'static [&'static str],
        out: &mut Diagnostics,
        describe: impl Fn(&Entry) -> (String, Option<Hint>),
    ) {
        for entry in table.0 {
            if known.contains(&entry.key.value.as_str()) {
                self.entries.push(entry);
                continue;
            }
            let (message, hint) = describe(&entry);
            let hint = hint.unwrap_or_else(|| self.hint(&entry.key.value, known));
            let reported = out
                .error(entry.key.span, message)
                .help(hint.help)
                .reported();
            self.excused.extend(hint.excuses.map(|key| (key, reported)));
        }
    }

    fn hint(&self, written: &str, known: &'static [&'static str]) -> Hint {
        let near = suggest::near_key(written, known.iter().copied());
        let help = near.map_or_else(
            || format!("{} may have {}", self.title, listed(known, "or")),
            |near| format!("did you mean `{near}`?"),
        );
        Hint {
            help,
            excuses: near,
        }
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        let index = self
            .entries
            .iter()
            .position(|entry| entry.key.value == key)?;
        Some(self.entries.remove(index))
    }

    /// The value of a key that may be left out. If the value is broken, that is reported, and there is none.
    pub(super) fn optional<T: FromValue>(
        &mut self,
        key: &str,
        out: &mut Diagnostics,
    ) -> Option<Spanned<T>> {
        read(self.take(key)?, out).ok()
    }

    /// The value of a required key; `help` says how it is written.
    pub(super) fn required<T: FromValue>(
        &mut self,
        key: &str,
        help: &str,
        out: &mut Diagnostics,
    ) -> Result<Spanned<T>, Reported> {
        if let Some(entry) = self.take(key) {
            return read(entry, out);
        }
        self.excuse(key)?;
        let message = format!("{} has no `{key}`", self.title);
        Err(out.error(self.place, message).help(help).reported())
    }

    /// An inner table, with the place of its name; `help` says how it is written.
    pub(super) fn table(
        &mut self,
        key: &str,
        help: &str,
        out: &mut Diagnostics,
    ) -> Result<Option<(Span, Table)>, Reported> {
        let Some(entry) = self.take(key) else {
            return self.excuse(key).map(|()| None);
        };
        let place = entry.key.span;
        let Spanned { value, span } = entry.value?;
        match value {
            Value::Table(table) => Ok(Some((place, table))),
            other => {
                let message = format!("`{key}` must be a table, found {}", other.kind());
                Err(out.error(span, message).help(help).reported())
            }
        }
    }

    /// `Err` if an earlier error already explains why a key is absent.
    fn excuse(&self, absent: &str) -> Result<(), Reported> {
        let excused = self.excused.iter().find(|(key, _)| *key == absent);
        excused.map_or(Ok(()), |&(_, reported)| Err(reported))
    }
}

fn read<T: FromValue>(entry: Entry, out: &mut Diagnostics) -> Result<Spanned<T>, Reported> {
    let found = entry.value?;
    match T::from_value(&found.value) {
        Ok(value) => Ok(Spanned {
            value,
            span: found.span,
        }),
        Err(wanted) => {
            let what = quoted(&entry.key.value);
            Err(mismatch::report(&what, wanted, &found, out).reported())
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, Wanted> {
        match value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(Wanted::String),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Result<Self, Wanted> {
        match value {
            Value::Integer(number) => Ok(*number),
            _ => Err(Wanted::Integer),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, Wanted> {
        match value {
            Value::Boolean(truth) => Ok(*truth),
            _ => Err(Wanted::Boolean),
        }
    }
}

/// Accepts any value, because its rules depend on other keys.
impl FromValue for Value {
    fn from_value(value: &Value) -> Result<Self, Wanted> {
        Ok(value.clone())
    }
}
