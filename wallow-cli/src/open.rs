//! The runs of a project, opened for reading: nothing is created or changed.

use std::path::PathBuf;

use serde_json::Value as Json;
use wallow_runtime::dynamic::{self, Groups, Measure, Row, Store, Value};
use wallow_runtime::{Error, ErrorKind, Expr, Query};
use wallow_schema::ddl::Dialect;
use wallow_schema::{Schema, redact};

use crate::args::{Filter, Place, Selection};
use crate::damaged::Damaged;
use crate::output::{self, Failure, Status};
use crate::project::{Project, warn_of_hidden};

/// The runs of a project.
pub(crate) struct Reading {
    pub(crate) store: Store,
    /// The name of the database without passwords.
    pub(crate) database: String,
    /// Whether the database is a file.
    pub(crate) is_of_file: bool,
    /// The file of the schema.
    pub(crate) schema: PathBuf,
    /// The folder of the migrations.
    pub(crate) migrations: PathBuf,
}

impl Reading {
    pub(crate) fn open(place: &Place) -> Result<Self, Failure> {
        Reading::of(&Project::find_to_read(place)?, place)
    }

    /// Opens the runs also if the table is one that no command brings to wallow.toml, so that they can be saved.
    pub(crate) fn open_to_save(place: &Place) -> Result<Self, Failure> {
        let project = Project::find_to_read(place)?.saving_runs(place)?;
        Reading::of(&project, place)
    }

    fn of(project: &Project, place: &Place) -> Result<Self, Failure> {
        let url = project.url(place)?;
        let database = project.look_at_runs(place)?;
        let newer = project.newer_migrations(&database)?;
        // A role may be allowed a single connection.
        drop(database);
        if !project.is_implied {
            project.warn_of_other_precision(place)?;
        }
        let store = project.open_read_only(place)?;
        if let Some(newer) = newer {
            output::warning(&newer);
        }
        warn_of_hidden(store.hides_rows()?);
        Ok(Reading {
            store,
            database: url.to_string(),
            is_of_file: url.dialect() == Dialect::Sqlite,
            schema: project.path.clone(),
            migrations: project.migrations(),
        })
    }

    /// A query of the selected runs.
    pub(crate) fn query(&self, filter: &Filter) -> Result<Query<Row>, Failure> {
        let query = self.store.query();
        match &filter.condition {
            None => Ok(query),
            Some(text) => {
                let condition = dynamic::parse(self.store.schema(), text);
                Ok(query.filter(condition.map_err(Failure::expression)?))
            }
        }
    }

    /// The condition of the selected runs; all of them without `--where`.
    pub(crate) fn condition(&self, filter: &Filter) -> Result<Expr<Row>, Failure> {
        match &filter.condition {
            None => Ok(Expr::all([])),
            Some(text) => dynamic::parse(self.store.schema(), text).map_err(Failure::expression),
        }
    }

    /// A query of the selected runs in their order, at most as many as were asked for.
    pub(crate) fn selection(&self, selection: &Selection) -> Result<Query<Row>, Failure> {
        let query = self.sorted(self.query(&selection.filter)?, &selection.sort)?;
        Ok(match selection.limit {
            Some(limit) => query.limit(limit),
            None => query,
        })
    }

    /// The runs of a selection whose groups are computed. Groups ignore a limit, so the first runs are selected by id.
    pub(crate) fn selection_of_groups(&self, selection: &Selection) -> Result<Query<Row>, Failure> {
        if selection.limit.is_none() {
            return self.selection(selection);
        }
        let first = ids(self.store.schema(), &self.selection(selection)?)?;
        self.sorted(self.store.query().filter(first), &selection.sort)
    }

    /// The same query, in this order after its own.
    pub(crate) fn sorted(
        &self,
        mut query: Query<Row>,
        terms: &[String],
    ) -> Result<Query<Row>, Failure> {
        for term in terms {
            let order = dynamic::order(self.store.schema(), term);
            query = query.order_by(order.map_err(misused)?);
        }
        Ok(query)
    }

    /// A field, or a part of a json field, as an expression refers to it: a name may be a keyword, so it is in
    /// backquotes; a path is typed as in an expression.
    pub(crate) fn operand(&self, field: &str) -> String {
        let mut columns = self.store.columns().iter();
        if columns.any(|column| column.name == field) {
            format!("`{field}`")
        } else {
            field.to_owned()
        }
    }

    /// About `most` of the selected runs, and how many are selected; all of them, if they are no more. Uuids are random, so
    /// those below a bound are a sample, and the index finds them.
    pub(crate) fn sample(
        &self,
        query: Query<Row>,
        most: u64,
    ) -> Result<(Query<Row>, u64), Failure> {
        let of = query.count().map_err(misused)?;
        let Some(bound) = bound(most, of) else {
            return Ok((query, of));
        };
        let below = dynamic::parse(self.store.schema(), &format!("uuid < \"{bound}\""));
        Ok((query.filter(below.map_err(Failure::expression)?), of))
    }

    /// What `ask` computes of the runs of a query from these fields. If it fails because some of their values cannot be
    /// read, it is asked again about the other runs, and those are returned beside the answer.
    pub(crate) fn of_readable<T>(
        &self,
        query: &Query<Row>,
        fields: &[&str],
        ask: impl Fn(&Query<Row>) -> Result<T, Failure>,
    ) -> Result<(T, Damaged), Failure> {
        let failure = match ask(query) {
            Err(failure) if failure.status == Status::Finding => failure,
            answer => return Ok((answer?, Damaged::default())),
        };
        match self.without_unreadable(query, fields) {
            Some((others, damaged)) => Ok((ask(&others)?, damaged)),
            None => Err(failure),
        }
    }

