//! Parts of JSON columns.

use std::marker::PhantomData;

use super::columns::Nullability;
use super::literal::Kind;
use super::node::{Comparison, JsonSteps, Operand, Step};
use super::text::quoted_key;
use super::{Expr, Node};
use crate::fields::Field;
use crate::sql::Bind;

/// A type whose values have parts: json.
#[diagnostic::on_unimplemented(
    message = "`json_path` needs a json field, and this one is of type `{Self}`",
    label = "not a json field",
    note = "compare this field directly: `.eq(…)`, `.gt(…)`"
)]
pub trait JsonField: Kind {}

impl JsonField for serde_json::Value {}

/// A part of a JSON column of `R`, such as `a.b[0].c`: compared with numbers, text and booleans.
///
/// If the part is missing, or of another kind than the value it is compared with, the comparison is neither true nor
/// false.
#[derive(Debug, Clone)]
pub struct JsonPath<R> {
    operand: Result<Operand, String>,
    marker: PhantomData<fn() -> R>,
}

impl<R, T: Kind, N: Nullability> Field<R, T, N> {
    /// The part at `path`: text such as `a.b[0].c`, or a list of keys. In a text, a key with dots or brackets in it is
    /// written in quotes, as in an expression: `a."b.c"[0]`.
    ///
    /// # Ask for a part of a curve
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
    /// use registry::{Annotating, fields};
    /// use wallow::{OnDuplicate, serde_json::json};
    ///
    /// let curve = json!([{ "epoch": 1, "val_loss": 0.5 }, { "epoch": 2, "val_loss": 0.3 }]);
    /// store.register(&key, &Annotating::new().curve(curve), OnDuplicate::Error)?;
    /// let second_epoch = fields::curve.json_path("[1].val_loss");
    /// assert_eq!(store.filter(second_epoch.lt(0.4)).count()?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn json_path(self, path: impl IntoJsonPath) -> JsonPath<R>
    where
        T: JsonField,
    {
        let column = self.column();
        let operand = match path.steps().0 {
            Ok(steps) => Ok(Operand::Json {
                column,
                path: JsonSteps::new(steps),
            }),
            Err(reason) => Err(format!("`{}`: {reason}", column.name)),
        };
        JsonPath {
            operand,
            marker: PhantomData,
        }
    }
}

impl<R> JsonPath<R> {
    fn node(&self, make: impl FnOnce(Operand) -> Node) -> Expr<R> {
        Expr::new(self.operand.clone().map_or_else(Node::Invalid, make))
    }

    fn compare(&self, comparison: Comparison, value: impl IntoJsonScalar) -> Expr<R> {
        self.node(|operand| Node::compare(operand, comparison, value.scalar().0))
    }

    /// Equal.
    pub fn eq(&self, value: impl IntoJsonScalar) -> Expr<R> {
        self.compare(Comparison::Eq, value)
    }

    /// Not equal, and of the same kind.
    pub fn ne(&self, value: impl IntoJsonScalar) -> Expr<R> {
        self.compare(Comparison::Ne, value)
    }

    /// Less than.
    pub fn lt(&self, value: impl IntoJsonScalar) -> Expr<R> {
        self.compare(Comparison::Lt, value)
    }

    /// Less than or equal.
    pub fn le(&self, value: impl IntoJsonScalar) -> Expr<R> {
        self.compare(Comparison::Le, value)
    }

    /// Greater than.
    pub fn gt(&self, value: impl IntoJsonScalar) -> Expr<R> {
        self.compare(Comparison::Gt, value)
    }

    /// Greater than or equal.
    pub fn ge(&self, value: impl IntoJsonScalar) -> Expr<R> {
        self.compare(Comparison::Ge, value)
    }

    /// From `low` to `high`, both included and both of one kind.
    pub fn between<V: IntoJsonScalar>(&self, low: V, high: V) -> Expr<R> {
        self.node(|operand| Node::between(operand, low.scalar().0, high.scalar().0))
    }

    /// Equal to one of `values`; never true for an empty list.
    pub fn is_in<V: IntoJsonScalar>(&self, values: impl IntoIterator<Item = V>) -> Expr<R> {
        let values = values.into_iter().map(|value| value.scalar().0);
        self.node(|operand| Node::is_in(operand, values, false))
    }

    /// Equal to none of `values`; always true for an empty list.
    pub fn not_in<V: IntoJsonScalar>(&self, values: impl IntoIterator<Item = V>) -> Expr<R> {
        let values = values.into_iter().map(|value| value.scalar().0);
        self.node(|operand| Node::is_in(operand, values, true))
    }

    /// Missing, or JSON `null`.
    pub fn is_null(&self) -> Expr<R> {
        self.node(|operand| Node::Null {
            operand,
            negated: false,
        })
    }

    /// It exists, and is not JSON `null`.
    pub fn is_not_null(&self) -> Expr<R> {
        self.node(|operand| Node::Null {
            operand,
            negated: true,
        })
    }
}

