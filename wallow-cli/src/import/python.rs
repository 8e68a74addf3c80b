//! Runs of a SQLite database of the Python package or of this program, with whatever columns its table has.

use std::path::Path;
use std::sync::Arc;

use wallow_runtime::dynamic::Value;
use wallow_runtime::external_db::ExternalDb;
use wallow_schema::ATTEMPT;
use wallow_schema::ddl::quote_identifier as quote;

use super::mapping::Mapping;
use super::{Cell, Location, Record, RecordError, Records};
use crate::output::Failure;

/// This many runs are read at once.
const PAGE: usize = 256;

/// A table that is read in the order of its ids.
struct Rows {
    database: ExternalDb,
    sql: String,
    names: Vec<Arc<str>>,
    page: std::vec::IntoIter<Vec<Value>>,
    last: i64,
}

pub(super) fn open(path: &Path, mapping: &mut Mapping) -> Result<Records, Failure> {
    let database = ExternalDb::open(&path.to_string_lossy())?;
    let columns = database.columns("runs")?;
    if !columns.iter().any(|column| column == "id") {
        return Err(Failure::finding(format!(
            "`{}` has no table `runs` with ids; name a database of wallow",
            path.display()
        )));
    }
    // The id must be first, because the next page continues after it. A `?` would be taken for a bound value, so
    // columns with one in their names are left out.
    let mut names = vec!["id".to_owned()];
    // The fence of claims means nothing in another database.
    let others = columns.into_iter();
    let others = others.filter(|name| name != "id" && name != ATTEMPT);
    names.extend(others.filter(|name| !name.contains('?')));
    let list = names.iter().map(|name| quote(name)).collect::<Vec<_>>();
    let sql = format!(
        "SELECT {} FROM \"runs\" WHERE \"id\" > CAST(? AS BIGINT) ORDER BY \"id\" LIMIT {PAGE}",
        list.join(", ")
    );
    let names = names.iter().map(|name| Arc::from(name.as_str()));
    let names = names.collect::<Vec<_>>();
    mapping.header(&path.display().to_string(), &names)?;
    Ok(Box::new(Rows {
        database,
        sql,
        names,
        page: Vec::new().into_iter(),
        last: i64::MIN,
    }))
}

impl Iterator for Rows {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0 {
            let last = self.last.to_string();
            match self.database.rows(&self.sql, &[&last], self.names.len()) {
                Ok(page) => self.page = page.into_iter(),
                Err(error) => return Some(Err(RecordError::End(error.into()))),
            }
        }
        let row = self.page.next()?;
        if let Some(Value::Int(id)) = row.first() {
            self.last = *id;
        }
        Some(Ok(Record {
            within: Vec::new(),
            at: Location::Named(format!("run {}", self.last)),
            values: self
                .names
                .iter()
                .cloned()
                .zip(row.into_iter().map(Cell::Value))
                .collect(),
            status: None,
        }))
    }
}
