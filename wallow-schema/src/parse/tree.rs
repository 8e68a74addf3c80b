//! Reads the text into a tree of TOML: keys in the order of the file, numbers read and in range.

use toml::Spanned as TomlSpanned;
use toml::de::{DeFloat, DeInteger, DeTable, DeValue};

use super::syntax;
use crate::canonical::is_beyond_floats;
use crate::diagnostic::{Diagnostics, Reported, quoted};
use crate::raw::{Entry, Table, Value};
use crate::source::{Source, Span, Spanned};

/// Reads the whole text. If it is not TOML, reports every syntax error.
pub(super) fn read(source: &Source, out: &mut Diagnostics) -> Result<Table, Reported> {
    let (root, errors) = DeTable::parse_recoverable(source.text());
    syntax::check(&errors, source, out)?;
    Ok(table(root.get_ref(), out))
}

pub(super) fn table(table: &DeTable<'_>, out: &mut Diagnostics) -> Table {
    let mut entries: Vec<_> = table.iter().collect();
    // Whether the parser's map is sorted by name or by place depends on a cargo feature.
    entries.sort_by_key(|(key, _)| key.span().start);
    let entries = entries.into_iter().map(|(key, value)| Entry {
        key: Spanned {
            value: key.get_ref().to_string(),
            span: key.span().into(),
        },
        value: self::value(value, out),
    });
    Table(entries.collect())
}

fn value(
    read: &TomlSpanned<DeValue<'_>>,
    out: &mut Diagnostics,
) -> Result<Spanned<Value>, Reported> {
    let span = Span::from(read.span());
    let value = match read.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(digits) => Value::Integer(integer(digits, span, out)?),
        DeValue::Float(digits) => Value::Float(float(digits, span, out)?),
        DeValue::Boolean(truth) => Value::Boolean(*truth),
        DeValue::Datetime(datetime) => Value::Datetime(*datetime),
        DeValue::Array(items) => {
            // Every item is read before the first error ends this, so that all errors are reported.
            let items: Vec<_> = items.iter().map(|item| value(item, out)).collect();
            Value::Array(items.into_iter().collect::<Result<_, _>>()?)
        }
        DeValue::Table(inner) => Value::Table(table(inner, out)),
    };
    Ok(Spanned { value, span })
}

/// Integers have 64 bits here and in the databases. TOML does not limit them.
fn integer(digits: &DeInteger<'_>, span: Span, out: &mut Diagnostics) -> Result<i64, Reported> {
    i64::from_str_radix(digits.as_str(), digits.radix()).map_err(|_| {
        let message = format!(
            "integer {} does not fit into 64 bits",
            quoted(out.source().slice(span))
        );
        let help = format!("it can be from {} to {}", i64::MIN, i64::MAX);
        out.error(span, message).help(help).reported()
    })
}

/// A decimal number beyond the floats would silently become an infinity or zero.
fn float(digits: &DeFloat<'_>, span: Span, out: &mut Diagnostics) -> Result<f64, Reported> {
    let written = digits.as_str();
    let value: Option<f64> = written.parse().ok();
    value.filter(|_| !is_beyond_floats(written)).ok_or_else(|| {
        let message = format!(
            "float {} does not fit into 64 bits",
            quoted(out.source().slice(span))
        );
        let help = if value == Some(0.0) {
            format!(
                "the smallest is {:e}; zero is written `0.0`",
                f64::from_bits(1)
            )
        } else {
            format!("the largest is {:e}; infinity is written `inf`", f64::MAX)
        };
        out.error(span, message).help(help).reported()
    })
}
