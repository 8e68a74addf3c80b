//! Names and values of other programs as fields of the schema.
//!
//! A field is found by what `--map` says, else by its name; at last by its name behind a group, as MLflow and Optuna
//! have it: `params.seed` is `seed`, unless something is nearer. What is found for no field is left out, and reported.
//!
//! Invariant: no part of a key is made up. A record that says nothing of an identifying field, or something that the field
//! cannot hold exactly, is refused, unless `--set` or `--defaults` says what is meant.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use wallow_runtime::RunStatus;
use wallow_runtime::dynamic::import::ImportedRun;
use wallow_runtime::dynamic::{Column, Value};
use wallow_runtime::value::BUILT_INS;
use wallow_schema::{DefaultValue, Field, FieldType, Schema};

use super::alteration::Alteration;
use super::conversion::{Converted, convert, shown};
use super::names::Dictionary;
use super::status::Statuses;
use super::{Cell, Record};
use crate::output::{self, Failure};
use given::Given;

mod given;
mod refusals;

/// What the command line says of names and gaps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Theirs and ours; ours is empty for what is left out.
    pub(crate) map: Vec<(String, String)>,
    /// A field, and its value if a record says nothing of it.
    pub(crate) set: Vec<(String, String)>,
    /// Whether the default is meant if a record says nothing of an identifying field.
    pub(crate) defaults: bool,
    /// Their words for how a run stands, and what they mean.
    pub(crate) status: Vec<(String, RunStatus)>,
}

/// Makes records runs.
pub(crate) struct Mapping {
    columns: Vec<Column>,
    schema: Schema,
    /// What `--set` says of each column.
    set: Given,
    defaults: bool,
    /// What the words of other programs mean, if the schema has the lifecycle.
    statuses: Option<Statuses>,
    pub(super) names: Dictionary,
}

/// A record as values of columns, and what became of them on the way.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Mapped {
    pub(super) values: Vec<(usize, Value)>,
    pub(super) notes: Vec<(usize, Note)>,
}

/// What became of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    Altered(Alteration),
    /// The record says nothing, and the default is meant.
    Default,
    /// An empty cell became an empty text of a key.
    EmptyText,
    /// A run that another program says is running became `pending`: nobody holds a claim on it.
    Unclaimed,
}

/// What a record has for a column.
pub(super) struct Candidate {
    /// Whether it says nothing, and how near its name is: the smallest wins.
    rank: (bool, usize),
    name: Arc<str>,
    pub(super) cell: Cell,
    /// Another one of the same rank.
    pub(super) rival: Option<Arc<str>>,
}

impl Candidate {
    /// A value that goes to a column without any other name in its way.
    pub(super) fn new(name: &str, cell: Cell) -> Self {
        Candidate {
            rank: (cell.is_nothing(), 0),
            name: name.into(),
            cell,
            rival: None,
        }
    }
}

impl Mapping {
    /// A mapping onto the columns of a schema: id, uuid, `created_at`, `updated_at`, and the fields.
    pub(crate) fn new(schema: &Schema, columns: &[Column], names: &Names) -> Result<Self, Failure> {
        let statuses = Statuses::new(schema, columns, &names.status)?;
        let key = schema.identifying.len();
        let set = Given::new(columns, key, statuses.as_ref(), &names.set)?;
        Ok(Mapping {
            names: Dictionary::new(columns, schema.identifying.len(), &names.map)?,
            schema: schema.clone(),
            columns: columns.to_vec(),
            set,
            defaults: names.defaults,
            statuses,
        })
    }

    /// The run that such values are.
    pub(super) fn run(&self, values: Vec<(usize, Value)>) -> ImportedRun {
        let mut run = ImportedRun::default();
        for (place, value) in values {
            match (place, value) {
                (1, Value::Text(uuid)) => run.uuid = Some(uuid),
                (2, Value::Time(time)) => run.created_at = Some(time),
                (3, Value::Time(time)) => run.updated_at = Some(time),
                (..BUILT_INS, _) => {}
                (place, value) => {
                    let fields = match self.field(place) {
                        Some(_) => &mut run.identifying,
                        None => &mut run.annotating,
                    };
                    *fields = mem::take(fields).with(self.column(place), value);
                }
            }
        }
        run
    }

    /// The fields of `--set` that no record needed.
    pub(super) fn not_needed(&self) -> Vec<String> {
        let places = self.set.not_needed();
        places.map(|place| self.column(place).to_owned()).collect()
    }

