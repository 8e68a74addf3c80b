//! Expressions as diesel expressions, for `.filter(…)` on the emitted table.

use diesel::associations::HasTable;
use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{Bool, Nullable, Text};
use wallow_schema::ddl::Dialect;

use super::Expr;
use super::render::Sink;
use crate::sql::Bind;

impl<R> Expression for Expr<R> {
    type SqlType = Nullable<Bool>;
}

impl<R> QueryId for Expr<R> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R, G> ValidGrouping<G> for Expr<R> {
    type IsAggregate = is_aggregate::No;
}

impl<R, QS> AppearsOnTable<QS> for Expr<R> where R: HasTable<Table = QS> {}

impl<R, QS> SelectableExpression<QS> for Expr<R> where R: HasTable<Table = QS> {}

/// diesel's `AstPass` as a sink.
struct Pass<'a, 'b, DB: Backend> {
    out: AstPass<'a, 'b, DB>,
    result: QueryResult<()>,
}

impl<DB: Backend> Pass<'_, '_, DB> {
    /// Keeps the first error.
    fn note(&mut self, pushed: QueryResult<()>) {
        if self.result.is_ok() {
            self.result = pushed;
        }
    }
}

/// How an expression is written for a kind of database.
macro_rules! fragment {
    ($backend:ty, $dialect:expr) => {
        impl<R> QueryFragment<$backend> for Expr<R> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                if let Some(reason) = self.node.problem($dialect) {
                    return Err(Error::QueryBuilderError(reason.into()));
                }
                let mut pass = Pass {
                    out: out.reborrow(),
                    result: Ok(()),
                };
                pass.sql("(");
                self.node.render($dialect, &mut pass);
                pass.sql(")");
                pass.result
            }
        }

        impl<'b> Sink<'b> for Pass<'_, 'b, $backend> {
            fn sql(&mut self, text: &str) {
                self.out.push_sql(text);
            }

            fn literal(&mut self, bind: &'b Bind<'static>) {
                let pushed = bind.push(&mut self.out);
                self.note(pushed);
            }

            fn text(&mut self, text: &'b str) {
                let pushed = self.out.push_bind_param::<Text, str>(text);
                self.note(pushed);
            }

            fn varies(&mut self) {
                self.out.unsafe_to_cache_prepared();
            }
        }
    };
}

fragment!(diesel::sqlite::Sqlite, Dialect::Sqlite);
#[cfg(feature = "postgres")]
fragment!(diesel::pg::Pg, Dialect::Postgres);
