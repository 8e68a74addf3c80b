//! Names and values of other programs as fields of the schema.
//!
//! A field is found by what `--map` says, else by its name; at last by its name behind a group, as MLflow and Optuna
//! have it: `params.seed` is `seed`, unless something is nearer. What is found for no field is left out, and told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use wallow_runtime::dynamic::import::Arrival;
use wallow_runtime::dynamic::{Column, Fields, Value};
use wallow_runtime::plan::BUILT_INS;
use wallow_schema::{FieldType, Schema};

use super::conversion::convert;
use super::{Cell, Record};
use crate::output::Failure;

/// What a table of runs has that no other database needs.
const IGNORED: [&str; 2] = ["id", "_wallow_attempt"];

/// Groups that stand before a name, the nearest first: for identifying fields, and for annotating ones. A loss
/// function is a parameter, a loss a metric, and both are called `loss`.
const IDENTIFYING: [&str; 4] = ["params.", "attrs.", "tags.", "metrics."];
const ANNOTATING: [&str; 4] = ["metrics.", "params.", "attrs.", "tags."];

/// What the command line says of names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// Theirs and ours; ours is empty for what is left out.
    pub(crate) map: Vec<(String, String)>,
    /// A field, and its value where a record says nothing of it.
    pub(crate) set: Vec<(String, String)>,
}

/// Makes records runs.
pub(crate) struct Mapping {
    columns: Vec<Column>,
    key: usize,
    /// What `--map` says: the column, or none where a value is left out.
    map: BTreeMap<String, Option<usize>>,
    set: Vec<(usize, Value)>,
    /// What was found out about a name: its column, and how near it is (0 the nearest).
    known: HashMap<Arc<str>, Option<(usize, usize)>>,
    /// Names of `--map` that a record had, and names that are of no column.
    met: BTreeSet<String>,
    pub(super) left_out: BTreeSet<String>,
    /// How many values of a field lost a NaN.
    pub(super) lost_nan: BTreeMap<String, u64>,
}

impl Mapping {
    /// A mapping onto the columns of a schema: id, uuid, `created_at`, `updated_at`, and the fields.
    pub(crate) fn new(schema: &Schema, columns: &[Column], names: &Names) -> Result<Self, Failure> {
        let place = |name: &str| {
            let place = columns.iter().position(|column| column.name == name);
            place.filter(|&place| place > 0).ok_or_else(|| {
                let known = columns[1..].iter().map(|column| column.name.as_str());
                let known = known.collect::<Vec<_>>().join(", ");
                Failure::usage(format!(
                    "there is no field `{name}`; the schema has: {known}"
                ))
            })
        };
        let map = names.map.iter().map(|(theirs, ours)| {
            let ours = (!ours.is_empty()).then(|| place(ours)).transpose()?;
            Ok((theirs.clone(), ours))
        });
        let set = names.set.iter().map(|(ours, text)| {
            let place = place(ours)?;
            let value = convert(columns[place].ty, text.as_str().into());
            let value =
                value.map_err(|reason| Failure::usage(format!("`--set {ours}`: {reason}")))?;
            Ok((place, value.value))
        });
        Ok(Mapping {
            map: map.collect::<Result<_, Failure>>()?,
            set: set.collect::<Result<_, Failure>>()?,
            columns: columns.to_vec(),
            key: schema.identifying.len(),
            known: HashMap::new(),
            met: BTreeSet::new(),
            left_out: BTreeSet::new(),
            lost_nan: BTreeMap::new(),
        })
    }

    /// Whether `--map` asks for this name.
    pub(super) fn asks(&self, theirs: &str) -> bool {
        self.map.get(theirs).is_some_and(Option::is_some)
    }

    /// The names of `--map` that no record had.
    pub(super) fn not_met(&self) -> Vec<String> {
        let names = self.map.keys().filter(|name| !self.met.contains(*name));
        names.cloned().collect()
    }

