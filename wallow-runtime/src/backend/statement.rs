//! A statement of the engine as a diesel query.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Untyped;

use super::{Operation, TableCheck};
use crate::sql::{Bind, Part, Sql};

/// Text and binds, with the operation as a type.
///
/// diesel finds the prepared statement of a fixed operation by the type below. That is correct because a connection
/// belongs to one store, whose text for an operation never changes, and has the same check of the table for as long as
/// it is open.
pub(super) struct Statement<'q, O> {
    pub(super) sql: &'q Sql,
    pub(super) binds: &'q [Bind<'q>],
    pub(super) check: &'q TableCheck,
    pub(super) operation: PhantomData<O>,
}

impl<O: Operation> QueryId for Statement<'_, O> {
    type QueryId = Statement<'static, O>;

    const HAS_STATIC_QUERY_ID: bool = O::FIXED;
}

impl<O> Query for Statement<'_, O> {
    type SqlType = Untyped;
}

/// Statements that are not the engine's, such as pragmas: rare and short.
pub(super) struct Plain<'q>(pub(super) Cow<'q, str>);

impl QueryId for Plain<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Plain<'_> {
    type SqlType = Untyped;
}

/// The largest number of digits of a number.
const DIGITS: usize = 20;

/// A number as text, without an allocation: diesel walks a statement for each run of it.
pub(super) fn digits(mut number: usize, buffer: &mut [u8; DIGITS]) -> &str {
    let mut start = DIGITS;
    loop {
        start -= 1;
        buffer[start] = b"0123456789"[number % 10];
        number /= 10;
        if number == 0 {
            break;
        }
    }
    str::from_utf8(&buffer[start..]).unwrap_or_default()
}

/// `BEGIN IMMEDIATE`, kept prepared, because preparing it takes longer than running it.
#[derive(Debug, Clone, Copy, QueryId)]
pub(super) struct Begin;

/// `COMMIT`, kept prepared.
#[derive(Debug, Clone, Copy, QueryId)]
pub(super) struct Commit;

impl QueryFragment<diesel::sqlite::Sqlite> for Begin {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, diesel::sqlite::Sqlite>) -> QueryResult<()> {
        out.push_sql("BEGIN IMMEDIATE");
        Ok(())
    }
}

impl QueryFragment<diesel::sqlite::Sqlite> for Commit {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, diesel::sqlite::Sqlite>) -> QueryResult<()> {
        out.push_sql("COMMIT");
        Ok(())
    }
}

/// How both are written for a kind of database.
macro_rules! fragments {
    ($backend:ty, $numbered:literal) => {
        impl<O> QueryFragment<$backend> for Statement<'_, O> {
            /// diesel asks this before every run. By default it would walk the text and the binds for it.
            fn is_safe_to_cache_prepared(&self, _: &$backend) -> QueryResult<bool> {
                Ok(self.sql.is_kept())
            }

            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                // For a reference to a statement, which has diesel's own answer to the question above.
                if !self.sql.is_kept() {
                    out.unsafe_to_cache_prepared();
                }
                let has_uuids = self.check.has_uuids();
                let mut binds = self.binds.iter();
                let mut bound = 0_usize;
                for part in self.sql.parts() {
                    match part {
                        Part::Text(text) if has_uuids => out.push_sql(text),
                        Part::Text(text) => out.push_sql(&self.check.text_without_uuids(text)),
                        Part::Bind => {
                            if let Some(bind) = binds.next() {
                                bind.push(&mut out)?;
                                bound += 1;
                            }
                        }
                        // The statement is the whole query, so its n-th bind has the number n.
                        Part::SameBind => {
                            out.push_sql($numbered);
                            out.push_sql(digits(bound, &mut [0; DIGITS]));
                        }
                        Part::CheckBegin => out.push_sql(self.check.begin()),
                        Part::CheckEnd => out.push_sql(self.check.end()),
                    }
                }
                Ok(())
            }
        }

        impl QueryFragment<$backend> for Plain<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                out.unsafe_to_cache_prepared();
                out.push_sql(&self.0);
                Ok(())
            }
        }
    };
}

fragments!(diesel::sqlite::Sqlite, "?");
#[cfg(feature = "postgres")]
fragments!(diesel::pg::Pg, "$");
