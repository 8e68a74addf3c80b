//! One declared field, its type and its default.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};

/// A field that `wallow.toml` declares; a column of the table `runs`.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name, in the file, in Rust and in the database alike: an identifier of at most 55 bytes.
    pub name: String,
    /// Whether the field is part of the key.
    pub role: Role,
    /// The type of its values.
    pub ty: FieldType,
    /// The value of a run for which none is given. It has the field's type, and is never NaN.
    ///
    /// It is as written in the file: a float is not rounded to the project's precision.
    pub default: Option<DefaultValue>,
    /// What the field means, for people.
    pub doc: Option<String>,
    /// Whether the column has an index of its own.
    pub indexed: bool,
    /// Whether the column may be NULL: `nullable` of an annotating field, `optional` of an identifying one.
    pub nullable: bool,
    /// The texts that a string field may have, in the order of the file; empty if any text is allowed. They are not
    /// stored in a database.
    pub values: Vec<String>,
    /// The line of the file that declares the field, counted from 1.
    pub line: u32,
}

impl Field {
    /// Whether it is an identifying field that a run may lack. Absent is then a value of the key like any other.
    pub const fn is_optional(&self) -> bool {
        matches!(self.role, Role::Identifying) && self.nullable
    }
}

/// The role of a field in a run.
///
/// ```
/// assert_eq!(wallow_schema::Role::Identifying.as_str(), "identifying");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Part of the key: with another value it is another run.
    Identifying,
    /// Recorded about a run: with another value it is the same run.
    Annotating,
}

impl Role {
    /// The name of the table in `wallow.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identifying => "identifying",
            Self::Annotating => "annotating",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The type of a field's values.
///
/// ```
/// use wallow_schema::FieldType;
///
/// assert_eq!("float".parse(), Ok(FieldType::Float));
/// assert_eq!(FieldType::Json.as_str(), "json");
/// assert!("double".parse::<FieldType>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldType {
    /// A signed integer of 64 bits.
    Int,
    /// A float of 64 bits.
    Float,
    /// Text without NUL characters.
    String,
    /// True or false.
    Bool,
    /// Any JSON value.
    Json,
    /// A moment in UTC, to the microsecond.
    Datetime,
    /// A path of the file system.
    Path,
}

impl FieldType {
    /// Every type, in the order in which messages list them.
    pub const ALL: [Self; 7] = [
        Self::Int,
        Self::Float,
        Self::String,
        Self::Bool,
        Self::Json,
        Self::Datetime,
        Self::Path,
    ];

    /// The name of the type in `wallow.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::String => "string",
            Self::Bool => "bool",
            Self::Json => "json",
            Self::Datetime => "datetime",
            Self::Path => "path",
        }
    }

    /// Whether an identifying field may have this type, that is, whether equal values have only one text.
    pub const fn may_identify(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::String | Self::Bool)
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for FieldType {
    type Err = UnknownFieldType;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|ty| ty.as_str() == name)
            .ok_or_else(|| UnknownFieldType(name.to_owned()))
    }
}

/// No [`FieldType`] has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFieldType(String);

impl fmt::Display for UnknownFieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown field type `{}`", self.0.escape_debug())
    }
}

impl std::error::Error for UnknownFieldType {}

/// The default of a field, in the type of the field.
///
/// Its text is the value in TOML (for `json`: in JSON):
///
/// ```
/// use wallow_schema::DefaultValue;
///
/// assert_eq!(DefaultValue::Float(1.0).to_string(), "1.0");
/// assert_eq!(DefaultValue::String("adam".to_owned()).to_string(), "\"adam\"");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// Of an `int` field.
    Int(i64),
    /// Of a `float` field; never NaN.
    Float(f64),
    /// Of a `string` field; without NUL characters.
    String(String),
    /// Of a `bool` field.
    Bool(bool),
    /// Of a `json` field; without NUL characters in any text.
    Json(serde_json::Value),
    /// Of a `datetime` field; whole microseconds in the years 1 to 9999.
    Datetime(DateTime<Utc>),
    /// Of a `path` field; without NUL characters.
    Path(String),
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            // `Debug` writes the shortest text that reads back as the same float, always with a point or an exponent.
            Self::Float(value) => write!(f, "{value:?}"),
            Self::String(value) | Self::Path(value) => {
                write!(f, "{}", toml::Value::String(value.clone()))
            }
            Self::Bool(value) => write!(f, "{value}"),
            Self::Json(value) => write!(f, "{value}"),
            Self::Datetime(value) => {
                f.write_str(&value.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        }
    }
}
