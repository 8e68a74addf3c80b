//! Reads databases of other programs: any table, any columns.
//!
//! What enters: SQL without values, and texts for its `?`. What leaves: rows of values as the database has them.
//! Invariant: nothing is written.

use crate::backend::{IntoDatabaseUrl, Operation, Pool, Rows, Session as _, StoreSettings};
use crate::engine::{Attempt, AttemptsPage, page_of_external_db};
use crate::error::{Error, ErrorKind};
use crate::sql::{Bind, Sql};
use crate::value::owned::Value;
use crate::value::{Cell, Cells};

/// A database that another program made.
#[derive(Debug)]
pub struct ExternalDb {
    pool: Pool,
}

/// A query of such a database.
struct Ask;

impl Operation for Ask {
    const FIXED: bool = false;
    const READS: bool = true;
}

impl ExternalDb {
    /// Opens a database to read it. Nothing is created or written.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if there is none.
    pub fn open(url: impl IntoDatabaseUrl) -> Result<Self, Error> {
        let settings = StoreSettings {
            read_only: true,
            ..StoreSettings::default()
        };
        let options = settings.pool(&url.into_database_url()?)?;
        let target = options.target.clone();
        let pool = Pool::open(options).map_err(|error| target.opening(error))?;
        Ok(ExternalDb { pool })
    }

    /// The first `width` columns of every row; each `?` in `sql` is the next of `texts`.
    ///
    /// # Errors
    /// [`Database`](ErrorKind::Database) if the query fails, or a value is neither a number nor text.
    pub fn rows(&self, sql: &str, texts: &[&str], width: usize) -> Result<Vec<Vec<Value>>, Error> {
        let mut cut = Sql::new();
        for (index, piece) in sql.split('?').enumerate() {
            if index > 0 {
                cut.bind();
            }
            cut.push(piece);
        }
        let binds = texts.iter().map(|&text| Bind::Text(Some(text.into())));
        let binds = binds.collect::<Vec<_>>();
        self.pool.read(|session| {
            let mut rows = Table {
                width,
                rows: Vec::new(),
            };
            session.run::<Ask>(&cut, &binds, &mut rows)?;
            Ok(rows.rows)
        })
    }

    /// A page of the history of attempts in a database of wallow, in the order of runs and attempts: the first `most`
    /// after this run and attempt.
    ///
    /// # Errors
    /// [`Database`](ErrorKind::Database) if the query fails, or an attempt cannot be read.
    pub fn attempts(&self, after: (i64, i64), most: usize) -> Result<Vec<Attempt>, Error> {
        let mut sql = Sql::new();
        for (index, piece) in page_of_external_db().split('?').enumerate() {
            if index > 0 {
                sql.bind();
            }
            sql.push(piece);
        }
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let binds = [after.0, after.1, most].map(|number| Bind::Int(Some(number)));
        self.pool.read(|session| {
            let mut page = AttemptsPage::default();
            session.run::<Ask>(&sql, &binds, &mut page)?;
            page.attempts.into_iter().collect()
        })
    }

    /// The names of the columns of a table; an empty list if there is no such table.
    ///
    /// # Errors
    /// As [`rows`](ExternalDb::rows).
    pub fn columns(&self, table: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT name FROM pragma_table_info(?) ORDER BY cid";
        let rows = self.rows(sql, &[table], 1)?;
        let names = rows.into_iter().flatten().filter_map(|name| match name {
            Value::Text(name) => Some(name),
            _ => None,
        });
        Ok(names.collect())
    }
}

struct Table {
    width: usize,
    rows: Vec<Vec<Value>>,
}

impl Rows for Table {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let values = (0..self.width).map(|index| {
            cells.with_cell(index, |cell| match cell {
                Cell::Null => Ok(Value::Null),
                Cell::Int(value) => Ok(Value::Int(value)),
                Cell::Float(value) => Ok(Value::Float(value)),
                Cell::Bool(value) => Ok(Value::Bool(value)),
                Cell::Text(value) => Ok(Value::Text(value.into_owned())),
                Cell::Time(value) => Ok(Value::Time(value)),
                Cell::Garbled | Cell::Blob => {
                    let message = "a value is neither a number nor text in UTF-8";
                    Err(Error::new(ErrorKind::Database, message))
                }
            })
        });
        self.rows.push(values.collect::<Result<_, _>>()?);
        Ok(())
    }
}