mod sealed {
    #[derive(Debug)]
    pub struct Scalar(pub(crate) crate::sql::Bind<'static>);

    #[derive(Debug)]
    pub struct Steps(pub(crate) Result<Vec<super::super::node::Step>, String>);
}

use sealed::{Scalar, Steps};

/// A value that a part of a JSON column can be compared with.
#[diagnostic::on_unimplemented(
    message = "a part of a json field cannot be compared with `{Self}`",
    label = "not a number, a text or a boolean"
)]
pub trait IntoJsonScalar {
    #[doc(hidden)]
    fn scalar(self) -> Scalar;
}

macro_rules! scalars {
    ($variant:ident: $($ty:ty),+) => {$(
        impl IntoJsonScalar for $ty {
            fn scalar(self) -> Scalar {
                Scalar(Bind::$variant(Some(self.into())))
            }
        }
    )+};
}

scalars!(Int: i64, i32, i16, i8, u32, u16, u8);
scalars!(Float: f64, f32);
scalars!(Bool: bool);
scalars!(Text: String);

impl IntoJsonScalar for &str {
    fn scalar(self) -> Scalar {
        Scalar(Bind::Text(Some(self.to_owned().into())))
    }
}

/// A path into a JSON value: text such as `a.b[0].c`, or a list of keys.
pub trait IntoJsonPath {
    #[doc(hidden)]
    fn steps(self) -> Steps;
}

impl IntoJsonPath for &str {
    fn steps(self) -> Steps {
        Steps(parse(self))
    }
}

impl IntoJsonPath for String {
    fn steps(self) -> Steps {
        Steps(parse(&self))
    }
}

impl<S: Into<String>, const N: usize> IntoJsonPath for [S; N] {
    fn steps(self) -> Steps {
        Steps(keys(self))
    }
}

impl<S: Into<String>> IntoJsonPath for Vec<S> {
    fn steps(self) -> Steps {
        Steps(keys(self))
    }
}

fn keys<S: Into<String>>(keys: impl IntoIterator<Item = S>) -> Result<Vec<Step>, String> {
    let steps = keys
        .into_iter()
        .map(|key| Step::Key(key.into()))
        .collect::<Vec<_>>();
    if steps.is_empty() {
        Err("an empty list of keys leads nowhere".into())
    } else {
        Ok(steps)
    }
}

/// `a.b[0].c`: keys separated by dots, indexes in brackets. Whatever is a path in an expression as text is the same path
/// here, so that one can be copied from the other; a key without dots and brackets needs no quotes here.
fn parse(text: &str) -> Result<Vec<Step>, String> {
    let no_path = |why: &str| Err(format!("`{text}` is no path: {why}"));
    let (mut steps, mut rest) = (Vec::new(), text);
    loop {
        // `[0].a` starts at an element of an array.
        if !(steps.is_empty() && rest.starts_with('[')) {
            let plain = rest.find(['.', '[']).unwrap_or(rest.len());
            let (key, behind) =
                quoted_key(rest).unwrap_or_else(|| (rest[..plain].to_owned(), &rest[plain..]));
            if key.is_empty() && plain == 0 {
                return no_path("there is an empty key in it; write `a.b[0].c`");
            }
            steps.push(Step::Key(key));
            rest = behind;
        }
        while let Some(inside) = rest.strip_prefix('[') {
            let Some((index, behind)) = inside.split_once(']') else {
                return no_path("a bracket is not closed");
            };
            let Ok(number) = index.trim().parse() else {
                return no_path(&format!("`[{index}]` is no index; write `a[0]`"));
            };
            steps.push(Step::Index(number));
            rest = behind;
        }
        match rest.strip_prefix('.') {
            Some(behind) => rest = behind,
            None if rest.is_empty() => return Ok(steps),
            None => return no_path(&format!("write `.` or `[` before `{rest}`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let key = |key: &str| Step::Key(key.into());
        assert_eq!(parse("a"), Ok(vec![key("a")]));
        assert_eq!(
            parse("a.b[0].c"),
            Ok(vec![key("a"), key("b"), Step::Index(0), key("c")])
        );
        assert_eq!(
            parse("[1][2].a"),
            Ok(vec![Step::Index(1), Step::Index(2), key("a")])
        );
        assert_eq!(
            parse(r#"a-b."c.d"[0].'e f'.`g``h`."#).unwrap_err(),
            r#"`a-b."c.d"[0].'e f'.`g``h`.` is no path: there is an empty key in it; write `a.b[0].c`"#
        );
        assert_eq!(
            parse(r#"a-b."c.\u00e4"[ 0 ].'e f'.`g``h`.3"#),
            Ok(vec![
                key("a-b"),
                key("c.ä"),
                Step::Index(0),
                key("e f"),
                key("g`h"),
                key("3")
            ])
        );
        assert_eq!(parse("\"\""), Ok(vec![key("")]));
        assert_eq!(["a.b", "c"].steps().0, Ok(vec![key("a.b"), key("c")]));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "", "a..b", "a[", "a[x]", "a[-1]", ".a", "a.", "a[0", "a[0]b", "\"a\"b", "a]b[",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