    /// The query without the runs whose values of these fields cannot be read, and those runs. `None` if there are none,
    /// or more than a condition can name, or no others.
    fn without_unreadable(
        &self,
        query: &Query<Row>,
        fields: &[&str],
    ) -> Option<(Query<Row>, Damaged)> {
        const MOST: usize = 1_000;
        let mut damaged = Damaged::default();
        let mut uuids = Vec::new();
        for row in &query.clone().columns(fields).ok()? {
            if let Err(error) = &row {
                uuids.extend(error.uuid().map(str::to_owned));
            }
            damaged.readable(row).ok()?;
            if uuids.len() > MOST {
                return None;
            }
        }
        if uuids.is_empty() {
            return None;
        }
        let others = format!("uuid not in {}", Json::from(uuids));
        let others = dynamic::parse(self.store.schema(), &others).ok()?;
        let others = query.clone().filter(others);
        others.exists().ok()?.then_some((others, damaged))
    }

    /// The condition that a field, or a part of a json field, has a value.
    pub(crate) fn has_value(&self, field: &str) -> Result<Expr<Row>, Failure> {
        let has_value = format!("{} is not null", self.operand(field));
        let has_value = dynamic::parse(self.store.schema(), &has_value);
        has_value.map_err(Failure::expression)
    }

    /// The run with this id or uuid. A text of digits that is a uuid is taken as a uuid first.
    pub(crate) fn run(&self, name: &str) -> Result<Row, Failure> {
        find_run(&self.store, name, &self.database)
    }

    /// The runs with these ids or uuids that can be read.
    pub(crate) fn runs(
        &self,
        names: &[String],
        damaged: &mut Damaged,
    ) -> Result<Vec<Row>, Failure> {
        let mut runs = Vec::new();
        for name in names {
            let found = look_up(&self.store, name).transpose();
            let found = found.ok_or_else(|| no_run(name, &self.database))?;
            runs.extend(damaged.readable(found)?);
        }
        Ok(runs)
    }

    /// Whether a field is part of the key.
    pub(crate) fn is_identifying(&self, name: &str) -> bool {
        let key = &self.store.schema().identifying;
        key.iter().any(|field| field.name == name)
    }
}

/// The uuid below which about `most` of `of` uuids are; `None` if all runs fit.
fn bound(most: u64, of: u64) -> Option<String> {
    const UUIDS: u128 = 1 << 48;
    (of > most).then(|| {
        let bound = UUIDS * u128::from(most) / u128::from(of);
        format!("{bound:012x}")
    })
}

/// Groups of the runs that a query selects.
///
/// # Errors
/// If a value cannot be read, the error names its run and field.
pub(crate) fn grouped<N: AsRef<str>>(
    query: &Query<Row>,
    names: &[N],
    measures: &[Measure],
) -> Result<Groups, Failure> {
    let groups = query.group(names, measures);
    groups.map_err(|error| misused(name_run(query, error)))
}

/// The condition of being one of the runs of a query.
pub(crate) fn ids(schema: &Schema, query: &Query<Row>) -> Result<Expr<Row>, Failure> {
    let runs = query.clone().columns(&["id"]).map_err(misused)?;
    let mut ids = Vec::new();
    for run in &runs {
        if let Some(Value::Int(id)) = run.map_err(misused)?.get("id") {
            ids.push(id.to_string());
        }
    }
    let text = format!("id in [{}]", ids.join(", "));
    dynamic::parse(schema, &text).map_err(Failure::expression)
}

/// The error of groups; or, if a value cannot be read, the one that names its run and field.
pub(crate) fn name_run(query: &Query<Row>, error: Error) -> Error {
    if error.kind() != ErrorKind::Database {
        return error;
    }
    let unreadable = query.iter().find_map(Result::err);
    unreadable.unwrap_or(error)
}

/// An invalid query is wrong usage; any other error is a finding.
pub(crate) fn misused(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::Validation => Failure::usage(error.to_string()),
        _ => error.into(),
    }
}

/// The run with this id or uuid. A text of digits that is a uuid is taken as a uuid first.
pub(crate) fn find_run(store: &Store, name: &str, database: &str) -> Result<Row, Failure> {
    look_up(store, name)?.ok_or_else(|| no_run(name, database))
}

/// The run with this id or uuid, if there is one.
pub(crate) fn look_up(store: &Store, name: &str) -> Result<Option<Row>, Error> {
    match (store.find_by_uuid(name)?, name.parse()) {
        (Some(row), _) => Ok(Some(row)),
        (None, Ok(id)) => store.get(id),
        (None, Err(_)) => Ok(None),
    }
}

fn no_run(name: &str, database: &str) -> Failure {
    Failure::finding(format!(
        "there is no run `{}` in {database}; give an id or a uuid of 12 characters",
        redact::database(&output::visible(name)),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_keeps_the_wanted_share_of_uuids() {
        assert_eq!(bound(5_000, 5_000), None);
        assert_eq!(bound(1, 2).as_deref(), Some("800000000000"));
        assert_eq!(bound(5_000, 10_000_000).as_deref(), Some("0020c49ba5e3"));
    }
}
