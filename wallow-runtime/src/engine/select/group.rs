//! Groups of runs.
//!
//! The database computes parts: counts, means, order statistics. What is the same arithmetic everywhere (a standard error
//! from a spread and a count, a percentile between two neighbours) is computed here when a row is read, so that both
//! databases give the same result. A percentile needs the sorted values of each group; the database ranks them, and
//! keeps them on its disk if they are many.

use wallow_schema::FieldType;
use wallow_schema::ddl::Dialect;

use super::{ReadRow, Select};
use crate::backend::{Rows, Session};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::expr::{Function, Measured, Node, Operand, Term};
use crate::statistics::{between, student_t_95};
use crate::value::{Cell, Cells};

/// Which groups are returned, if not all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BestGroups {
    /// The measure by which groups are ordered before their keys, and whether the largest come first.
    pub(crate) by: Option<(usize, bool)>,
    /// At most this many groups.
    pub(crate) most: usize,
}

impl Engine {
    pub(crate) fn group<G: ReadRow>(
        &self,
        filter: &Node,
        keys: &[Operand],
        measures: &[Measured],
        read: &G,
        best: Option<BestGroups>,
    ) -> Result<Vec<G::Row>, Error> {
        let dialect = self.table.dialect();
        let mut parts = Parts::new(keys, dialect);
        let results = measures.iter().map(|measured| parts.result(measured));
        let results = results.collect::<Result<Vec<_>, _>>()?;
        let rank = best.and_then(|best| best.by);
        let rank = rank.and_then(|(measure, descending)| {
            let column = results.get(measure)?.sorted_by()?;
            Some((column, descending))
        });
        let (head, mut tail) = parts.statement(rank);
        if let Some(best) = best {
            tail.push_str(" LIMIT ");
            tail.push_str(&best.most.to_string());
        }
        let mut statement = self.filtered(&head, filter)?;
        statement.sql.push(&tail);
        self.pool.read(|session| {
            let mut rows = Groups {
                read,
                keys: keys.len(),
                results: &results,
                found: Vec::new(),
            };
            session.run::<Select>(&statement.sql, &statement.binds, &mut rows)?;
            Ok(rows.found)
        })
    }
}

/// How a measure is computed from the columns of the statement, which are given by their positions.
enum GroupResult {
    /// It is a column.
    Column(usize),
    /// It is a column, or NaN if that is NULL although there are `least` values: SQLite has no NaN, which is the mean of
    /// both infinities.
    Defined {
        column: usize,
        count: usize,
        least: i64,
    },
    /// The standard error of the mean; times Student's t for half of an interval.
    Error {
        spread: usize,
        count: usize,
        interval: bool,
    },
    /// Between two neighbours. NaN if the largest value is: PostgreSQL sorts NaN behind all numbers.
    Percentile {
        low: usize,
        high: usize,
        largest: usize,
        count: usize,
        percent: u8,
    },
}

/// The columns of the statement.
struct Parts<'k> {
    keys: &'k [Operand],
    dialect: Dialect,
    /// What is computed of each group, after the keys.
    columns: Vec<String>,
    /// Columns whose values are ranked within their group.
    ranked: Vec<String>,
    /// Every column that is read, apart from the keys.
    read: Vec<String>,
}

impl<'k> Parts<'k> {
    fn new(keys: &'k [Operand], dialect: Dialect) -> Self {
        Parts {
            keys,
            dialect,
            columns: Vec::new(),
            ranked: Vec::new(),
            read: Vec::new(),
        }
    }

    /// The position of a column of the statement, which is added if it is new.
    fn column(&mut self, sql: String) -> usize {
        self.keys.len() + position(&mut self.columns, sql)
    }

    /// The column that a measure reads.
    fn operand(&mut self, operand: &Operand) -> String {
        let name = operand.number(self.dialect);
        // In a table with ranks the parts of a column are computed again from it.
        position(&mut self.read, operand.column().sql());
        name
    }

