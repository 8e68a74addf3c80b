//! One cell of an Arrow column.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use chrono::DateTime;
use serde_json::{Map, Value as Json};
use wallow_runtime::dynamic::Value;

use super::super::Cell;
use super::super::alteration::{Alteration, Alterations};
use super::super::conversion::json_value;
use super::super::decimal::Decimal;
use super::super::json;

/// Seconds in a day.
const DAY: i64 = 86_400;

/// From these integers on, floats of 16 and 32 bits do not represent every integer exactly.
const EXACT_16: f64 = 2048.0;
const EXACT_32: f64 = 16_777_216.0;

/// The value at `row`; otherwise what is wrong. A time without a zone is taken as UTC.
pub(super) fn cell(array: &dyn Array, row: usize) -> Cell {
    value(array, row).unwrap_or_else(Cell::Unsupported)
}

fn value(array: &dyn Array, row: usize) -> Result<Cell, String> {
    if array.is_null(row) {
        return Ok(Cell::Value(Value::Null));
    }
    Ok(match array.data_type() {
        DataType::Null => Cell::Value(Value::Null),
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int8 => i64::from(array.as_primitive::<Int8Type>().value(row)).into(),
        DataType::Int16 => i64::from(array.as_primitive::<Int16Type>().value(row)).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt8 => i64::from(array.as_primitive::<UInt8Type>().value(row)).into(),
        DataType::UInt16 => i64::from(array.as_primitive::<UInt16Type>().value(row)).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into(),
        DataType::UInt64 => Cell::Number(array.as_primitive::<UInt64Type>().value(row).to_string()),
        DataType::Float16 => {
            let value = array.as_primitive::<Float16Type>().value(row);
            narrow(&shortest(value), EXACT_16)
        }
        DataType::Float32 => narrow(&array.as_primitive::<Float32Type>().value(row), EXACT_32),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::Decimal32(_, _) => {
            Cell::Number(array.as_primitive::<Decimal32Type>().value_as_string(row))
        }
        DataType::Decimal64(_, _) => {
            Cell::Number(array.as_primitive::<Decimal64Type>().value_as_string(row))
        }
        DataType::Decimal128(_, _) => {
            Cell::Number(array.as_primitive::<Decimal128Type>().value_as_string(row))
        }
        DataType::Decimal256(_, _) => {
            Cell::Number(array.as_primitive::<Decimal256Type>().value_as_string(row))
        }
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).into(),
        DataType::Utf8View => array.as_string_view().value(row).into(),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            time(i64::from(days) * DAY, 0)?
        }
        DataType::Date64 => {
            let millis = array.as_primitive::<Date64Type>().value(row);
            parts(millis, 1000)?
        }
        DataType::Timestamp(unit, _) => timestamp(array, row, *unit)?,
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            value(dictionary.values(), index(dictionary.keys(), row)?)?
        }
        DataType::List(_) => list(&array.as_list::<i32>().value(row))?,
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row))?,
        DataType::FixedSizeList(_, _) => list(&array.as_fixed_size_list().value(row))?,
        DataType::Struct(_) => object(array, row)?,
        other => return Err(format!("it is of type {other}, which no field holds")),
    })
}

/// The number that a person meant with a short float: `0.1`, not `0.10000000149011612`.
fn narrow(value: &impl ToString, exact: f64) -> Cell {
    let text = value.to_string();
    match text.parse() {
        Ok(value) => Cell::Narrow { value, exact },
        Err(_) => Cell::Number(text),
    }
}

type Float16 = <Float16Type as ArrowPrimitiveType>::Native;

/// The shortest decimal that means this float among those of 16 bits. Its own text is the shortest among those of 32 bits,
/// which has more digits.
fn shortest(value: Float16) -> String {
    /// No float of 16 bits needs more digits.
    const DIGITS: usize = 5;
    let is_same = |text: &String| {
        let number = text.parse::<f64>();
        number.is_ok_and(|number| Float16::from_f64(number) == value)
    };
    let mut texts = (0..DIGITS).map(|digits| format!("{:.digits$e}", value.to_f64()));
    texts.find(is_same).unwrap_or_else(|| value.to_string())
}

