//! Random rows and random expressions: the database and plain Rust agree on every one.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use test_support::{Kind, on_every_kind};
use wallow::Expr;

use super::registry::{Run, fields};
use super::rows::{floats, ints, rows, store_of, texts, times};

/// `None` is neither true nor false, like `NULL` in SQL.
type Truth = Option<bool>;

/// An expression, and what it means in Rust.
#[derive(Clone)]
struct Case {
    expr: Expr<Run>,
    meaning: std::sync::Arc<dyn Fn(&Run) -> Truth + Send + Sync>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.expr)
    }
}

fn case(expr: Expr<Run>, meaning: impl Fn(&Run) -> Truth + Send + Sync + 'static) -> Case {
    Case {
        expr,
        meaning: std::sync::Arc::new(meaning),
    }
}

/// The cases of one column of an ordered type.
macro_rules! ordered {
    ($column:ident, $value:expr, $read:expr, $canonical:expr) => {{
        let values = || $value;
        let one = (values(), 0..6_u8).prop_map(|(value, operator)| {
            let column = fields::$column;
            let known = $canonical(value.clone());
            let expr = match operator {
                0 => column.eq(value),
                1 => column.ne(value),
                2 => column.lt(value),
                3 => column.le(value),
                4 => column.gt(value),
                _ => column.ge(value),
            };
            case(expr, move |run| {
                let cell = $read(run)?;
                Some(match operator {
                    0 => cell == known,
                    1 => cell != known,
                    2 => cell < known,
                    3 => cell <= known,
                    4 => cell > known,
                    _ => cell >= known,
                })
            })
        });
        let two = (values(), values()).prop_map(|(low, high)| {
            let (known_low, known_high) = ($canonical(low.clone()), $canonical(high.clone()));
            case(fields::$column.between(low, high), move |run| {
                let cell = $read(run)?;
                Some(known_low <= cell && cell <= known_high)
            })
        });
        let many = (proptest::collection::vec(values(), 0..4), any::<bool>()).prop_map(|(list, not)| {
            let known = list.iter().cloned().map($canonical).collect::<Vec<_>>();
            let column = fields::$column;
            let expr = if not { column.not_in(list) } else { column.is_in(list) };
            case(expr, move |run| {
                if known.is_empty() {
                    return Some(not);
                }
                Some(known.contains(&$read(run)?) != not)
            })
        });
        let null = any::<bool>().prop_map(|not| {
            let column = fields::$column;
            let expr = if not { column.is_not_null() } else { column.is_null() };
            case(expr, move |run| Some($read(run).is_none() != not))
        });
        prop_oneof![4 => one, 1 => two, 1 => many, 1 => null].boxed()
    }};
}

fn matching(kind: Kind) -> BoxedStrategy<Case> {
    (texts(kind), 0..3_u8, any::<bool>())
        .prop_map(|(text, place, path)| {
            let known = text.clone();
            let expr = match (path, place) {
                (false, 0) => fields::text.contains(text),
                (false, 1) => fields::text.starts_with(text),
                (false, _) => fields::text.ends_with(text),
                (true, 0) => fields::file.contains(text),
                (true, 1) => fields::file.starts_with(text),
                (true, _) => fields::file.ends_with(text),
            };
            case(expr, move |run| {
                let cell = if path {
                    path_text(run)?
                } else {
                    run.text.clone()?
                };
                Some(match place {
                    0 => cell.contains(&known),
                    1 => cell.starts_with(&known),
                    _ => cell.ends_with(&known),
                })
            })
        })
        .boxed()
}

fn path_text(run: &Run) -> Option<String> {
    run.file
        .as_ref()
        .map(|path| path.to_string_lossy().into_owned())
}

/// Parts of `extra`. If a part is of another kind, or missing, the result is unknown.
fn json(kind: Kind) -> BoxedStrategy<Case> {
    let number = (-2..3_i64, 0..6_u8).prop_map(|(value, operator)| {
        let part = fields::extra.json_path("a[0]");
        let expr = match operator {
            0 => part.eq(value),
            1 => part.ne(value),
            2 => part.lt(value),
            3 => part.le(value),
            4 => part.gt(value),
            _ => part.ge(value),
        };
        case(expr, move |run| {
            let cell = run.extra.as_ref()?.get("a")?.get(0)?.as_f64()?;
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let value = value as f64;
            Some(match operator {
                0 => cell == value,
                1 => cell != value,
                2 => cell < value,
                3 => cell <= value,
                4 => cell > value,
                _ => cell >= value,
            })
        })
    });
    let text = (texts(kind), any::<bool>()).prop_map(|(value, equal)| {
        let part = fields::extra.json_path(["b.c"]);
        let known = value.clone();
        let expr = if equal {
            part.eq(value)
        } else {
            part.ne(value)
        };
        case(expr, move |run| {
            Some((run.extra.as_ref()?.get("b.c")?.as_str()? == known) == equal)
        })
    });
    let boolean = any::<bool>().prop_map(|value| {
        case(fields::extra.json_path("\"x").eq(value), move |run| {
            Some(run.extra.as_ref()?.get("\"x")?.as_bool()? == value)
        })
    });
    let null = any::<bool>().prop_map(|not| {
        let part = fields::extra.json_path("a[0]");
        let expr = if not {
            part.is_not_null()
        } else {
            part.is_null()
        };
        case(expr, move |run| {
            let cell = run.extra.as_ref().and_then(|extra| extra.get("a")?.get(0));
            Some(cell.is_none_or(serde_json::Value::is_null) != not)
        })
    });
    prop_oneof![number, text, boolean, null].boxed()
}

