//! Why a record or a table is refused, and which option would help.

use std::sync::Arc;

use super::super::Cell;
use super::Mapping;
use crate::output::{self, Failure};

impl Mapping {
    /// The error of a table that is refused as a whole.
    pub(in crate::import) fn refusal(&self, table: &str, reason: &str) -> Failure {
        let refused = if self.of_grid {
            "was not enqueued"
        } else {
            "is not imported"
        };
        Failure::finding(output::visible(&format!("`{table}` {refused}: {reason}")))
    }

    /// Why a record without a value for an identifying field is refused.
    pub(super) fn nothing_said(&self, place: usize, cell: Option<&Cell>) -> String {
        if let (None, Some(name)) = (cell, self.not_read.get(&place)) {
            let field = self.column(place);
            return format!("missing, but there is `{name}`: `--map \"{name}={field}\"` takes it");
        }
        let found = match cell {
            None => "missing",
            Some(Cell::Empty) => "the cell is empty",
            Some(_) => "it is null",
        };
        let and = match self.default_text(place) {
            None => ", and",
            Some(_) => ";",
        };
        format!("{found}{and} {}", self.way_out(place))
    }

    /// The options that give a missing value of the key.
    fn way_out(&self, place: usize) -> String {
        let name = self.column(place);
        match self.default_text(place) {
            _ if self.of_grid => {
                format!(
                    "`{name}=VALUE` on the command line gives all rows a value, if no row has one"
                )
            }
            None => {
                format!("it has no default; `--set {name}=VALUE` gives a value to runs without one")
            }
            Some(default) => format!(
                "`--defaults` takes its default {default} for runs without a value, `--set {name}=VALUE` another value"
            ),
        }
    }

    pub(super) fn no_column(&self, place: usize, names: &[Arc<str>]) -> String {
        const LISTED: usize = 10;
        let name = self.column(place);
        let mut found = names.iter().take(LISTED);
        let found = found
            .by_ref()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>();
        let more = if names.len() > LISTED { ", …" } else { "" };
        if self.of_grid {
            return format!(
                "no column is named after the identifying field `{name}` (there are: {}{more}); give it a column, or a list \
                 on the command line: `{name}=VALUE`",
                found.join(", "),
            );
        }
        format!(
            "no column means the identifying field `{name}` (there are: {}{more}); `--map THEIRS={name}` names one, or {}",
            found.join(", "),
            match self.default_text(place) {
                Some(_) => self.way_out(place),
                None if self.is_optional(place) => format!(
                    "`--defaults` leaves it out of all of its runs, `--set {name}=VALUE` gives them a value"
                ),
                None => format!("`--set {name}=VALUE` gives all of its runs a value"),
            },
        )
    }

    /// The error for two names that are equally near to a field.
    pub(super) fn ambiguous(&self, place: usize, one: &str, other: &str) -> String {
        let noun = self.noun;
        let field = self.column(place);
        if one == other || self.of_grid {
            let twice = if one == other {
                format!("the {noun} `{one}` stands there twice")
            } else {
                format!("the {noun}s `{one}` and `{other}` both mean the field `{field}`")
            };
            return format!("{twice}; leave one of them out");
        }
        format!(
            "the {noun}s `{one}` and `{other}` both mean the field `{field}`; `--map \"{one}=\"` leaves one of them out"
        )
    }

    /// The error for a name in `--map` that is not a column of the table.
    pub(super) fn no_such_columns(&self, not_met: &[String]) -> Failure {
        let named = not_met.join("`, `");
        let others = if self.names.left_out.is_empty() {
            String::new()
        } else {
            format!("; columns without a field are: {}", self.names.left_out)
        };
        let text = format!("nothing was imported: there is no column `{named}`{others}");
        Failure::usage(output::visible(&text))
    }
}