/// The position in the dictionary of a row's value.
fn index(keys: &dyn Array, row: usize) -> Result<usize, String> {
    let key = match value(keys, row)? {
        Cell::Value(Value::Int(key)) => usize::try_from(key).ok(),
        Cell::Number(key) => key.parse().ok(),
        _ => None,
    };
    key.ok_or_else(|| "it is none of the values of its dictionary".into())
}

fn timestamp(array: &dyn Array, row: usize, unit: TimeUnit) -> Result<Cell, String> {
    let (count, of_a_second) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().value(row), 1),
        TimeUnit::Millisecond => (
            array.as_primitive::<TimestampMillisecondType>().value(row),
            1000,
        ),
        TimeUnit::Microsecond => (
            array.as_primitive::<TimestampMicrosecondType>().value(row),
            1_000_000,
        ),
        TimeUnit::Nanosecond => (
            array.as_primitive::<TimestampNanosecondType>().value(row),
            1_000_000_000,
        ),
    };
    parts(count, of_a_second)
}

/// The time that is this number of fractions of a second after 1970.
fn parts(count: i64, of_a_second: i64) -> Result<Cell, String> {
    let nanos = count.rem_euclid(of_a_second) * (1_000_000_000 / of_a_second);
    time(count.div_euclid(of_a_second), nanos)
}

/// The time that is this many seconds and nanoseconds after 1970.
pub(super) fn time(seconds: i64, nanos: i64) -> Result<Cell, String> {
    let nanos = u32::try_from(nanos).ok();
    let time = nanos.and_then(|nanos| DateTime::from_timestamp(seconds, nanos));
    time.map(|time| Cell::Value(time.into()))
        .ok_or_else(|| "it is a time outside the years 1 to 9999".into())
}

fn list(items: &ArrayRef) -> Result<Cell, String> {
    let mut altered = Alterations::default();
    let items = (0..items.len()).map(|index| nested(items, index, &mut altered));
    let items = items.collect::<Result<Json, _>>()?;
    Ok(Cell::Altered(Value::Json(items), altered))
}

fn object(array: &dyn Array, row: usize) -> Result<Cell, String> {
    let array = array.as_struct();
    let mut altered = Alterations::default();
    let mut object = Map::new();
    for (name, column) in array.column_names().into_iter().zip(array.columns()) {
        let member = nested(column, row, &mut altered)?;
        if object.insert(name.to_owned(), member).is_some() {
            return Err(format!("the member {name:?} stands twice in it"));
        }
    }
    Ok(Cell::Altered(Value::Json(object.into()), altered))
}

/// A value within JSON.
fn nested(array: &dyn Array, row: usize, altered: &mut Alterations) -> Result<Json, String> {
    Ok(match value(array, row)? {
        Cell::Number(text) => {
            let decimal = Decimal::parse(&text);
            if decimal
                .is_some_and(|decimal| decimal.int().is_none() && decimal.exact_float().is_none())
                && text.parse::<u64>().is_err()
            {
                altered.add(Alteration::Rounded);
            }
            json::number(&text, altered)
        }
        Cell::Narrow { value, .. } => json_value(value.into(), altered),
        Cell::Altered(value, lost) => {
            altered.extend(lost);
            json_value(value, altered)
        }
        Cell::Value(value) => json_value(value, altered),
        Cell::Padded { text, .. } => text.into(),
        Cell::Empty | Cell::EmptyText => Json::Null,
        Cell::Unsupported(reason) => return Err(reason),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_of_16_bits_is_its_shortest_decimal() {
        for (value, text) in [
            (0.1, "1e-1"),
            (1.0, "1e0"),
            (0.001, "1e-3"),
            (2049.0, "2.048e3"),
            (65504.0, "6.55e4"),
            (-0.3, "-3e-1"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(shortest(Float16::from_f64(value)), text);
        }
        for bits in 0..u16::MAX {
            let value = Float16::from_bits(bits);
            let read = shortest(value).parse::<f64>().unwrap();
            assert!(
                value.is_nan() || Float16::from_f64(read) == value,
                "{value}"
            );
        }
    }
}
