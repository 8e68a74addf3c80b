//! The command of a run: arguments with placeholders.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use wallow_runtime::dynamic::{Row, Value};
use wallow_schema::Schema;

use super::program;
use crate::output::Failure;

/// A command with placeholders, checked against a schema.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    program: PathBuf,
    arguments: Vec<Argument>,
    /// The identifying fields.
    fields: Vec<String>,
}

#[derive(Debug, Clone)]
enum Argument {
    Text(Vec<Part>),
    /// What is not UTF-8, as it is.
    Bytes(OsString),
    /// `{args}` alone: an argument for each identifying field.
    All(Style),
}

/// How `{args}` writes a field.
#[derive(Debug, Clone, Copy)]
enum Style {
    /// `--field value`
    Separate,
    /// `--field=value`
    Joined,
    /// `field=value`
    Hydra,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Field(String),
    Word(Word),
}

/// What is known of a run beside its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Uuid,
    Id,
    Attempt,
    Slot,
    Dir,
    Params,
}

const WORDS: [(&str, Word); 6] = [
    ("uuid", Word::Uuid),
    ("id", Word::Id),
    ("attempt", Word::Attempt),
    ("slot", Word::Slot),
    ("dir", Word::Dir),
    ("params", Word::Params),
];

/// The values of placeholders for one run.
pub(super) struct Run<'a> {
    pub(super) row: &'a Row,
    pub(super) attempt: i64,
    pub(super) slot: usize,
    pub(super) dir: &'a Path,
    pub(super) params: &'a Path,
}

impl Template {
    /// Reads a command.
    ///
    /// # Errors
    /// For an unknown placeholder, a lone brace, and a program that cannot be found, with status 2.
    pub(crate) fn read(schema: &Schema, command: &[OsString]) -> Result<Self, Failure> {
        let fields = schema.identifying.iter().map(|field| field.name.clone());
        let fields = fields.collect::<Vec<_>>();
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| Failure::usage("there is no command; write it behind `--`"))?;
        let arguments = arguments.iter().map(|argument| {
            match argument.to_str() {
                Some(text) => read(text, &fields),
                // The name of a file may have any bytes.
                None if !argument.as_encoded_bytes().iter().any(|byte| matches!(byte, b'{' | b'}')) => {
                    Ok(Argument::Bytes(argument.clone()))
                }
                None => Err(Failure::usage(format!(
                    "the argument `{}` is not UTF-8, so placeholders in it cannot be read; write it without braces",
                    argument.to_string_lossy()
                ))),
            }
        });
        Ok(Template {
            program: program::find(program)?,
            arguments: arguments.collect::<Result<_, _>>()?,
            fields,
        })
    }

    /// The path of the program.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The whole command line, for people.
    pub(super) fn command_line(&self, arguments: &[OsString]) -> Vec<String> {
        let program = std::iter::once(self.program.as_os_str());
        let all = program.chain(arguments.iter().map(OsString::as_os_str));
        all.map(|argument| argument.to_string_lossy().into_owned())
            .collect()
    }

    /// The arguments for a run.
    pub(super) fn arguments(&self, run: &Run<'_>) -> Vec<OsString> {
        let mut arguments = Vec::new();
        for argument in &self.arguments {
            match argument {
                Argument::Text(parts) => {
                    let mut text = OsString::new();
                    for part in parts {
                        text.push(run.value(part));
                    }
                    arguments.push(text);
                }
                Argument::Bytes(bytes) => arguments.push(bytes.clone()),
                Argument::All(style) => {
                    for name in &self.fields {
                        // A field that is absent is left out.
                        let Some(value) = run.row.get(name).and_then(text) else {
                            continue;
                        };
                        match style {
                            Style::Separate => {
                                arguments.extend([format!("--{name}").into(), value.into()]);
                            }
                            Style::Joined => arguments.push(format!("--{name}={value}").into()),
                            Style::Hydra => arguments.push(format!("{name}={value}").into()),
                        }
                    }
                }
            }
        }
        arguments
    }
}

impl Run<'_> {
    fn value(&self, part: &Part) -> OsString {
        let field = |name: &str| self.row.get(name).and_then(text).unwrap_or_default().into();
        match part {
            Part::Text(text) => text.into(),
            Part::Field(name) => field(name),
            Part::Word(Word::Uuid) => self.row.uuid().into(),
            Part::Word(Word::Id) => field("id"),
            Part::Word(Word::Attempt) => self.attempt.to_string().into(),
            Part::Word(Word::Slot) => self.slot.to_string().into(),
            Part::Word(Word::Dir) => self.dir.into(),
            Part::Word(Word::Params) => self.params.into(),
        }
    }
}

