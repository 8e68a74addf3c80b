//! Results that a program reports in text: values of annotating fields.
//!
//! They are read as those of an import, but nothing is altered: a value that a field cannot hold exactly is a fault, and
//! the caller says so at once.

use wallow_runtime::dynamic::{Column, Value};
use wallow_schema::{FieldType, LIFECYCLE, Schema};

use super::alteration::{Alteration, Alterations};
use super::conversion::{convert, display_cell, quoted};
use super::json::Node;
use super::{Cell, jsonl};

/// Values that fit, by the names of their fields, and what does not fit.
#[derive(Debug, Default)]
pub(crate) struct ResultValues {
    pub(crate) values: Vec<(String, Value)>,
    pub(crate) faults: Vec<String>,
    /// Members that are no field a program may write.
    pub(crate) strangers: Vec<String>,
    /// What was altered in values that fit nevertheless, such as digits that no float has.
    pub(crate) alterations: Vec<String>,
    /// The status that a person gives the run.
    pub(crate) status: Option<String>,
    writer: Writer,
}

/// Who writes the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Writer {
    /// The program that executes the run: its claim writes the status.
    #[default]
    Worker,
    /// A person, who may set the status, too.
    Person,
}

/// The field that says what becomes of a run.
const STATUS: &str = "status";

/// A line of results.
#[derive(Debug)]
pub(crate) enum ResultLine {
    /// Values of fields.
    Values(ResultValues),
    /// A point of a curve, with what was altered in it.
    Point(serde_json::Value, Vec<String>),
}

impl ResultLine {
    /// Reads a line: an object with the member `step` is a point of a curve, unless the schema has a field of that name.
    ///
    /// # Errors
    /// If it is no JSON object.
    pub(crate) fn read(schema: &Schema, text: &[u8]) -> Result<Self, String> {
        let members = jsonl::members(text)?;
        let is_point = members.iter().any(|(name, _)| &**name == "step")
            && !schema.fields().any(|field| field.name == "step");
        if !is_point {
            let mut read = ResultValues::default();
            for (name, cell) in members {
                read.add(schema, &name, cell);
            }
            return Ok(ResultLine::Values(read));
        }
        let mut altered = Vec::new();
        let mut point = serde_json::Map::new();
        for (name, cell) in members {
            let converted = convert(FieldType::Json, cell)?;
            let notes = converted.altered.iter();
            altered.extend(notes.map(|note| format!("`{name}`: {note}")));
            let json = match converted.value {
                Value::Json(json) => json,
                _ => serde_json::Value::Null,
            };
            point.insert(name.to_string(), json);
        }
        Ok(ResultLine::Point(point.into(), altered))
    }
}

impl ResultValues {
    /// Reads a JSON object whose members are fields.
    ///
    /// # Errors
    /// If it is no JSON object.
    pub(crate) fn of_json(schema: &Schema, text: &[u8], writer: Writer) -> Result<Self, String> {
        let mut read = ResultValues {
            writer,
            ..ResultValues::default()
        };
        for (name, cell) in jsonl::members(text)? {
            read.add(schema, &name, cell);
        }
        Ok(read)
    }

    /// Reads pairs of a field and a text.
    pub(crate) fn of_texts(schema: &Schema, pairs: &[(String, String)], writer: Writer) -> Self {
        let mut read = ResultValues {
            writer,
            ..ResultValues::default()
        };
        for (name, text) in pairs {
            let ty = field(schema, name).map(|column| column.ty);
            let cell = match ty {
                Ok(FieldType::Json) => json_cell(text),
                // An empty text clears a field that is no text.
                Ok(ty) if text.is_empty() && ty != FieldType::String => Cell::Empty,
                _ => text.as_str().into(),
            };
            read.add(schema, name, cell);
        }
        read
    }

    fn add(&mut self, schema: &Schema, name: &str, cell: Cell) {
        let is_status = self.writer == Writer::Person && name == STATUS && schema.has_lifecycle();
        let mut known = self.values.iter();
        if known.any(|(known, _)| known == name) || is_status && self.status.is_some() {
            self.faults
                .push(format!("`{name}` has two values; give it one"));
            return;
        }
        if is_status {
            self.take_status(cell);
            return;
        }
        let column = match field(schema, name) {
            Ok(column) => column,
            Err(reason) => {
                self.strangers.push(format!("`{name}`: {reason}"));
                return;
            }
        };
        match value(&column, cell) {
            Ok((value, altered)) => {
                self.values.push((name.to_string(), value));
                let altered = altered.iter();
                let altered = altered.map(|altered| format!("`{name}`: {altered}"));
                self.alterations.extend(altered);
            }
            Err(reason) => self.faults.push(format!("`{name}`: {reason}")),
        }
    }

    fn take_status(&mut self, cell: Cell) {
        let cell = cell.for_type(FieldType::String);
        match convert(FieldType::String, cell).map(|converted| converted.value) {
            Ok(Value::Text(word)) => self.status = Some(word),
            Ok(_) => self.faults.push(format!(
                "`{STATUS}`: a run has one; write pending, completed or failed"
            )),
            Err(reason) => self.faults.push(format!("`{STATUS}`: {reason}")),
        }
    }
}

/// The column of an annotating field that a program may write.
fn field(schema: &Schema, name: &str) -> Result<Column, String> {
    if schema.has_lifecycle() && LIFECYCLE.iter().any(|(owned, _)| *owned == name) {
        return Err("wallow writes this field itself; leave it out".to_owned());
    }
    if let Some(field) = schema.annotating.iter().find(|field| field.name == name) {
        return Ok(field.into());
    }
    if schema.identifying.iter().any(|field| field.name == name) {
        return Err("it defines the run, and cannot be a result".to_owned());
    }
    let known = schema.annotating.iter().map(|field| field.name.as_str());
    let known = known.filter(|name| !LIFECYCLE.iter().any(|(owned, _)| owned == name));
    Err(match wallow_schema::near(name, known.clone()) {
        Some(near) => format!("no field has this name; did you mean `{near}`?"),
        None => format!(
            "no field has this name; the schema has: {}",
            known.collect::<Vec<_>>().join(", ")
        ),
    })
}

/// The value, and what was altered in it.
fn value(column: &Column, cell: Cell) -> Result<(Value, Alterations), String> {
    let cell = cell.for_type(column.ty);
    let original = cell.clone();
    let converted = convert(column.ty, cell)?;
    let altered = converted.altered;
    let fault = match (&converted.value, altered.first()) {
        (Value::Null, Some(Alteration::Nan)) => {
            Some("NaN cannot be stored; write a number, or null if there is none".to_owned())
        }
        (Value::Null, Some(lost)) => {
            Some(format!("{}: {}", display_cell(&original), lost.advice()))
        }
        (Value::Null, None) if !column.nullable => {
            Some("it may not be empty: the field is not nullable".to_owned())
        }
        (Value::Text(text), _) => column.refusal(text),
        _ => None,
    };
    match fault {
        Some(fault) => Err(fault),
        None => Ok((converted.value, altered)),
    }
}

/// The JSON in a text, read as in a file; text that is no JSON is refused by its conversion.
fn json_cell(text: &str) -> Cell {
    match Node::parse(text) {
        Ok(node) => {
            let (json, altered) = node.json();
            Cell::Altered(Value::Json(json), altered)
        }
        Err(reason) => Cell::Unsupported(format!("{} is no JSON: {reason}", quoted(text))),
    }
}
