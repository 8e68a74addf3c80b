//! Many new runs with one statement, where a statement is a round trip to a server.
//!
//! Only what needs no answer for each run goes this way: new ones are inserted, others are counted.
//! Whatever stands in the way (a value that is missing, a uuid that is taken, a lost connection) is
//! left to the way run by run, which tells what it was and at which run.

use wallow_schema::ddl::Dialect;

use super::super::register::Request;
use super::super::{Engine, Write, binds};
use crate::backend::{Bind, Session as _};
use crate::register::{Counts, OnDuplicate};

/// So many binds a statement of PostgreSQL can have.
const MOST_BINDS: usize = 65_535;

impl Engine {
    /// Inserts what is new of a chunk, in one transaction; `None` where it has to go run by run, and
    /// nothing was written.
    pub(super) fn insert_in_groups(
        &self,
        requests: &[Request<'_>],
        policy: OnDuplicate,
    ) -> Option<Counts> {
        let counted = matches!(policy, OnDuplicate::Skip | OnDuplicate::ReturnExisting);
        if self.plan.dialect() != Dialect::Postgres || !counted {
            return None;
        }
        let rows = requests.iter().map(|request| self.row(request));
        let rows = rows.collect::<Option<Vec<_>>>()?;
        let size = MOST_BINDS / rows.first()?.len();
        let inserted = self.pool.write(|connection| {
            connection.transaction(|connection| {
                let mut inserted = 0;
                for group in rows.chunks(size) {
                    let statements = self.plan.statements();
                    let mut sql = statements.insert_many(self.plan.schema(), group.len());
                    sql.forget_after_use();
                    let binds = group.iter().flatten().map(Bind::reborrow);
                    let binds = binds.collect::<Vec<_>>();
                    inserted += connection.execute::<Write>(&sql, &binds)?;
                }
                Ok(inserted)
            })
        });
        let inserted = inserted.ok()?;
        let others = u64::try_from(requests.len() - inserted).ok()?;
        let mut counts = Counts {
            inserted: u64::try_from(inserted).ok()?,
            ..Counts::default()
        };
        match policy {
            OnDuplicate::ReturnExisting => counts.existing = others,
            _ => counts.skipped = others,
        }
        Some(counts)
    }

    /// The binds of a run, with a uuid of its own.
    fn row<'r>(&'r self, request: &'r Request<'_>) -> Option<Vec<Bind<'r>>> {
        let mut binds = binds::insert(&self.plan, &request.key, request.patch).ok()?;
        *binds.first_mut()? = Bind::Text(Some(self.sources.uuid().into()));
        Some(binds)
    }
}
