//! The database that the environment names: variables first, then `.env` files.
//!
//! A value may refer to other variables as `${NAME}`. If one is not set, the URL would have a hole and name another
//! database, so that is an error.
//!
//! Invariant: what cannot be read in a file is reported with its line, but without its text, which may be a password.

mod references;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use self::references::Reference;
use super::database::Source;
use crate::output::{self, Failure};

/// Variables that may name a database, in order of precedence.
const VARIABLES: [&str; 2] = ["WALLOW_DATABASE_URL", "DATABASE_URL"];

/// A command reads the URL more than once, but reports problems of the files only once.
static REPORTED: Once = Once::new();

/// The URL in the variables, or in the nearest `.env` file beside the schema or above it that has one. A blank value is
/// ignored.
pub(super) fn database(folder: &Path) -> Result<Option<(String, Source)>, Failure> {
    for name in VARIABLES {
        if let Some(value) = variable(name)? {
            return Ok(Some((value, Source::Variable(name))));
        }
    }
    Ok(in_files(folder)?.into_iter().next())
}

/// Every URL there: in each of the variables, and in the `.env` file that would count without them.
pub(super) fn databases(folder: &Path) -> Result<Vec<(String, Source)>, Failure> {
    let mut databases = Vec::new();
    for name in VARIABLES {
        databases.extend(variable(name)?.map(|value| (value, Source::Variable(name))));
    }
    databases.extend(in_files(folder)?);
    Ok(databases)
}

/// The value of a variable, unless it is blank.
fn variable(name: &str) -> Result<Option<String>, Failure> {
    let Some(value) = std::env::var_os(name) else {
        return Ok(None);
    };
    let value = value.into_string().map_err(|_| {
        Failure::finding(format!(
            "the variable `{name}` is not UTF-8; set it anew, or name the database with `--db URL`"
        ))
    })?;
    Ok(Some(value).filter(|value| !value.trim().is_empty()))
}

/// The URLs of the nearest file that has one, in order of precedence.
fn in_files(folder: &Path) -> Result<Vec<(String, Source)>, Failure> {
    let mut warnings = Vec::new();
    let named = in_nearest(folder, &mut warnings);
    REPORTED.call_once(|| warnings.iter().for_each(|warning| output::warning(warning)));
    named
}

fn in_nearest(folder: &Path, warnings: &mut Vec<String>) -> Result<Vec<(String, Source)>, Failure> {
    let Ok(folder) = folder.canonicalize() else {
        return Ok(Vec::new());
    };
    let files = folder.ancestors().map(|folder| folder.join(".env"));
    let named = files.enumerate().find_map(|(above, file)| {
        if let Some(reason) = unreadable(&file) {
            warnings.push(format!("`{}` was not read: {reason}", display(&file)));
        }
        if !file.is_file() {
            return None;
        }
        let mut file = File {
            displayed: display(&file),
            text: match fs::read(&file).map(String::from_utf8) {
                // Editors of other systems write a byte order mark.
                Ok(Ok(text)) => text.trim_start_matches('\u{feff}').to_owned(),
                Ok(Err(_)) => {
                    warnings.push(format!(
                        "`{}` was not read: it is not UTF-8; save it as UTF-8",
                        display(&file)
                    ));
                    return None;
                }
                Err(error) => {
                    warnings.push(format!("`{}` was not read: {error}", display(&file)));
                    return None;
                }
            },
            warnings,
        };
        let urls = match file.databases() {
            Ok(urls) if urls.is_empty() => return None,
            urls => urls,
        };
        let named = |url| (url, Source::DotEnv(above));
        Some(urls.map(|urls| urls.into_iter().map(named).collect()))
    });
    named.unwrap_or_else(|| Ok(Vec::new()))
}

/// Why a `.env` is no file, if it is worth a warning: a folder of this name may be an environment of Python.
fn unreadable(file: &Path) -> Option<&'static str> {
    let kind = file.symlink_metadata().ok()?.file_type();
    match file.metadata() {
        Err(_) if kind.is_symlink() => Some("it is a link that leads nowhere"),
        Ok(target) if !target.is_file() && !target.is_dir() => {
            Some("it is a pipe or a device; name the database with `--db URL`, or use a file")
        }
        _ => None,
    }
}

