//! Translates the status words of other programs into wallow's four.
//!
//! This happens only if the schema has the lifecycle: there `status` decides what workers do, so an unknown word is
//! refused instead of kept. In any other schema `status` is an ordinary text. The words of trackers are known
//! ([`Stand`]); in files, wallow's own words are accepted in any case, and the words given with `--status`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use wallow_runtime::RunStatus;
use wallow_runtime::dynamic::{Column, Value};
use wallow_schema::Schema;

use super::Cell;
use super::conversion::quoted;
use super::mapping::{Candidate, Note};
use super::names::Dictionary;
use crate::output::Failure;

/// The name of the field, in wallow and in trackers.
const STATUS: &str = "status";

/// A status in a tracker.
#[derive(Debug)]
pub(super) struct Stand {
    word: String,
    meaning: Option<Meaning>,
}

/// The meaning of a word.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// One of the four words.
    Is(RunStatus),
    /// Ended from outside, without an error: the run is failed, and the word is kept as the reason.
    CutShort,
    /// Running when the database was read. No worker of wallow holds a claim on the run, so it becomes pending.
    Running,
}

impl Meaning {
    /// The status that a run gets here.
    fn status(self) -> RunStatus {
        match self {
            Meaning::Is(status) => status,
            Meaning::CutShort => RunStatus::Failed,
            Meaning::Running => RunStatus::Pending,
        }
    }
}

impl Stand {
    pub(super) fn new(word: &str, meaning: Option<Meaning>) -> Self {
        let word = word.to_owned();
        Stand { word, meaning }
    }

    /// The status that the word means.
    pub(super) fn status(&self) -> Option<RunStatus> {
        Some(self.meaning?.status())
    }
}

/// The meanings of words in the field `status`.
pub(super) struct Statuses {
    place: usize,
    excerpt: usize,
    /// The words given with `--status`, by the word in lower case; each with the word as it was typed.
    given: BTreeMap<String, (String, RunStatus)>,
    /// Words of `--status` that a record had, in lower case.
    met: BTreeSet<String>,
}

impl Statuses {
    /// For these columns; `None` if the schema does not have the lifecycle.
    pub(super) fn new(
        schema: &Schema,
        columns: &[Column],
        given: &[(String, RunStatus)],
    ) -> Result<Option<Self>, Failure> {
        let find = |name| columns.iter().position(|column| column.name == name);
        let places = find(STATUS).zip(find("error_excerpt"));
        let Some((place, excerpt)) = places.filter(|_| schema.has_lifecycle()) else {
            return match given.first() {
                None => Ok(None),
                Some((word, status)) => Err(Failure::usage(format!(
                    "`--status {word}={status}`: the schema does not have the lifecycle, so its words stay as they are"
                ))),
            };
        };
        let mut meanings = BTreeMap::new();
        for (word, status) in given {
            let before = meanings.insert(fold(word), (word.clone(), *status));
            if before.is_some_and(|(_, before)| before != *status) {
                return Err(Failure::usage(format!(
                    "`--status` says two things of the word `{word}`; leave one of them out"
                )));
            }
        }
        Ok(Some(Statuses {
            place,
            excerpt,
            given: meanings,
            met: BTreeSet::new(),
        }))
    }

    /// The words of `--status` that no record had.
    pub(super) fn not_met(&self) -> Vec<String> {
        let given = self.given.iter();
        let words = given.filter(|(folded, _)| !self.met.contains(*folded));
        words.map(|(_, (word, _))| word.clone()).collect()
    }

    /// The place of the column `status`.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// Checks a value of `--set` for a column.
    pub(super) fn set(&self, place: usize, value: Value) -> Result<Value, String> {
        match &value {
            Value::Text(word) if place == self.place => match self.meaning(word, None)? {
                Meaning::Is(status) => Ok(status.as_str().into()),
                Meaning::Running => Ok(RunStatus::Running.as_str().into()),
                Meaning::CutShort => Ok(value),
            },
            _ => Ok(value),
        }
    }

    /// Translates the word of a record into one of the four. A word that says why a run ended goes into the excerpt, if
    /// the record has no excerpt of its own.
    pub(super) fn translate(
        &mut self,
        nearest: &mut [Option<Candidate>],
        stand: Option<&Stand>,
        names: &Dictionary,
    ) -> Result<Option<Note>, String> {
        let slot = &mut nearest[self.place];
        if let (None, Some(stand)) = (&slot, stand)
            && names.asks(STATUS)
        {
            // If `--map` moves their word to another field, its meaning is known nevertheless.
            *slot = Some(Candidate::new(STATUS, stand.word.as_str().into()));
        }
        let Some(candidate) = slot.as_mut().filter(|candidate| candidate.rival.is_none()) else {
            return Ok(None);
        };
        let Some(word) = word(&candidate.cell) else {
            return Ok(None);
        };
        if word.trim().is_empty() {
            candidate.cell = Value::Null.into();
            return Ok(None);
        }
        let folded = fold(&word);
        if self.given.contains_key(&folded) {
            self.met.insert(folded);
        }
        let meaning = self.meaning(&word, stand);
        let meaning = meaning.map_err(|reason| format!("field `{STATUS}`: {reason}"))?;
        let note = matches!(meaning, Meaning::Running).then_some(Note::Unclaimed);
        candidate.cell = meaning.status().as_str().into();
        let excerpt = &mut nearest[self.excerpt];
        let is_free = excerpt
            .as_ref()
            .is_none_or(|excerpt| excerpt.cell.is_nothing());
        if is_free && matches!(meaning, Meaning::CutShort) {
            *excerpt = Some(Candidate::new("error_excerpt", word.into()));
        }
        Ok(note)
    }

    fn meaning(&self, word: &str, stand: Option<&Stand>) -> Result<Meaning, String> {
        let folded = fold(word);
        if let Some((_, status)) = self.given.get(&folded) {
            return Ok(Meaning::Is(*status));
        }
        let theirs = stand.filter(|stand| stand.word == word);
        if let Some(meaning) = theirs.and_then(|stand| stand.meaning) {
            return Ok(meaning);
        }
        if let Some(status) = RunStatus::of(&folded) {
            return Ok(match status {
                RunStatus::Running => Meaning::Running,
                _ => Meaning::Is(status),
            });
        }
        let option = format!("{}=completed", word.trim());
        let option = if option.contains(char::is_whitespace) {
            format!("\"{option}\"")
        } else {
            option
        };
        Err(format!(
            "{} is none of pending, running, completed and failed; `--status {option}` says which of them it means",
            quoted(word)
        ))
    }
}

/// The word in a value; a value that is not text is refused as in any other field.
fn word(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Value(Value::Text(word) | Value::Json(Json::String(word)))
        | Cell::Altered(Value::Text(word) | Value::Json(Json::String(word)), _)
        | Cell::Number(word)
        | Cell::Padded { text: word, .. } => Some(word.clone()),
        Cell::Value(Value::Int(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// A word in a form without differences that do not matter.
fn fold(word: &str) -> String {
    word.trim().to_lowercase()
}
