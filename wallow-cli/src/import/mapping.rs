//! Maps names and values of other programs to fields of the schema.
//!
//! A field is found by `--map`, otherwise by its name, and last by its name after a group, which MLflow and Optuna use:
//! `params.seed` is `seed`, unless another name is nearer. The members of an object count as names behind a group, too.
//! Names that mean no field are left out and reported.
//!
//! Invariant: no value of a key is invented. If a record has no value for an identifying field, or one that the field
//! cannot hold exactly, the record is refused, unless `--set` or `--defaults` gives the value. Only an optional field is
//! absent then.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use wallow_runtime::RunStatus;
use wallow_runtime::dynamic::import::ImportedRun;
use wallow_runtime::dynamic::{Column, Value};
use wallow_runtime::value::BUILT_INS;
use wallow_schema::{DefaultValue, Field, FieldType, Schema};

use super::conversion::{Converted, convert, display_cell};
use super::names::Dictionary;
use super::status::Statuses;
use super::{Cell, Record};
use crate::output::Failure;
pub(super) use mapped::{Mapped, Note};
use set_values::SetValues;

mod mapped;
mod nearest;
mod refusals;
mod set_values;

/// What the command line says about names and missing values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Their name and our name; ours is empty if the value is left out.
    pub(crate) map: Vec<(String, String)>,
    /// A field, and its value for records that have none.
    pub(crate) set: Vec<(String, String)>,
    /// Whether identifying fields without a value take their default.
    pub(crate) defaults: bool,
    /// Their words for a status, and the status that each means.
    pub(crate) status: Vec<(String, RunStatus)>,
    /// The places of the columns that are read, if the records are rows of a grid. Then the way out is not an option of
    /// `wallow import`, but a list.
    pub(crate) grid: Option<Vec<usize>>,
}

/// Turns records into runs.
pub(crate) struct Mapping {
    columns: Vec<Column>,
    schema: Schema,
    /// The value of `--set` for each column.
    set: SetValues,
    defaults: bool,
    pub(super) of_grid: bool,
    /// Whether values over several lines are reported: in CSV a quote may have swallowed other records.
    pub(super) reports_lines: bool,
    /// What a name of a record is called in errors.
    noun: &'static str,
    /// The meanings of status words, if the schema has the lifecycle.
    statuses: Option<Statuses>,
    pub(super) names: Dictionary,
    /// Members of objects in the last record that are named like a column and are not read.
    not_read: BTreeMap<usize, Arc<str>>,
}

/// The value that a record has for a column.
pub(super) struct Candidate {
    /// Whether it has no value, and the distance of its name; the smallest rank wins.
    rank: (bool, usize),
    name: Arc<str>,
    pub(super) cell: Cell,
    /// The name of another value with the same rank.
    pub(super) rival: Option<Arc<str>>,
}

