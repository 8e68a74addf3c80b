//! One cell of an Arrow column as a value.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use chrono::DateTime;
use serde_json::{Map, Value as Json};
use wallow_runtime::dynamic::Value;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The value at `row`; else what is wrong. A time without a zone is UTC.
pub(super) fn value(array: &dyn Array, row: usize) -> Result<Value, String> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Int8 => i64::from(array.as_primitive::<Int8Type>().value(row)).into(),
        DataType::Int16 => i64::from(array.as_primitive::<Int16Type>().value(row)).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::UInt8 => i64::from(array.as_primitive::<UInt8Type>().value(row)).into(),
        DataType::UInt16 => i64::from(array.as_primitive::<UInt16Type>().value(row)).into(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).into(),
        DataType::UInt64 => {
            let value = array.as_primitive::<UInt64Type>().value(row);
            i64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from)
        }
        DataType::Float16 => short(&array.as_primitive::<Float16Type>().value(row)),
        DataType::Float32 => short(&array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::Decimal128(_, _) => array
            .as_primitive::<Decimal128Type>()
            .value_as_string(row)
            .into(),
        DataType::Utf8 => array.as_string::<i32>().value(row).into(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).into(),
        DataType::Utf8View => array.as_string_view().value(row).into(),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            time(i64::from(days).checked_mul(DAY))?
        }
        DataType::Date64 => {
            let millis = array.as_primitive::<Date64Type>().value(row);
            time(millis.checked_mul(1000))?
        }
        DataType::Timestamp(unit, _) => time(micros(array, row, *unit))?,
        DataType::List(_) => list(&array.as_list::<i32>().value(row))?,
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row))?,
        DataType::FixedSizeList(_, _) => list(&array.as_fixed_size_list().value(row))?,
        DataType::Struct(_) => object(array, row)?,
        other => return Err(format!("it is of type {other}, which no field holds")),
    })
}

/// The float that a person meant by a short one: `0.1`, not `0.10000000149011612`.
fn short(value: &impl ToString) -> Value {
    let text = value.to_string();
    text.parse::<f64>()
        .map_or_else(|_| text.into(), Value::from)
}

fn micros(array: &dyn Array, row: usize, unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Second => {
            let seconds = array.as_primitive::<TimestampSecondType>().value(row);
            seconds.checked_mul(1_000_000)
        }
        TimeUnit::Millisecond => {
            let millis = array.as_primitive::<TimestampMillisecondType>().value(row);
            millis.checked_mul(1000)
        }
        TimeUnit::Microsecond => Some(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        TimeUnit::Nanosecond => {
            let nanos = array.as_primitive::<TimestampNanosecondType>().value(row);
            Some(nanos.div_euclid(1000))
        }
    }
}

fn time(micros: Option<i64>) -> Result<Value, String> {
    let time = micros.and_then(DateTime::from_timestamp_micros);
    time.map(Value::from)
        .ok_or_else(|| "it is a time outside the years 1 to 9999".into())
}

fn list(items: &ArrayRef) -> Result<Value, String> {
    let items = (0..items.len()).map(|index| value(items, index).map(json));
    Ok(Value::Json(items.collect::<Result<_, _>>()?))
}

fn object(array: &dyn Array, row: usize) -> Result<Value, String> {
    let array = array.as_struct();
    let members = array.column_names().into_iter().zip(array.columns());
    let members = members.map(|(name, column)| {
        let member = value(column, row)?;
        Ok((name.to_owned(), json(member)))
    });
    let members = members.collect::<Result<Map<_, _>, String>>()?;
    Ok(Value::Json(Json::Object(members)))
}

/// A value within JSON; what JSON has no number for is `null`.
fn json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Bool(value) => value.into(),
        Value::Text(text) => text.into(),
        Value::Json(value) => value,
        Value::Time(time) => time.to_rfc3339().into(),
    }
}