    /// A record as a run; else what is wrong with it.
    pub(super) fn arrival(&mut self, record: Record) -> Result<Arrival, String> {
        let mut nearest = vec![None; self.columns.len()];
        for (theirs, cell) in record.values {
            let Some((place, distance)) = self.column(&theirs) else {
                continue;
            };
            let slot: &mut Option<(bool, usize, Cell)> = &mut nearest[place];
            // Any value is nearer than none.
            let is_empty = matches!(cell, Cell::Empty | Cell::Value(Value::Null));
            if slot
                .as_ref()
                .is_none_or(|(empty, before, _)| (is_empty, distance) < (*empty, *before))
            {
                *slot = Some((is_empty, distance, cell));
            }
        }
        for (place, value) in &self.set {
            if nearest[*place].as_ref().is_none_or(|(empty, ..)| *empty) {
                nearest[*place] = Some((false, 0, Cell::Value(value.clone())));
            }
        }
        let mut arrival = Arrival::default();
        for (place, slot) in nearest.into_iter().enumerate() {
            if let Some((_, _, cell)) = slot {
                self.fill(&mut arrival, place, cell)?;
            }
        }
        Ok(arrival)
    }

    /// The column that a name means, and how near it is.
    fn column(&mut self, theirs: &Arc<str>) -> Option<(usize, usize)> {
        if let Some(known) = self.known.get(theirs) {
            return *known;
        }
        let found = match self.map.get(&**theirs) {
            Some(place) => {
                self.met.insert(theirs.to_string());
                place.map(|place| (place, 0))
            }
            None => {
                let found = self.by_name(theirs);
                if found.is_none() && !IGNORED.contains(&&**theirs) {
                    self.left_out.insert(theirs.to_string());
                }
                found
            }
        };
        self.known.insert(Arc::clone(theirs), found);
        found
    }

    fn by_name(&self, theirs: &str) -> Option<(usize, usize)> {
        let fields = self.columns.iter().enumerate().skip(1);
        let mut found = None;
        for (place, column) in fields {
            if column.name == theirs {
                return Some((place, 1));
            }
            let groups = if place < BUILT_INS + self.key {
                IDENTIFYING
            } else {
                ANNOTATING
            };
            let group = groups
                .iter()
                .position(|group| theirs.strip_prefix(group) == Some(&column.name));
            if let Some(group) = group.filter(|_| place >= BUILT_INS) {
                found = Some((place, group + 2));
            }
        }
        found
    }

    /// Puts a value where it belongs.
    fn fill(&mut self, arrival: &mut Arrival, place: usize, cell: Cell) -> Result<(), String> {
        let Column { name, ty, nullable } = &self.columns[place];
        let wrong = |reason: String| format!("field `{name}`: {reason}");
        let is_text = matches!(ty, FieldType::String | FieldType::Path);
        let value = match cell {
            Cell::Foreign(reason) => return Err(wrong(reason)),
            Cell::Value(value) => convert(*ty, value).map_err(wrong)?,
            // A text that cannot be NULL is an empty one.
            Cell::Empty if is_text && !nullable && place >= BUILT_INS => Value::from("").into(),
            Cell::Empty => Value::Null.into(),
        };
        if value.lost_nan {
            if !nullable {
                return Err(wrong("NaN cannot be stored, and it may not be NULL".into()));
            }
            *self.lost_nan.entry(name.clone()).or_default() += 1;
        }
        match (place, value.value) {
            (1, Value::Text(uuid)) => arrival.uuid = Some(uuid),
            (2, value) => arrival.created_at = time(&value),
            (3, value) => arrival.updated_at = time(&value),
            // What may not be NULL takes its default.
            (_, Value::Null) if !nullable => {}
            (place, value) => {
                let fields = if place < BUILT_INS + self.key {
                    &mut arrival.identifying
                } else {
                    &mut arrival.annotating
                };
                *fields = std::mem::take::<Fields>(fields).with(name.as_str(), value);
            }
        }
        Ok(())
    }
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Time(time) => Some(*time),
        _ => None,
    }
}