/// A value as a program reads it; `None` if it is absent. A float is its shortest decimal, always with a point or an
/// exponent.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Int(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Text(text) => text.clone(),
        Value::Json(json) => json.to_string(),
        Value::Time(time) => time.to_rfc3339(),
    })
}

fn read(text: &str, fields: &[String]) -> Result<Argument, Failure> {
    match text {
        "{args}" => return Ok(Argument::All(Style::Separate)),
        "{args:=}" => return Ok(Argument::All(Style::Joined)),
        "{args:hydra}" => return Ok(Argument::All(Style::Hydra)),
        _ => {}
    }
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        plain.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(brace) {
            plain.push_str(brace);
            rest = behind;
            continue;
        }
        let end = rest.find('}').filter(|_| brace == "{");
        let end = end.ok_or_else(|| {
            Failure::usage(format!(
                "`{text}`: a lone `{brace}`; write `{brace}{brace}` for the character itself"
            ))
        })?;
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(placeholder(text, &rest[..end], fields)?);
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() || parts.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(Argument::Text(parts))
}

fn placeholder(text: &str, name: &str, fields: &[String]) -> Result<Part, Failure> {
    if fields.iter().any(|field| field == name) {
        return Ok(Part::Field(name.to_owned()));
    }
    if let Some((_, word)) = WORDS.iter().find(|(word, _)| *word == name) {
        return Ok(Part::Word(*word));
    }
    if name.starts_with("args:") && !matches!(name, "args:=" | "args:hydra") {
        return Err(Failure::usage(format!(
            "`{text}`: there is no `{{{name}}}`; write `{{args:=}}`, `{{args}}` or `{{args:hydra}}`"
        )));
    }
    if name == "args" || name.starts_with("args:") {
        return Err(Failure::usage(format!(
            "`{text}`: `{{args}}`, `{{args:=}}` and `{{args:hydra}}` are arguments of their own; write them alone"
        )));
    }
    let words = WORDS.iter().map(|(word, _)| *word);
    let known = fields.iter().map(String::as_str).chain(words);
    let help = match wallow_schema::near(name, known.clone()) {
        Some(near) => format!("did you mean `{{{near}}}`?"),
        None => format!(
            "there are {}; `{{{{` and `}}}}` are braces",
            known
                .map(|name| format!("{{{name}}}"))
                .collect::<Vec<_>>()
                .join(" ")
        ),
    };
    Err(Failure::usage(format!(
        "`{text}`: `{{{name}}}` is no placeholder; {help}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn display(text: &str) -> Result<String, String> {
        let fields = ["lr".to_owned(), "seed".to_owned()];
        match read(text, &fields) {
            Ok(Argument::Text(parts)) => Ok(parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Field(name) => format!("<{name}>"),
                    Part::Word(word) => format!("<{word:?}>"),
                })
                .collect()),
            Ok(Argument::Bytes(bytes)) => Ok(format!("{bytes:?}")),
            Ok(Argument::All(style)) => Ok(format!("{style:?}")),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn placeholders_are_read() {
        for (text, expected) in [
            ("train.py", "train.py"),
            ("", ""),
            ("--lr={lr}", "--lr=<lr>"),
            ("{lr}-{seed}", "<lr>-<seed>"),
            ("{dir}/{uuid}.{attempt}", "<Dir>/<Uuid>.<Attempt>"),
            ("{{\"a\": {seed}}}", "{\"a\": <seed>}"),
            ("{args}", "Separate"),
            ("{args:=}", "Joined"),
            ("{args:hydra}", "Hydra"),
        ] {
            assert_eq!(display(text), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        for (text, expected) in [
            ("{sed}", "`{sed}` is no placeholder; did you mean `{seed}`?"),
            ("{x", "a lone `{`; write `{{`"),
            ("x}", "a lone `}`; write `}}`"),
            ("--all={args}", "are arguments of their own"),
            ("{args:x}", "there is no `{args:x}`; write `{args:=}`"),
            (
                "{quux}",
                "there are {lr} {seed} {uuid} {id} {attempt} {slot} {dir} {params}",
            ),
        ] {
            let refusal = display(text).unwrap_err();
            assert!(refusal.contains(expected), "{text}: {refusal}");
        }
    }
}