    /// The words of `--status` that no record had.
    pub(super) fn words_not_met(&self) -> Vec<String> {
        self.statuses
            .as_ref()
            .map(Statuses::not_met)
            .unwrap_or_default()
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The annotating fields that are new in the database with their default, because the run says nothing of them.
    pub(super) fn defaults_of<'a>(
        &'a self,
        run: &'a ImportedRun,
    ) -> impl Iterator<Item = usize> + 'a {
        let fields = self.schema.annotating.iter().enumerate();
        let missing = fields.filter(|(_, field)| {
            field.default.is_some() && run.annotating.get(&field.name).is_none()
        });
        missing.map(|(index, _)| BUILT_INS + self.schema.identifying.len() + index)
    }

    /// The name of a column.
    pub(super) fn column(&self, place: usize) -> &str {
        self.columns.get(place).map_or("", |column| &column.name)
    }

    /// The default of a field, as a text.
    pub(super) fn default_text(&self, place: usize) -> Option<String> {
        let mut fields = self
            .schema
            .identifying
            .iter()
            .chain(&self.schema.annotating);
        let field = fields.nth(place.checked_sub(BUILT_INS)?)?;
        let default = field.default.as_ref()?;
        Some(match default {
            DefaultValue::String(text) => format!("{text:?}"),
            default => shown(&Value::from(default).into()),
        })
    }

    /// The identifying field at a place.
    fn field(&self, place: usize) -> Option<&Field> {
        self.schema.identifying.get(place.checked_sub(BUILT_INS)?)
    }

    /// Looks at the names of a table before any of its rows: which of them are wanted.
    ///
    /// # Errors
    /// A field that two of them mean equally, one of the key that none means, and what `--map` names in vain.
    pub(super) fn header(&mut self, table: &str, names: &[Arc<str>]) -> Result<Vec<bool>, Failure> {
        let mut nearest = BTreeMap::<usize, (usize, &Arc<str>, Option<&Arc<str>>)>::new();
        let mut wanted = Vec::with_capacity(names.len());
        for name in names {
            let meaning = self.names.meaning(name);
            wanted.push(meaning.is_some());
            let Some((place, distance)) = meaning else {
                continue;
            };
            let found = nearest.entry(place).or_insert((distance, name, None));
            if distance < found.0 {
                *found = (distance, name, None);
            } else if distance == found.0 && !std::ptr::eq(found.1, name) {
                found.2 = Some(name);
            }
        }
        let not_met = self.names.not_met();
        if !not_met.is_empty() {
            return Err(self.no_such_columns(&not_met));
        }
        let wrong = |reason: String| {
            Failure::finding(output::visible(&format!(
                "`{table}` is not imported: {reason}"
            )))
        };
        for (name, wanted) in names.iter().zip(&mut wanted).filter(|(_, wanted)| **wanted) {
            let meaning = self.names.meaning(name);
            if let Some((place, distance)) = meaning
                && let Some((_, nearer, _)) = nearest.get(&place).filter(|(n, ..)| *n < distance)
            {
                *wanted = !self.names.forget(name, nearer);
            }
        }
        for (place, (_, name, rival)) in &nearest {
            if let Some(rival) = rival {
                return Err(wrong(self.ambiguous(*place, name, rival, "column")));
            }
        }
        for place in BUILT_INS..BUILT_INS + self.schema.identifying.len() {
            let has_default = self.defaults && self.default_text(place).is_some();
            if !nearest.contains_key(&place) && self.set.get(place).is_none() && !has_default {
                return Err(wrong(self.no_column(place, names)));
            }
        }
        Ok(wanted)
    }

    /// A record as a run; else what is wrong with it.
    pub(super) fn arrival(&mut self, record: Record) -> Result<Mapped, String> {
        let mut nearest = self.columns.iter().map(|_| None).collect::<Vec<_>>();
        let mut beaten = Vec::new();
        for (name, cell) in record.values {
            let Some((place, distance)) = self.names.meaning(&name) else {
                continue;
            };
            let cell = cell.for_type(self.columns[place].ty);
            // Any value is nearer than none.
            let rank = (cell.is_nothing(), distance);
            let slot: &mut Option<Candidate> = &mut nearest[place];
            let loser = match slot {
                Some(before) if before.rank < rank => Some((name, cell)),
                Some(before) if before.rank == rank => {
                    before.rival = Some(name);
                    None
                }
                _ => {
                    let rival = None;
                    let candidate = Candidate {
                        rank,
                        name,
                        cell,
                        rival,
                    };
                    let before = slot.replace(candidate);
                    before.map(|before| (before.name, before.cell))
                }
            };
            beaten.extend(loser.map(|(name, cell)| (place, name, cell)));
        }
        self.note_beaten(&nearest, beaten);
        let mut mapped = Mapped::default();
        if let Some(statuses) = &mut self.statuses {
            let note = statuses.translate(&mut nearest, record.status.as_ref(), &self.names)?;
            mapped.note(statuses.place(), note);
        }
        for (place, candidate) in nearest.into_iter().enumerate().skip(1) {
            if let Some(Candidate {
                name,
                rival: Some(rival),
                ..
            }) = &candidate
            {
                return Err(self.of_field(place, &self.ambiguous(place, name, rival, "member")));
            }
            let cell = candidate.map(|candidate| candidate.cell);
            let filled = self.fill(&mut mapped, place, cell);
            filled.map_err(|reason| self.of_field(place, &reason))?;
        }
        Ok(mapped)
    }

    /// Notes the values that are not taken, because a nearer name has one.
    fn note_beaten(&mut self, nearest: &[Option<Candidate>], beaten: Vec<(usize, Arc<str>, Cell)>) {
        for (place, name, cell) in beaten {
            if cell.is_nothing() {
                continue;
            }
            let Some(taken) = nearest.get(place).and_then(Option::as_ref) else {
                continue;
            };
            let ty = self.columns[place].ty;
            let is_different = convert(ty, cell) != convert(ty, taken.cell.clone());
            self.names
                .ignored
                .value(place, &name, &taken.name, is_different);
        }
    }

    fn of_field(&self, place: usize, reason: &str) -> String {
        format!("field `{}`: {reason}", self.column(place))
    }

    /// Puts a value where it belongs.
    fn fill(
        &mut self,
        mapped: &mut Mapped,
        place: usize,
        cell: Option<Cell>,
    ) -> Result<(), String> {
        let says_nothing = cell.as_ref().is_none_or(Cell::is_nothing);
        let cell = match says_nothing.then(|| self.set.need(place)).flatten() {
            Some(value) => Some(Cell::Value(value)),
            None => cell,
        };
        if let Some(field) = self.field(place) {
            return self.identify(mapped, place, field, cell);
        }
        let Some(cell) = cell else {
            return Ok(());
        };
        let Column { ty, nullable, .. } = &self.columns[place];
        let is_text = matches!(ty, FieldType::String | FieldType::Path);
        let value = match cell {
            // A text that cannot be NULL is an empty one.
            Cell::Empty if is_text && !nullable && place >= BUILT_INS => Value::from("").into(),
            cell => convert(*ty, cell)?,
        };
        let Converted { value, altered } = value;
        if value == Value::Null
            && !nullable
            && let Some(lost) = altered.first()
        {
            return Err(format!("{lost}, and it may not be NULL"));
        }
        mapped.note(place, altered.iter().map(Note::Altered));
        // What may not be NULL takes its default.
        if value != Value::Null || *nullable {
            mapped.values.push((place, value));
        }
        Ok(())
    }

    /// Puts a value into the key.
    fn identify(
        &self,
        mapped: &mut Mapped,
        place: usize,
        field: &Field,
        cell: Option<Cell>,
    ) -> Result<(), String> {
        let value = match cell {
            Some(cell) if !cell.is_nothing() => {
                let original = cell.clone();
                let Converted { value, altered } = convert(field.ty, cell)?;
                if let Some(lost) = altered.first() {
                    return Err(format!("{}: {}", shown(&original), lost.refusal()));
                }
                value
            }
            cell => match (&cell, &field.default) {
                (_, Some(default)) if self.defaults => {
                    mapped.note(place, [Note::Default]);
                    Value::from(default)
                }
                // In CSV an empty text is an empty cell.
                (Some(Cell::Empty), None) if field.ty == FieldType::String => {
                    mapped.note(place, [Note::EmptyText]);
                    Value::from("")
                }
                _ => return Err(self.nothing_said(place, cell.as_ref())),
            },
        };
        mapped.values.push((place, value));
        Ok(())
    }
}

impl Mapped {
    fn note(&mut self, place: usize, notes: impl IntoIterator<Item = Note>) {
        let notes = notes.into_iter().map(|note| (place, note));
        self.notes.extend(notes);
    }
}