fn leaf(kind: Kind) -> BoxedStrategy<Case> {
    prop_oneof![
        ordered!(n, ints(), |run: &Run| Some(run.n), |value: i64| value),
        ordered!(lr, floats(), |run: &Run| Some(run.lr), three_digits),
        ordered!(
            name,
            texts(kind),
            |run: &Run| Some(run.name.clone()),
            |text: String| text
        ),
        ordered!(
            flag,
            any::<bool>(),
            |run: &Run| Some(run.flag),
            |value: bool| value
        ),
        ordered!(
            text,
            texts(kind),
            |run: &Run| run.text.clone(),
            |text: String| text
        ),
        ordered!(score, floats(), |run: &Run| run.score, |value: f64| value),
        ordered!(count, ints(), |run: &Run| run.count, |value: i64| value),
        ordered!(on, any::<bool>(), |run: &Run| run.on, |value: bool| value),
        ordered!(at, times(), |run: &Run| run.at, |time: DateTime<Utc>| time),
        ordered!(file, texts(kind), path_text, |text: String| text),
        matching(kind),
        json(kind),
    ]
    .boxed()
}

/// The canonical form with the precision of the schema, computed in another way than by wallow.
fn three_digits(value: f64) -> f64 {
    if value == 0.0 || value.is_infinite() {
        return value + 0.0;
    }
    let rounded: f64 = format!("{value:.2e}").parse().unwrap();
    if rounded.is_infinite() {
        value
    } else {
        rounded
    }
}

fn tree(kind: Kind) -> impl Strategy<Value = Case> {
    leaf(kind).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                let meanings = (a.meaning, b.meaning);
                case(a.expr & b.expr, move |run| {
                    match ((meanings.0)(run), (meanings.1)(run)) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    }
                })
            }),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                let meanings = (a.meaning, b.meaning);
                case(a.expr | b.expr, move |run| {
                    match ((meanings.0)(run), (meanings.1)(run)) {
                        (Some(true), _) | (_, Some(true)) => Some(true),
                        (Some(false), Some(false)) => Some(false),
                        _ => None,
                    }
                })
            }),
            inner.prop_map(|a| case(!a.expr, move |run| (a.meaning)(run).map(|truth| !truth))),
        ]
    })
}

/// Fewer cases on a server, where each takes longer.
fn cases(kind: Kind, most: u32) -> ProptestConfig {
    ProptestConfig {
        cases: if kind == Kind::SqliteMemory {
            most
        } else {
            most / 2
        },
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

on_every_kind! {
    the_database_agrees_with_rust,
    orders_agree_with_rust,
}

fn the_database_agrees_with_rust(kind: Kind) {
    let rows = proptest::collection::vec(rows(kind), 1..24);
    let trees = proptest::collection::vec(tree(kind), 24);
    proptest!(cases(kind, 48), |(rows in rows, trees in trees)| {
        let store = store_of(kind, &rows);
        let all = store.all().unwrap();
        for case in trees {
            let expected = all.iter().filter(|run| (case.meaning)(run) == Some(true)).cloned().collect::<Vec<_>>();
            let query = store.filter(case.expr.clone());
            prop_assert_eq!(&query.all().unwrap(), &expected, "{}", &case.expr);
            prop_assert_eq!(query.count().unwrap(), expected.len() as u64);
            prop_assert_eq!(query.exists().unwrap(), !expected.is_empty());
        }
    });
}

fn orders_agree_with_rust(kind: Kind) {
    let rows = proptest::collection::vec(rows(kind), 1..24);
    proptest!(cases(kind, 48), |(rows in rows, descending: bool)| {
        let store = store_of(kind, &rows);
        let order = if descending { fields::score.desc() } else { fields::score.asc() };
        let runs = store.query().order_by(order).all().unwrap();
        let mut expected = store.all().unwrap();
        expected.sort_by(|a, b| match (a.score, b.score) {
            (None, None) => std::cmp::Ordering::Equal,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(_), None) => std::cmp::Ordering::Less,
            (Some(a), Some(b)) if descending => b.partial_cmp(&a).unwrap(),
            (Some(a), Some(b)) => a.partial_cmp(&b).unwrap(),
        });
        let scores = |runs: &[Run]| runs.iter().map(|run| run.score).collect::<Vec<_>>();
        prop_assert_eq!(scores(&runs), scores(&expected));
        let by_text = store.query().order_by(fields::name.asc()).all().unwrap();
        prop_assert!(by_text.is_sorted_by(|a, b| a.name <= b.name), "text is ordered by code points");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_expression_reads_back_from_its_text(case in tree(Kind::SqliteMemory)) {
        let text = case.expr.to_string();
        let read = Expr::<Run>::parse(&text);
        prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(case.expr));
    }

    #[test]
    fn any_text_is_an_expression_or_an_error(text in "[a-z.\\[\\]()\"'`=<>! 0-9e+-]{0,40}|\\PC{0,40}") {
        if let Err(problem) = Expr::<Run>::parse(&text) {
            prop_assert!(problem.iter().next().unwrap().column() >= 1);
        }
    }
}