impl Candidate {
    /// A value for a column with no competing name.
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
        let set = SetValues::new(columns, key, statuses.as_ref(), &names.set)?;
        Ok(Mapping {
            names: Dictionary::new(columns, key, &names.map, names.grid.as_deref())?,
            schema: schema.clone(),
            columns: columns.to_vec(),
            set,
            defaults: names.defaults,
            reports_lines: false,
            noun: "member",
            of_grid: names.grid.is_some(),
            statuses,
            not_read: BTreeMap::new(),
        })
    }

    /// The run with these values.
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

    /// The number of columns.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// The annotating fields that take their default in the database, because the run has no value for them.
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

    /// Whether it is the place of an annotating field.
    pub(super) fn is_annotating(&self, place: usize) -> bool {
        place >= BUILT_INS + self.schema.identifying.len()
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
            default => display_cell(&Value::from(default).into()),
        })
    }

    /// The identifying field at a place.
    fn field(&self, place: usize) -> Option<&Field> {
        self.schema.identifying.get(place.checked_sub(BUILT_INS)?)
    }

    /// Whether it is the place of an optional identifying field.
    fn is_optional(&self, place: usize) -> bool {
        self.field(place).is_some_and(Field::is_optional)
    }

    /// Checks the names of a table before any row is read, and returns which columns are wanted.
    ///
    /// # Errors
    /// If two names are equally near to a field, no name means a field of the key, or a name in `--map` does not occur.
    pub(super) fn header(&mut self, table: &str, names: &[Arc<str>]) -> Result<Vec<bool>, Failure> {
        self.noun = "column";
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
        let wrong = |reason: String| self.refusal(table, &reason);
        for (place, (_, name, rival)) in &nearest {
            if let Some(rival) = rival {
                return Err(wrong(self.ambiguous(*place, name, rival)));
            }
        }
        let key = BUILT_INS..BUILT_INS + self.schema.identifying.len();
        for place in key.filter(|place| self.names.reads(*place)) {
            let may_be_left_out = self.default_text(place).is_some() || self.is_optional(place);
            let has_default = self.defaults && may_be_left_out;
            if !nearest.contains_key(&place) && self.set.get(place).is_none() && !has_default {
                return Err(wrong(self.no_column(place, names)));
            }
        }
        Ok(wanted)
    }

    /// Turns a record into a run; otherwise returns what is wrong with it.
    pub(super) fn map(&mut self, record: Record) -> Result<Mapped, String> {
        let mut nearest = self.nearest(record.values, record.within);
        let mut mapped = Mapped::default();
        if let Some(statuses) = &mut self.statuses {
            let note = statuses.translate(&mut nearest, record.status.as_ref(), &self.names)?;
            mapped.note(statuses.place(), note);
        }
        for (place, candidate) in nearest.into_iter().enumerate().skip(1) {
            if !self.names.reads(place) {
                continue;
            }
            if let Some(Candidate {
                name,
                rival: Some(rival),
                ..
            }) = &candidate
            {
                return Err(self.of_field(place, &self.ambiguous(place, name, rival)));
            }
            let cell = candidate.map(|candidate| candidate.cell);
            let filled = self.fill(&mut mapped, place, cell);
            filled.map_err(|reason| self.of_field(place, &reason))?;
        }
        Ok(mapped)
    }

    fn of_field(&self, place: usize, reason: &str) -> String {
        format!("field `{}`: {reason}", self.column(place))
    }

    /// Converts a value and adds it to the record.
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
        let cell = match cell {
            Some(Cell::Padded { text, trimmed }) => {
                let note = if trimmed { Note::Trimmed } else { Note::Padded };
                mapped.note(place, [note]);
                Some(text.into())
            }
            cell => cell,
        };
        if self.reports_lines && cell.as_ref().is_some_and(Cell::has_lines) {
            mapped.note(place, [Note::SeveralLines]);
        }
        if let Some(field) = self.field(place) {
            return self.identify(mapped, place, field, cell);
        }
        let Some(cell) = cell else {
            return Ok(());
        };
        let Column { ty, nullable, .. } = &self.columns[place];
        let is_text = matches!(ty, FieldType::String | FieldType::Path);
        let value = match cell {
            // A text field that cannot be NULL takes an empty text.
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
        // A NULL in a field that cannot be NULL is left out, so that the field takes its default.
        if value != Value::Null || *nullable {
            mapped.values.push((place, value));
        }
        Ok(())
    }

    /// Converts a value and adds it to the key.
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
                    return Err(format!("{}: {}", display_cell(&original), lost.refusal()));
                }
                value
            }
            cell => match (&cell, &field.default) {
                (_, Some(default)) if self.defaults => {
                    mapped.note(place, [Note::Default]);
                    Value::from(default)
                }
                _ if field.is_optional() => {
                    mapped.note(place, [Note::Absent]);
                    Value::Null
                }
                // CSV cannot distinguish an empty text from a missing value.
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
