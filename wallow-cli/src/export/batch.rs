//! Collects rows into Arrow columns.
//!
//! What enters: rows. What leaves: record batches of bounded size. int is `int64`, float `float64` with every bit,
//! bool `bool`; string, path and json are `utf8`; a datetime is `timestamp[us, UTC]`; NULL is null.

use std::io;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use wallow_runtime::dynamic::{Row, Value};
use wallow_runtime::value::Column;
use wallow_schema::FieldType;

/// A batch has at most this many rows …
const ROWS: usize = 4096;

/// … and is complete when its texts have this many bytes.
const BYTES: usize = 8 << 20;

/// Rows that are being collected into columns.
pub(super) struct Batch {
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
    bytes: usize,
}

/// A column that is being built.
enum Builder {
    Int(Int64Builder),
    Float(Float64Builder),
    Bool(BooleanBuilder),
    Text(StringBuilder),
    Time(TimestampMicrosecondBuilder),
}

impl Batch {
    pub(super) fn new(columns: &[Column]) -> Self {
        let fields = columns
            .iter()
            .map(|column| Field::new(&column.name, data_type(column.ty), column.nullable));
        Batch {
            schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())),
            builders: columns
                .iter()
                .map(|column| Builder::of(column.ty))
                .collect(),
            rows: 0,
            bytes: 0,
        }
    }

    /// The columns as Arrow has them.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Adds a row; returns the batch if it is full now.
    pub(super) fn row(&mut self, row: &Row) -> io::Result<Option<RecordBatch>> {
        for (builder, (name, value)) in self.builders.iter_mut().zip(row.iter()) {
            let bytes = builder.append(value).ok_or_else(|| {
                let message = format!("column `{name}` holds a value of another type");
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?;
            self.bytes += bytes;
        }
        self.rows += 1;
        if self.rows < ROWS && self.bytes < BYTES {
            return Ok(None);
        }
        self.take()
    }

    /// The rows since the last batch, if there are any.
    pub(super) fn take(&mut self) -> io::Result<Option<RecordBatch>> {
        if self.rows == 0 {
            return Ok(None);
        }
        (self.rows, self.bytes) = (0, 0);
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        batch.map(Some).map_err(plain)
    }
}

impl Builder {
    fn of(ty: FieldType) -> Self {
        match ty {
            FieldType::Int => Builder::Int(Int64Builder::new()),
            FieldType::Float => Builder::Float(Float64Builder::new()),
            FieldType::Bool => Builder::Bool(BooleanBuilder::new()),
            FieldType::String | FieldType::Path | FieldType::Json => {
                Builder::Text(StringBuilder::new())
            }
            FieldType::Datetime => Builder::Time(
                TimestampMicrosecondBuilder::new().with_data_type(data_type(FieldType::Datetime)),
            ),
        }
    }

    /// Appends a value and returns the size of its text in bytes. `None` if it has another type.
    fn append(&mut self, value: &Value) -> Option<usize> {
        match (self, value) {
            (Builder::Int(builder), Value::Null) => builder.append_null(),
            (Builder::Int(builder), Value::Int(value)) => builder.append_value(*value),
            (Builder::Float(builder), Value::Null) => builder.append_null(),
            (Builder::Float(builder), Value::Float(value)) => builder.append_value(*value),
            (Builder::Bool(builder), Value::Null) => builder.append_null(),
            (Builder::Bool(builder), Value::Bool(value)) => builder.append_value(*value),
            (Builder::Time(builder), Value::Null) => builder.append_null(),
            (Builder::Time(builder), Value::Time(value)) => {
                builder.append_value(value.timestamp_micros());
            }
            (Builder::Text(builder), Value::Null) => builder.append_null(),
            (Builder::Text(builder), Value::Text(text)) => {
                builder.append_value(text);
                return Some(text.len());
            }
            (Builder::Text(builder), Value::Json(value)) => {
                let text = value.to_string();
                builder.append_value(&text);
                return Some(text.len());
            }
            _ => return None,
        }
        Some(0)
    }

    fn finish(&mut self) -> ArrayRef {
        let builder: &mut dyn ArrayBuilder = match self {
            Builder::Int(builder) => builder,
            Builder::Float(builder) => builder,
            Builder::Bool(builder) => builder,
            Builder::Text(builder) => builder,
            Builder::Time(builder) => builder,
        };
        builder.finish()
    }
}

/// The Arrow type of a column.
fn data_type(ty: FieldType) -> DataType {
    match ty {
        FieldType::Int => DataType::Int64,
        FieldType::Float => DataType::Float64,
        FieldType::Bool => DataType::Boolean,
        FieldType::String | FieldType::Path | FieldType::Json => DataType::Utf8,
        FieldType::Datetime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The original error behind an error of writing.
pub(super) fn plain(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}
