//! Changes of many runs: they are counted first, and changed after the person has confirmed, all of them or none.

use wallow_runtime::dynamic::{self, Applied, Change, Row, Store};
use wallow_runtime::{Error, Expr};
use wallow_schema::Schema;

use crate::args::{Consent, Place, Selection};
use crate::open::{ids, misused};
use crate::output::{self, Failure, Status};
use crate::project::{Named, Project, warn_of_hidden};

/// The words for a change.
pub(crate) struct Words {
    /// `delete`
    pub(crate) verb: &'static str,
    /// `deleted`
    pub(crate) done: &'static str,
}

/// The runs of a project for which an expression is true.
pub(crate) struct BulkChange {
    project: Project,
    named: Named,
    place: Place,
    looking: Store,
    condition: Expr<Row>,
}

impl BulkChange {
    /// Finds the runs; nothing is created, nothing is changed.
    pub(crate) fn find(place: &Place, selection: &Selection) -> Result<Self, Failure> {
        let project = Project::find(place)?;
        let Some(condition) = &selection.filter.condition else {
            return Err(Failure::usage(
                "say which runs with `--where EXPR`; `--where 'id > 0'` is all of them",
            ));
        };
        let knows = |schema: &Schema| dynamic::parse(schema, condition).is_ok();
        let project = project.changing_runs(place, knows)?;
        project.refuse_other_precision(place)?;
        let mut condition =
            dynamic::parse(&project.schema, condition).map_err(Failure::expression)?;
        let looking = project.open_to_read(place)?;
        warn_of_hidden(looking.hides_rows()?);
        let mut query = looking.query().filter(condition.clone());
        for term in &selection.sort {
            let order = dynamic::order(&project.schema, term);
            query = query.order_by(order.map_err(misused)?);
        }
        if let Some(limit) = selection.limit {
            // The first runs of now, whichever come meanwhile.
            condition = condition & ids(&project.schema, &query.limit(limit))?;
        }
        Ok(BulkChange {
            named: project.database(place)?,
            place: place.clone(),
            project,
            looking,
            condition,
        })
    }

    /// How many runs there are for which the expression is true.
    pub(crate) fn count(&self) -> Result<u64, Failure> {
        let query = self.looking.query().filter(self.condition.clone());
        query.count().map_err(misused)
    }

    /// How many of these runs would be changed.
    pub(crate) fn concerned(
        &self,
        change: impl Fn(&Store, Expr<Row>) -> Result<Change, Error>,
    ) -> Result<u64, Failure> {
        let change = change(&self.looking, self.condition.clone())?;
        change.count().map_err(misused)
    }

    /// Changes these runs, if the person agrees. If somebody was asked, it changes exactly `count` runs or none.
    pub(crate) fn carry_out(
        &self,
        words: &Words,
        count: u64,
        consent: Consent,
        change: impl Fn(&Store, Expr<Row>) -> Result<Change, Error>,
    ) -> Result<Status, Failure> {
        let Words { verb, done } = words;
        let nothing = format!("nothing was {done}");
        if count == 0 {
            output::line(&nothing);
            return Ok(Status::Fine);
        }
        if consent.dry_run {
            output::line(&format!("{nothing}: this was a dry run"));
            return Ok(Status::Fine);
        }
        let asked = !consent.yes;
        if asked {
            agree(
                &format!("{verb} {} in {}?", runs(count), self.named),
                &nothing,
            )?;
        }
        let store = self.project.open_store(&self.place)?;
        let change = change(&store, self.condition.clone())?;
        let count = if asked {
            match change.apply_to(count)? {
                Applied::All(count) => count,
                Applied::CountMismatch(other) => {
                    return Err(Failure::finding(format!(
                        "meanwhile it would have been {}, not {count}; {nothing}: try again",
                        runs(other)
                    )));
                }
            }
        } else {
            change.apply()?
        };
        output::line(&format!("{done} {} in {}", runs(count), self.named));
        Ok(Status::Fine)
    }
}

/// The runs of a selection in words, for an answer: `where seed < 3, the first 2 by -loss`.
pub(crate) fn which(selection: &Selection) -> String {
    let mut which = String::new();
    if let Some(condition) = &selection.filter.condition {
        which = format!("where {condition}");
    }
    if let Some(limit) = selection.limit {
        let order = if selection.sort.is_empty() {
            "id".to_owned()
        } else {
            selection.sort.join(", ")
        };
        which = format!("{which}, of the first {limit} by {order}");
    }
    output::visible(&which)
}

/// Asks for confirmation on a terminal; refuses if nobody can be asked.
pub(crate) fn agree(question: &str, nothing: &str) -> Result<(), Failure> {
    if !output::can_ask() {
        return Err(Failure::finding(format!(
            "{nothing}; say `--yes` if that is meant"
        )));
    }
    if output::ask(&format!("{question} Write `yes`:")) == "yes" {
        Ok(())
    } else {
        Err(Failure::finding(nothing))
    }
}

/// `1 run`, `2 runs`.
pub(crate) fn runs(count: u64) -> String {
    output::counted(usize::try_from(count).unwrap_or(usize::MAX), "run")
}