    fn result(&mut self, measured: &Measured) -> Result<GroupResult, Error> {
        let Some(operand) = &measured.operand else {
            return Ok(GroupResult::Column(self.column("count(*)".into())));
        };
        let is_int = matches!(operand, Operand::Column(column) if column.ty == FieldType::Int);
        let name = self.operand(operand);
        let sql = self.aggregate(measured.function, &name, is_int);
        let count = format!("count({name})");
        Ok(match measured.function {
            Function::Count | Function::Min | Function::Max => {
                GroupResult::Column(self.column(sql))
            }
            Function::Sum if is_int => GroupResult::Column(self.column(sql)),
            Function::Mean | Function::Sum => self.defined(sql, count, 1),
            Function::StdDev => self.defined(sql, count, 2),
            Function::Sem | Function::Ci => GroupResult::Error {
                spread: self.column(sql),
                count: self.column(count),
                interval: measured.function == Function::Ci,
            },
            Function::Median => self.percentile(&name, 50),
            Function::Percentile(percent @ 0..=100) => self.percentile(&name, percent),
            Function::Percentile(percent) => {
                let message = format!(
                    "there is no percentile {percent}; write a number from 0 to 100, such as 95"
                );
                return Err(
                    Error::new(ErrorKind::Validation, message).with_field(&operand.column().name)
                );
            }
        })
    }

    fn defined(&mut self, sql: String, count: String, least: i64) -> GroupResult {
        GroupResult::Defined {
            column: self.column(sql),
            count: self.column(count),
            least,
        }
    }

    fn percentile(&mut self, name: &str, percent: u8) -> GroupResult {
        let rank = position(&mut self.ranked, name.to_owned());
        // As `statistics::percentile_position`, from 1. Whole numbers, so that both databases find the same run.
        let ranked = |round_up: u8| {
            format!(
                "max(CASE WHEN \"rank {rank}\" = 1 + ((\"count {rank}\" - 1) * {percent} + {round_up}) / 100 \
                 THEN {name} END)"
            )
        };
        GroupResult::Percentile {
            low: self.column(ranked(0)),
            high: self.column(ranked(99)),
            largest: self.column(format!("max({name})")),
            count: self.column(format!("count({name})")),
            percent,
        }
    }

    /// What the database computes for a function.
    fn aggregate(&self, function: Function, name: &str, is_int: bool) -> String {
        match (function, self.dialect) {
            (Function::Count, _) => format!("count({name})"),
            (Function::Mean, Dialect::Sqlite) => format!("avg({name})"),
            (Function::Mean, Dialect::Postgres) => format!("avg({name}::double precision)"),
            (Function::Min, _) => format!("min({name})"),
            (Function::Max, _) => format!("max({name})"),
            // PostgreSQL's sum of `bigint` is a `numeric`; wallow's integers have 64 bits.
            (Function::Sum, Dialect::Postgres) if is_int => {
                format!("sum({name})::bigint")
            }
            (Function::Sum, _) => format!("sum({name})"),
            (_, Dialect::Sqlite) => format!("wallow_std_dev(CAST({name} AS REAL))"),
            (_, Dialect::Postgres) => format!("stddev_samp({name}::double precision)"),
        }
    }

    /// The statement before its `WHERE`, and what follows the condition. `rank` is a column by which groups are ordered
    /// before their keys, and whether the largest come first.
    fn statement(&self, rank: Option<(usize, bool)>) -> (String, String) {
        let grouped = |key: &Operand| key.grouped(self.dialect);
        let names = self.keys.iter().flat_map(grouped).collect::<Vec<_>>();
        let keys = self.keys.iter().map(|key| key.of_group(self.dialect));
        let columns = keys.chain(self.columns.iter().cloned());
        let columns = columns.collect::<Vec<_>>().join(", ");
        let mut head = format!("SELECT {columns} FROM ");
        let mut tail = String::new();
        if self.ranked.is_empty() {
            head.push_str("\"runs\"");
        } else {
            // The ranks are columns of a table with the same name, so the aggregates are written as without them.
            head.push_str(&self.ranks(&names));
            tail.push_str(") AS \"runs\"");
        }
        // Without keys, all runs are one group.
        if !names.is_empty() {
            let order = self.keys.iter().flat_map(|key| match key {
                Operand::Column(_) => vec![Term::ascending(key.clone()).sql(self.dialect)],
                Operand::Json { .. } => {
                    let terms = key.grouped(self.dialect).into_iter();
                    let terms = terms.map(|term| format!("{term} ASC NULLS LAST"));
                    terms.collect()
                }
            });
            tail.push_str(" GROUP BY ");
            tail.push_str(&names.join(", "));
            tail.push_str(" ORDER BY ");
            let rank = rank.map(|(column, descending)| {
                let direction = if descending { "DESC" } else { "ASC" };
                format!("{} {direction} NULLS LAST", column + 1)
            });
            let order = rank.into_iter().chain(order);
            tail.push_str(&order.collect::<Vec<_>>().join(", "));
        }
        (head, tail)
    }

