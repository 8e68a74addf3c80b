//! What the databases compute for a measure.
//!
//! Neither does it with its own floats. SQLite's `sum` and `avg` overflow, PostgreSQL's `avg` and `stddev_samp` square the
//! values and fail above 1e154, and their spreads of values that are large beside it are wrong. So SQLite has functions of
//! ours, and PostgreSQL computes with `numeric`: both are exact but for the last rounding, whatever the order of the runs.

use wallow_schema::FieldType;
use wallow_schema::ddl::Dialect;

use crate::expr::{Function, Operand};

/// The aggregate for a function of an operand, which is written as `name`.
pub(super) fn sql(function: Function, operand: &Operand, name: &str, dialect: Dialect) -> String {
    let is_int = is_int(operand);
    match (function, dialect) {
        (Function::Count, _) => format!("count({name})"),
        (Function::Min, _) => format!("min({name})"),
        (Function::Max, _) => format!("max({name})"),
        (_, Dialect::Sqlite) => sqlite(function, name, is_int),
        (_, Dialect::Postgres) if is_int => postgres_int(function, name),
        (_, Dialect::Postgres) => postgres_float(function, operand, name),
    }
}

/// Whether the values of an operand are ints. The numbers among the parts of a json field are floats.
pub(super) fn is_int(operand: &Operand) -> bool {
    matches!(operand, Operand::Column(column) if column.ty == FieldType::Int)
}

/// On SQLite, the largest value that is of another type than its column, if there is one, else NULL or a number: a program
/// that is not wallow may have written it. Its functions take such a value for 0.
pub(super) fn unreadable(operand: &Operand, dialect: Dialect) -> Option<String> {
    match (operand, dialect) {
        (Operand::Column(column), Dialect::Sqlite) => match column.ty {
            FieldType::Int => {
                let name = column.sql();
                Some(format!(
                    "max({name}) FILTER (WHERE typeof({name}) <> 'integer')"
                ))
            }
            // Texts and blobs are larger than all numbers.
            FieldType::Float => Some(format!("max({})", column.sql())),
            _ => None,
        },
        _ => None,
    }
}

fn sqlite(function: Function, name: &str, is_int: bool) -> String {
    let (int, ty) = if is_int {
        ("int_", "INTEGER")
    } else {
        ("", "REAL")
    };
    let aggregate = match function {
        Function::Mean => "mean",
        Function::Sum => "sum",
        _ => "std_dev",
    };
    format!("wallow_{int}{aggregate}(CAST({name} AS {ty}))")
}

/// PostgreSQL's aggregates of `bigint` are `numeric`.
fn postgres_int(function: Function, name: &str) -> String {
    match function {
        Function::Mean => format!(
            "({})::double precision",
            mean(&format!("sum({name})"), name)
        ),
        // NULL if wallow's 64 bits do not hold it.
        Function::Sum => format!(
            "CASE WHEN sum({name}) BETWEEN {} AND {} THEN sum({name})::bigint END",
            i64::MIN,
            i64::MAX
        ),
        _ => format!("sqrt(var_samp({name}) + 0e-25)::double precision"),
    }
}

fn postgres_float(function: Function, operand: &Operand, name: &str) -> String {
    let is_finite = format!("abs({name}) < 'Infinity'::double precision");
    let sum = match operand {
        Operand::Column(_) => exact_sum(name, &is_finite),
        // A part is taken out of its json anew each time that it is written.
        Operand::Json { .. } => sum_of_texts(name, &is_finite),
    };
    let finite = match function {
        // Infinite values count here, too, and then the mean is not finite anyway.
        Function::Mean => mean(&sum, name),
        Function::Sum => sum,
        _ => return postgres_std_dev(name, &is_finite),
    };
    format!(
        "CASE WHEN count({name}) > 0 THEN coalesce({}, 0) \
         + coalesce(sum(CASE WHEN NOT {is_finite} THEN {name} END), 0) END",
        as_float(&finite)
    )
}

