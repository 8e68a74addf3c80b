//! Records brought into a database, and the report of it.
//!
//! Invariant: one transaction. Either every record that is not refused is in, or nothing has changed.

use std::collections::BTreeMap;

use wallow_runtime::dynamic::Store;
use wallow_runtime::dynamic::import::{Ending, Fate, Present};

use super::mapping::{Mapping, Names};
use super::{At, Flaw, Origin};
use crate::output::{self, Failure};

/// So many refused records are told one by one.
const TOLD: usize = 20;

/// What is to happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) present: Present,
    /// Bring the others in where some are refused.
    pub(crate) skip_refused: bool,
    /// Change nothing.
    pub(crate) dry_run: bool,
}

/// What came of an import.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) inserted: u64,
    pub(crate) overwritten: u64,
    pub(crate) existing: u64,
    pub(crate) refused: u64,
    /// The first ones that were refused.
    told: Vec<(At, String)>,
    left_out: Vec<String>,
    /// Names of `--map` that no record had.
    not_met: Vec<String>,
    lost_nan: BTreeMap<String, u64>,
}

/// Brings every record in.
pub(crate) fn land(
    store: &Store,
    origin: &Origin,
    names: &Names,
    rules: Rules,
) -> Result<Report, Failure> {
    store.import(|import| {
        let mut mapping = Mapping::new(store.schema(), store.columns(), names)?;
        let mut report = Report::default();
        for record in origin.open(&|name| mapping.asks(name))? {
            let (at, reason) = match record {
                Err(Flaw::End(failure)) => return Err(failure),
                Err(Flaw::Record(at, reason)) => (at, reason),
                Ok(record) => {
                    let at = record.at.clone();
                    match mapping.arrival(record) {
                        Err(reason) => (at, reason),
                        Ok(arrival) => match import.take(&arrival, rules.present)? {
                            Fate::Refused(error) => (at, error.to_string()),
                            fate => {
                                report.count(&fate);
                                continue;
                            }
                        },
                    }
                }
            };
            report.refuse(at, reason);
        }
        report.not_met = mapping.not_met();
        report.left_out = mapping.left_out.into_iter().collect();
        if origin.is_table() && report.has_records() && !report.not_met.is_empty() {
            return Err(report.no_such_columns());
        }
        report.lost_nan = mapping.lost_nan;
        let keep = !rules.dry_run && (report.refused == 0 || rules.skip_refused);
        Ok(if keep {
            Ending::Keep(report)
        } else {
            Ending::Undo(report)
        })
    })
}

impl Report {
    fn count(&mut self, fate: &Fate) {
        match fate {
            Fate::Inserted => self.inserted += 1,
            Fate::Updated => self.overwritten += 1,
            Fate::Existing => self.existing += 1,
            Fate::Refused(_) => self.refused += 1,
        }
    }

    fn refuse(&mut self, at: At, reason: String) {
        self.refused += 1;
        if self.told.len() < TOLD {
            self.told.push((at, reason));
        }
    }

    fn has_records(&self) -> bool {
        self.inserted + self.overwritten + self.existing + self.refused > 0
    }

    /// What `--map` names in a table that has no such column.
    fn no_such_columns(&self) -> Failure {
        let named = self.not_met.join("`, `");
        let others = if self.left_out.is_empty() {
            String::new()
        } else {
            format!(
                "; columns without a field are: {}",
                self.left_out.join(", ")
            )
        };
        let text = format!("nothing was imported: there is no column `{named}`{others}");
        Failure::usage(output::visible(&text))
    }

    /// Tells a person.
    pub(crate) fn print(&self) {
        let Report {
            inserted,
            overwritten,
            existing,
            refused,
            ..
        } = self;
        output::line(&format!(
            "{inserted} inserted, {overwritten} overwritten, {existing} existing, {refused} refused"
        ));
        for (at, reason) in &self.told {
            let (at, reason) = (at.to_string(), output::visible(reason));
            output::line(&format!("refused {}: {reason}", output::visible(&at)));
        }
        let more = self.refused - self.told.len() as u64;
        if more > 0 {
            output::line(&format!("and {more} more"));
        }
        for (field, count) in &self.lost_nan {
            let values = if *count == 1 { "value" } else { "values" };
            output::line(&format!("NaN became NULL: {count} {values} of `{field}`"));
        }
        if !self.not_met.is_empty() {
            let names = output::visible(&self.not_met.join(", "));
            output::line(&format!("no run had what was mapped: {names}"));
        }
        if !self.left_out.is_empty() {
            let names = output::visible(&self.left_out.join(", "));
            output::line(&format!("left out, for want of a field: {names}"));
        }
    }
}