/// A path as a person would type it: relative if it is below the working directory.
fn display(file: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let here = here.unwrap_or_else(|_| PathBuf::from("/"));
    file.strip_prefix(here)
        .unwrap_or(file)
        .display()
        .to_string()
}

/// A `.env` file.
struct File<'a> {
    displayed: String,
    text: String,
    warnings: &'a mut Vec<String>,
}

impl File<'_> {
    /// The URLs that the file has, in order of precedence.
    fn databases(&mut self) -> Result<Vec<String>, Failure> {
        let (entries, broken) = self.entries();
        let is_of_any = |broken: &Broken| VARIABLES.iter().any(|name| broken.is_of(name));
        let (of_database, others) = broken.into_iter().partition::<Vec<_>, _>(is_of_any);
        let warning = |broken: &Broken| {
            format!(
                "`{}`, line {}: the line was left out, because {}, or write `#` before it",
                self.displayed,
                broken.line,
                broken.reason()
            )
        };
        let warnings = |broken: &[Broken]| broken.iter().map(warning).collect::<Vec<_>>();
        let (mut warnings, if_unused) = (warnings(&others), warnings(&of_database));
        self.warnings.append(&mut warnings);
        let found = VARIABLES.map(|name| {
            let of_name = entries.iter().enumerate();
            let mut of_name = of_name.filter(|(_, entry)| entry.name == name);
            let (place, first) = of_name.next()?;
            let mut of_name = of_name.map(|(_, entry)| entry);
            if let Some(other) = of_name.find(|other| other.value != first.value) {
                self.warnings.push(format!(
                    "`{}`, line {}: `{name}` stands in line {}, too, which is the one that counts; remove one",
                    self.displayed, other.line, first.line
                ));
            }
            Some((place, first))
        });
        let mut urls = Vec::new();
        for (name, found) in VARIABLES.into_iter().zip(found) {
            // A line that cannot be read may name another database than what is read after it.
            let mut broken = of_database.iter().filter(|broken| broken.is_of(name));
            let before = |broken: &&Broken| found.is_none_or(|(_, entry)| broken.line < entry.line);
            if urls.is_empty()
                && let Some(broken) = broken.find(before)
            {
                return Err(broken.failure(&self.displayed, name));
            }
            let Some((place, entry)) = found else {
                continue;
            };
            // Only the first one may be meant, so only a mistake in it is one.
            if urls.is_empty() {
                self.check(entry, &entries[..place])?;
            }
            if !entry.value.trim().is_empty() {
                urls.push(entry.value.clone());
            }
        }
        self.warnings.extend(if_unused);
        Ok(urls)
    }

    /// An error if the value of an entry refers to a variable that is not set, here or in the lines before.
    fn check(&self, entry: &Entry, before: &[Entry]) -> Result<(), Failure> {
        let refers = !references::of_entry(&entry.text).is_empty();
        let reason = match fault(entry, before, false) {
            Some((other, reason)) if other.line == entry.line => reason,
            Some((other, reason)) => format!(
                "it refers to `{}`, and in line {} {reason}",
                other.name, other.line
            ),
            None if refers && entry.value.trim().is_empty() => {
                "the value is empty, because the variables that it refers to are; set them, or name the database with \
                 `--db URL`"
                    .to_owned()
            }
            None => return Ok(()),
        };
        Err(Failure::finding(format!(
            "`{}`, line {}: `{}` names no database: {reason}",
            self.displayed, entry.line, entry.name
        )))
    }

    /// The variables of the file, and the lines that cannot be read.
    fn entries(&mut self) -> (Vec<Entry>, Vec<Broken>) {
        let lines = self.text.split_inclusive('\n').collect::<Vec<_>>();
        let mut entries: Vec<Entry> = Vec::new();
        let mut broken = Vec::new();
        // The variables read so far, because later lines may refer to them.
        let mut before = String::new();
        let mut at = 0;
        while at < lines.len() {
            // A value in quotes may continue on the following lines.
            let has_quote = lines[at].contains(['"', '\'']);
            let last = if has_quote { lines.len() } else { at + 1 };
            let mut read = (at + 1..=last).map(|end| (end, lines[at..end].concat()));
            let read = read.find_map(|(end, text)| {
                let found = variables(&format!("{before}{text}"))?;
                Some((end, text, found))
            });
            if let Some((end, text, found)) = read {
                let new = found.into_iter().skip(entries.len());
                let new = new.map(|(name, value)| Entry {
                    line: at + 1,
                    name,
                    value,
                    text: text.clone(),
                });
                entries.extend(new);
                before.push_str(&text);
                at = end;
            } else {
                broken.push(Broken {
                    line: at + 1,
                    text: lines[at].to_owned(),
                });
                at += 1;
            }
        }
        (entries, broken)
    }
}

