//! The statement of a grouped query: what the database computes for each group.

use wallow_schema::ddl::Dialect;

use super::check::Check;
use super::{GroupResult, aggregates};
use crate::error::{Error, ErrorKind};
use crate::expr::{Function, Measured, Operand, Term};

/// The columns of the statement.
pub(super) struct Parts<'k> {
    keys: &'k [Operand],
    dialect: Dialect,
    /// What is computed of each group, after the keys.
    columns: Vec<String>,
    /// Columns whose values are ranked within their group.
    ranked: Vec<String>,
    /// Every column that is read, apart from the keys.
    read: Vec<String>,
    /// What has to hold for each group, or it has no results.
    pub(super) checks: Vec<Check>,
}

impl<'k> Parts<'k> {
    pub(super) fn new(keys: &'k [Operand], dialect: Dialect) -> Self {
        Parts {
            keys,
            dialect,
            columns: Vec::new(),
            ranked: Vec::new(),
            read: Vec::new(),
            checks: Vec::new(),
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

    pub(super) fn result(&mut self, measured: &Measured) -> Result<GroupResult, Error> {
        let Some(operand) = &measured.operand else {
            return Ok(GroupResult::Column(self.column("count(*)".into())));
        };
        let is_int = aggregates::is_int(operand);
        let name = self.operand(operand);
        if let Some(damaged) = aggregates::unreadable(operand, self.dialect) {
            let column = self.column(damaged);
            self.checks.push(Check::Readable { column, is_int });
        }
        let sql = aggregates::sql(measured.function, operand, &name, self.dialect);
        let count = format!("count({name})");
        Ok(match measured.function {
            Function::Count | Function::Min | Function::Max => {
                GroupResult::Column(self.column(sql))
            }
            Function::Sum if is_int => {
                let column = self.column(sql);
                let count = self.column(count);
                let field = operand.column().name.to_string();
                self.checks.push(Check::IntSum {
                    column,
                    count,
                    field,
                });
                GroupResult::Column(column)
            }
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

    /// The statement before its `WHERE`, and what follows the condition. `rank` is a column by which groups are ordered
    /// before their keys, and whether the largest come first.
    pub(super) fn statement(&self, rank: Option<(usize, bool)>) -> (String, String) {
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
