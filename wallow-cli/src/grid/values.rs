//! The values of one list, as a person types them: `1e-4,3e-4`, `0..10`, `lin:0..1/11`, `"a, b",c`.

use wallow_runtime::dynamic::{Column, Value};
use wallow_schema::{Field, FieldType};

use super::range::{self, Range};
use crate::field_value;

/// Values in order. Ranges are kept as ranges.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Values {
    /// Each with the number of values before it.
    parts: Vec<(u64, Part)>,
    len: u64,
    ty: FieldType,
    precision: u32,
    /// Whether no value is in the list twice.
    is_distinct: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    One(Value),
    Range(Range),
}

impl Values {
    /// Reads the values of a field, or returns every fault. A list that is walked beside others `may_repeat` a value.
    pub(super) fn read(
        field: &Field,
        text: &str,
        precision: u32,
        may_repeat: bool,
    ) -> Result<Self, Vec<String>> {
        let mut values = Values {
            parts: Vec::new(),
            len: 0,
            ty: field.ty,
            precision,
            is_distinct: true,
        };
        let items = split(text).map_err(|reason| vec![reason])?;
        let several = items.len() > 1;
        let mut faults = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let read = read(field, item, precision, several);
            let added = read.and_then(|part| values.push(field, part, may_repeat));
            if let Err(reason) = added {
                let place = format!("value {}: ", index + 1);
                faults.push(format!("{}{reason}", if several { &place } else { "" }));
            }
        }
        if faults.is_empty() {
            Ok(values)
        } else {
            Err(faults)
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The value at a position.
    pub(super) fn get(&self, at: u64) -> Option<Value> {
        let part = self.parts.partition_point(|(before, _)| *before <= at);
        let (before, part) = self.parts.get(part.checked_sub(1)?)?;
        match part {
            Part::One(value) => Some(value.clone()),
            Part::Range(range) => range.get(at - before, self.ty, self.precision),
        }
    }

    /// A value that is in both parts. A range has no value twice.
    fn common(&self, one: &Part, other: &Part) -> Option<Value> {
        let has = |range: &Range, value: &Value| range.has(value, self.ty, self.precision);
        match (one, other) {
            (Part::One(one), Part::One(other)) => (one == other).then(|| one.clone()),
            (Part::One(value), Part::Range(range)) | (Part::Range(range), Part::One(value)) => {
                has(range, value).then(|| value.clone())
            }
            (Part::Range(one), Part::Range(other)) => {
                let (short, long) = if one.len() < other.len() {
                    (one, other)
                } else {
                    (other, one)
                };
                let values = (0..short.len().min(range::MOST_CHECKED))
                    .filter_map(|at| short.get(at, self.ty, self.precision));
                values.into_iter().find(|value| has(long, value))
            }
        }
    }

    /// Whether no value is in the list twice.
    pub(super) fn is_distinct(&self) -> bool {
        self.is_distinct
    }

    fn push(&mut self, field: &Field, part: Part, may_repeat: bool) -> Result<(), String> {
        let mut others = self.parts.iter();
        let repeated = others.find_map(|(_, other)| self.common(other, &part));
        self.is_distinct &= repeated.is_none();
        if let Some(value) = repeated.filter(|_| !may_repeat) {
            return Err(format!(
                "{} is twice in the list of `{}`; leave one out",
                display(&value),
                field.name
            ));
        }
        let len = match &part {
            Part::One(_) => 1,
            Part::Range(range) => range.len(),
        };
        let total = self.len.checked_add(len);
        let before = std::mem::replace(
            &mut self.len,
            total.ok_or_else(|| "the list has too many values".to_owned())?,
        );
        self.parts.push((before, part));
        Ok(())
    }
}

fn display(value: &Value) -> String {
    match value {
        Value::Int(value) => format!("`{value}`"),
        Value::Float(value) => format!("`{value:?}`"),
        Value::Bool(value) => format!("`{value}`"),
        Value::Text(text) => format!("`{text}`"),
        _ => "absent".to_owned(),
    }
}

/// An item of a list.
enum Item {
    /// Text as it was typed, without blanks around it.
    Plain(String),
    /// The text of a JSON string, which is never a range.
    Quoted(String),
}

fn read(field: &Field, item: &Item, precision: u32, several: bool) -> Result<Part, String> {
    let text = match item {
        // Absent is a value of the key.
        Item::Plain(text) if text.is_empty() && field.is_optional() => {
            return Ok(Part::One(Value::Null));
        }
        // In quotes it is an empty text.
        Item::Quoted(text) if text.is_empty() && field.is_optional() => {
            return match Column::from(field).refusal(text) {
                Some(refusal) => Err(format!("`{}`: {refusal}", field.name)),
                None => Ok(Part::One(Value::Text(String::new()))),
            };
        }
        Item::Plain(text) if text.is_empty() => {
            let text = match field.ty {
                FieldType::String => "write `\"\"` for an empty text, or ",
                _ => "",
            };
            let rest = if several {
                "leave the comma out"
            } else {
                "write at least one value"
            };
            return Err(format!("it is empty; {text}{rest}"));
        }
        Item::Plain(text) | Item::Quoted(text) => text,
    };
    let is_number = matches!(field.ty, FieldType::Int | FieldType::Float);
    if is_number && matches!(item, Item::Plain(_)) && range::is_range(text) {
        let range =
            Range::read(field, text, precision).map_err(|reason| format!("`{text}`: {reason}"))?;
        return Ok(Part::Range(range));
    }
    field_value::read(field, text, precision).map(Part::One)
}

/// Splits a list at its commas. An item that begins with a quote is a JSON string, which may contain commas.
fn split(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start();
        let (item, behind) = if trimmed.starts_with('"') {
            let mut strings = serde_json::Deserializer::from_str(trimmed).into_iter::<String>();
            let Some(Ok(string)) = strings.next() else {
                return Err(format!(
                    "{trimmed}: a value that begins with a quote is a JSON string, and this one is not closed or not \
                     valid; write `\"a, b\"`"
                ));
            };
            let behind = trimmed[strings.byte_offset()..].trim_start();
            if !behind.is_empty() && !behind.starts_with(',') {
                return Err(format!(
                    "`{behind}` stands behind a JSON string; separate values by commas"
                ));
            }
            (Item::Quoted(string), behind)
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (Item::Plain(rest[..end].trim().to_owned()), &rest[end..])
        };
        items.push(item);
        match behind.strip_prefix(',') {
            Some(behind) => rest = behind,
            None => return Ok(items),
        }
    }
}