/// A cast of a float to `numeric` keeps 15 digits only; its text has all of them.
fn sum_of_texts(name: &str, condition: &str) -> String {
    format!("coalesce(sum(CASE WHEN {condition} THEN {name}::text::numeric END), 0)")
}

/// The sum of floats as `numeric`. Texts take most of the time, so that values of usual size are summed as two ints instead,
/// exactly: the multiple of 2^-22 next to the value, and the rest, which is a multiple of 2^-84 from 2^-32 on.
fn exact_sum(name: &str, is_finite: &str) -> String {
    let is_high = format!("abs({name}) < 1099511627776");
    let is_usual = format!("{is_high} AND abs({name}) >= 2.3283064365386963e-10");
    let high = format!("sum(CASE WHEN {is_high} THEN ({name} * 4194304)::bigint END)");
    // Smaller values have no high part.
    let low = format!(
        "sum(CASE WHEN {is_usual} THEN (({name} - round({name} * 4194304) / 4194304) * 1.9342813113834067e25)::bigint END)"
    );
    let others = sum_of_texts(name, &format!("{is_finite} AND NOT ({is_usual})"));
    let last =
        "0.000000000000000000000000051698788284564229679463043254372678347863256931304931640625";
    format!("(coalesce({high}, 0) * 4611686018427387904 + coalesce({low}, 0)) * {last} + {others}")
}

/// `avg` has 16 digits, which are fewer than those of a float; a sum with 25 decimals has a mean with as many. So has a root.
fn mean(sum: &str, name: &str) -> String {
    format!("({sum} + 0e-25) / nullif(count({name}), 0)")
}

/// `stddev_samp` of floats is right to the last digits if the values are of usual size and their spread is not small beside
/// them. Otherwise the values of a group are collected, and it is computed from their differences from the smallest one:
/// unlike the values, these keep all that counts as a decimal text. The root is taken of the variance because `stddev_samp`
/// of `numeric` has as many decimals as the variance, which are too few.
fn postgres_std_dev(name: &str, is_finite: &str) -> String {
    let fast = format!("stddev_samp(CASE WHEN abs({name}) < 1e100 THEN {name} END)");
    let largest = format!("greatest(abs(min({name})), abs(max({name})))");
    // Such an aggregate would be computed once for each time that it is written. No field has names like these.
    let slow = |values: &str, of: &str| {
        format!(
            "(SELECT {} FROM (SELECT sqrt(var_samp(({values})::text::numeric) + 0e-25) AS \"a spread\" \
             FROM (SELECT min({name}) AS \"a low\", array_agg({name}) AS \"all values\") AS \"a group\", \
             unnest(\"all values\") AS \"a value\") AS \"{of}\")",
            as_float("\"a spread\"")
        )
    };
    format!(
        "CASE WHEN count({name}) < 2 THEN NULL \
         WHEN bool_or(NOT {is_finite}) THEN 'NaN'::double precision \
         WHEN min({name}) = max({name}) THEN 0 \
         WHEN {largest} > 8e307 THEN {} \
         WHEN {largest} BETWEEN 1e-100 AND 1e99 AND {fast} * 100 > {largest} THEN {fast} \
         ELSE {} END",
        slow("\"a value\"", "large values"),
        slow("\"a value\" - \"a low\"", "differences")
    )
}

/// A `numeric` as a float: infinite beyond the largest one and 0 below the smallest one, which the cast refuses.
fn as_float(numeric: &str) -> String {
    let (largest, smallest) = ("1.7976931348623157e308", "5e-324");
    format!(
        "CASE WHEN {numeric} > {largest} THEN 'Infinity'::double precision \
         WHEN {numeric} < -{largest} THEN '-Infinity'::double precision \
         WHEN abs({numeric}) < {smallest} THEN 0 ELSE ({numeric})::double precision END"
    )
}
