//! Which Rust types are accepted for which type of column, checked by the compiler.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, TimeZone, Utc};
use wallow_schema::FieldType;

use crate::sql::Bind;
use crate::value::{AnyInt, ClosedSet, IntoFloat, IntoInt, IntoUtc, RunStatus};

mod sealed {
    pub trait Sealed {}

    /// A value on its way to a bind, or an integer that no field holds.
    #[derive(Debug)]
    pub struct Literal(pub(crate) Result<crate::sql::Bind<'static>, i128>);

    impl From<crate::sql::Bind<'static>> for Literal {
        fn from(bind: crate::sql::Bind<'static>) -> Self {
            Literal(Ok(bind))
        }
    }
}

pub(crate) use sealed::Literal;

/// The type of a column's values.
pub trait Kind: sealed::Sealed {
    /// As wallow.toml spells it.
    #[doc(hidden)]
    const TYPE: FieldType;
    /// Whether its values are a closed set.
    #[doc(hidden)]
    const IS_CLOSED: bool = false;
}

macro_rules! kinds {
    ($($ty:ty => $kind:ident),+ $(,)?) => {$(
        impl sealed::Sealed for $ty {}

        impl Kind for $ty {
            const TYPE: FieldType = FieldType::$kind;
        }
    )+};
}

kinds! {
    i64 => Int,
    f64 => Float,
    bool => Bool,
    String => String,
    serde_json::Value => Json,
    DateTime<Utc> => Datetime,
    PathBuf => Path,
}

impl<T: ClosedSet> sealed::Sealed for T {}

impl<T: ClosedSet> Kind for T {
    const TYPE: FieldType = FieldType::String;
    const IS_CLOSED: bool = true;
}

/// A value that a field of type `T` can be compared with.
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` cannot be compared with `{Self}`",
    label = "not a value of this field's type",
    note = "int fields compare with integers, float fields with numbers, string and path fields with text, fields of a closed set with their enum, \
            datetime fields with times; of a json field compare a part: `.json_path(\"a.b\")`"
)]
pub trait IntoLiteral<T> {
    /// The value, for binding.
    #[doc(hidden)]
    fn into_literal(self) -> Literal;
}

impl From<AnyInt> for Literal {
    fn from(value: AnyInt) -> Self {
        Literal(value.fitting().map(|value| Bind::Int(Some(value))))
    }
}

macro_rules! literals {
    ($ty:ty: $($from:ty),+ => |$value:ident| $literal:expr) => {$(
        // A list of these would hide the note.
        #[diagnostic::do_not_recommend]
        impl IntoLiteral<$ty> for $from {
            fn into_literal(self) -> Literal {
                let $value = self;
                $literal.into()
            }
        }

        // What a borrowed list has.
        #[diagnostic::do_not_recommend]
        impl IntoLiteral<$ty> for &$from {
            fn into_literal(self) -> Literal {
                IntoLiteral::<$ty>::into_literal(*self)
            }
        }
    )+};
}

literals!(i64: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize => |value| value.into_int());
literals!(f64: f32, f64, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
    => |value| Bind::Float(Some(value.into_float())));
literals!(bool: bool => |value| Bind::Bool(Some(value)));

macro_rules! texts {
    ($ty:ty: $($from:ty = |$value:ident| $text:expr),+ $(,)?) => {$(
        // A list of these would hide the note.
        #[diagnostic::do_not_recommend]
        impl IntoLiteral<$ty> for $from {
            fn into_literal(self) -> Literal {
                let $value = self;
                Bind::Text(Some($text.into())).into()
            }
        }
    )+};
}

texts! {
    String:
    String = |text| text,
    &String = |text| text.clone(),
    &str = |text| text.to_owned(),
    &&str = |text| (*text).to_owned(),
    RunStatus = |status| status.as_str(),
    &RunStatus = |status| status.as_str(),
}

texts! {
    PathBuf:
    String = |text| text,
    &str = |text| text.to_owned(),
    PathBuf = |path| path.to_string_lossy().into_owned(),
    &PathBuf = |path| path.to_string_lossy().into_owned(),
    &Path = |path| path.to_string_lossy().into_owned(),
    &&str = |text| (*text).to_owned(),
}

#[diagnostic::do_not_recommend]
impl<Tz: TimeZone> IntoLiteral<DateTime<Utc>> for DateTime<Tz> {
    fn into_literal(self) -> Literal {
        Bind::Time(Some(self.into_utc())).into()
    }
}

#[diagnostic::do_not_recommend]
impl<Tz: TimeZone> IntoLiteral<DateTime<Utc>> for &DateTime<Tz> {
    fn into_literal(self) -> Literal {
        Bind::Time(Some(self.clone().into_utc())).into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ClosedSet> IntoLiteral<T> for T {
    fn into_literal(self) -> Literal {
        Bind::Text(Some(self.text().into())).into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: ClosedSet> IntoLiteral<T> for &T {
    fn into_literal(self) -> Literal {
        (*self).into_literal()
    }
}

#[diagnostic::do_not_recommend]
impl IntoLiteral<DateTime<Utc>> for SystemTime {
    fn into_literal(self) -> Literal {
        Bind::Time(Some(self.into_utc())).into()
    }
}

/// A type whose values have an order: all but json.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` has no order",
    label = "cannot be ordered by this field",
    note = "order by an int, float, string, bool, datetime or path field; \
            what is inside a json field can be written to a field of its own"
)]
pub trait Sortable: Kind {}

impl Sortable for i64 {}
impl Sortable for f64 {}
impl Sortable for bool {}
impl Sortable for String {}
impl Sortable for DateTime<Utc> {}
impl Sortable for PathBuf {}
impl<T: ClosedSet> Sortable for T {}

/// A type whose values are text: string and path.
#[diagnostic::on_unimplemented(
    message = "text operators need a string or path field, and this one is of type `{Self}`",
    label = "not a text field",
    note = "`contains`, `starts_with` and `ends_with` are for string and path fields"
)]
pub trait Textual: Kind {}

impl Textual for String {}
impl Textual for PathBuf {}

/// A type whose values are numbers: int and float.
#[diagnostic::on_unimplemented(
    message = "only numbers have a mean, a spread or a sum, and this field is of type `{Self}`",
    label = "not a numeric field",
    note = "aggregate an int or float field"
)]
pub trait Numeric: Kind {}

impl Numeric for i64 {}
impl Numeric for f64 {}