/// A line that cannot be read.
struct Broken {
    line: usize,
    text: String,
}

impl Broken {
    /// What follows the name of this variable in the line, if the line begins with it.
    fn behind(&self, name: &str) -> Option<&str> {
        let text = self.text.trim_start();
        let text = text.strip_prefix("export ").unwrap_or(text).trim_start();
        text.strip_prefix(name).map(str::trim_start)
    }

    /// Whether the line was to set this variable.
    fn is_of(&self, name: &str) -> bool {
        let behind = self.behind(name);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(['=', ':', '"', '\'']))
    }

    /// Why it cannot be read, and what to do.
    fn reason(&self) -> &'static str {
        if self.text.contains(['"', '\'']) {
            "a quote is not closed, or something stands behind it; close it"
        } else if self.text.contains('=') {
            "it is not `NAME=VALUE`, or its value has a blank or a `\\`; put the value in single quotes"
        } else {
            "it is not `NAME=VALUE`; correct it"
        }
    }

    /// The error of a line that was to name the database. Its text is not shown.
    fn failure(&self, file: &str, name: &str) -> Failure {
        Failure::finding(format!(
            "`{file}`, line {}: `{name}` cannot be read, because {}, or name the database with `--db URL`",
            self.line,
            self.reason()
        ))
    }
}

/// A variable of a file.
struct Entry {
    line: usize,
    name: String,
    value: String,
    /// The lines as they stand in the file.
    text: String,
}

impl Entry {
    /// The fault of the `$` at this offset of the text, without what stands behind it.
    fn hidden(&self, at: usize) -> String {
        let before = &self.text[..at];
        let line = self.line + before.matches('\n').count();
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let place = if line == self.line {
            format!("column {column}")
        } else {
            format!("line {line}, column {column}")
        };
        format!(
            "the `$` in {place} begins the name of a variable that is not set, or in a form that is not known here; write \
             `\\$` if it is a dollar sign of a password, set the variable and write `${{NAME}}`, or name the database \
             with `--db URL`"
        )
    }
}

/// The fault of a reference in an entry, or in an entry that it refers to, and the entry that has it. Within a secret, what
/// stands behind a `$` may be a part of it, and is not shown.
fn fault<'e>(
    entry: &'e Entry,
    before: &'e [Entry],
    within_secret: bool,
) -> Option<(&'e Entry, String)> {
    let is_in_process = |name: &str| std::env::var_os(name).is_some();
    let place = |name: &str| before.iter().rposition(|other| other.name == name);
    let mut references = references::of_entry(&entry.text).into_iter();
    references.find_map(|located| {
        let is_set = |name: &str| is_in_process(name) || place(name).is_some();
        let is_secret = within_secret || located.may_be_secret;
        if let Some(reason) = located.reference.fault(is_set) {
            return Some((
                entry,
                if is_secret {
                    entry.hidden(located.at)
                } else {
                    reason
                },
            ));
        }
        let Reference::Variable(name) = located.reference else {
            return None;
        };
        let place = place(&name).filter(|_| !is_in_process(&name))?;
        let is_secret = within_secret || located.is_in_secret;
        fault(&before[place], &before[..place], is_secret)
    })
}

/// The variables in a text; `None` if it cannot be read to its end.
fn variables(text: &str) -> Option<Vec<(String, String)>> {
    let lines = dotenvy::from_read_iter(text.as_bytes());
    lines.collect::<Result<Vec<_>, _>>().ok()
}