    /// A table of the runs with their rank in their group, by each ranked column, up to its condition.
    fn ranks(&self, grouped: &[String]) -> String {
        let partition = if grouped.is_empty() {
            String::new()
        } else {
            format!("PARTITION BY {}", grouped.join(", "))
        };
        let mut columns = Vec::new();
        for name in self.keys.iter().map(|key| key.column().sql()) {
            position(&mut columns, name);
        }
        for name in &self.read {
            position(&mut columns, name.clone());
        }
        for (rank, name) in self.ranked.iter().enumerate() {
            columns.push(format!(
                "row_number() OVER ({partition} ORDER BY {name} NULLS LAST) AS \"rank {rank}\""
            ));
            columns.push(format!(
                "count({name}) OVER ({partition}) AS \"count {rank}\""
            ));
        }
        format!("(SELECT {} FROM \"runs\"", columns.join(", "))
    }
}

/// The position of a text among others, to which it is added if it is new.
fn position(texts: &mut Vec<String>, text: String) -> usize {
    let known = texts.iter().position(|known| *known == text);
    known.unwrap_or_else(|| {
        texts.push(text);
        texts.len() - 1
    })
}

impl GroupResult {
    /// The column of the statement that has the order of the result; `None` if the result is computed here.
    fn sorted_by(&self) -> Option<usize> {
        match *self {
            GroupResult::Column(column) | GroupResult::Defined { column, .. } => Some(column),
            GroupResult::Error { .. } | GroupResult::Percentile { .. } => None,
        }
    }

    /// The result; or the column of the statement to read instead: it is the result, or it cannot be read.
    fn of(&self, cells: &impl Cells) -> Result<Option<f64>, usize> {
        let count = |column| cells.required::<i64>(column).map_err(|error| error.index);
        let float = |column| cells.nullable::<f64>(column).map_err(|error| error.index);
        match *self {
            GroupResult::Column(column) => Err(column),
            GroupResult::Defined {
                column,
                count: of,
                least,
            } => {
                let is_null = cells.with_cell(column, |cell| matches!(cell, Cell::Null));
                if is_null && count(of)? >= least {
                    Ok(Some(f64::NAN))
                } else {
                    Err(column)
                }
            }
            GroupResult::Error {
                spread,
                count: of,
                interval,
            } => {
                let count = count(of)?;
                if count < 2 {
                    return Ok(None);
                }
                let error = float(spread)?.unwrap_or(f64::NAN) / root(count);
                let degrees = u64::try_from(count - 1).unwrap_or_default();
                let factor = if interval { student_t_95(degrees) } else { 1.0 };
                Ok(Some(error * factor))
            }
            GroupResult::Percentile {
                low,
                high,
                largest,
                count: of,
                percent,
            } => {
                let (Some(low), Some(high)) = (float(low)?, float(high)?) else {
                    return Ok(None);
                };
                if float(largest)?.is_some_and(f64::is_nan) {
                    return Ok(Some(f64::NAN));
                }
                let count = u64::try_from(count(of)?).unwrap_or_default();
                let (_, _, part) = crate::statistics::percentile_position(count, percent);
                Ok(Some(between(low, high, part)))
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no table has so many runs that it matters"
)]
fn root(count: i64) -> f64 {
    (count as f64).sqrt()
}

/// The rows of a grouped query.
struct Groups<'p, G: ReadRow> {
    read: &'p G,
    keys: usize,
    results: &'p [GroupResult],
    found: Vec<G::Row>,
}

impl<G: ReadRow> Rows for Groups<'_, G> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let cells = GroupCells {
            cells,
            keys: self.keys,
            results: self.results,
        };
        let row = self.read.read(&cells).map_err(|error| {
            let message = format!(
                "a value by which runs are grouped, or a measure of them, is {}, not {}; `wallow doctor` names the runs \
                 whose values cannot be read",
                error.found, error.expected
            );
            Error::new(ErrorKind::Database, message).with_types(error.expected, &error.found)
        })?;
        self.found.push(row);
        Ok(())
    }
}

/// The keys and the results of a group, as cells.
struct GroupCells<'r, C> {
    cells: &'r C,
    keys: usize,
    results: &'r [GroupResult],
}

impl<C: Cells> Cells for GroupCells<'_, C> {
    fn with_cell<T>(&self, index: usize, view: impl FnOnce(Cell<'_>) -> T) -> T {
        let result = index
            .checked_sub(self.keys)
            .and_then(|index| self.results.get(index));
        match result.map_or(Err(index), |result| result.of(self.cells)) {
            Ok(Some(value)) => view(Cell::Float(value)),
            Ok(None) => view(Cell::Null),
            Err(column) => self.cells.with_cell(column, view),
        }
    }
}
