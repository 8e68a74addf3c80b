//! The statements of the lifecycle. Binds are pushed in the order in which the SQL is written.

pub(in crate::engine) mod heartbeats;

use wallow_schema::ddl::{Dialect, quote_identifier as quote};
use wallow_schema::{ATTEMPT, LIFECYCLE};

use crate::engine::statements::TableStatements;
use crate::engine::statements::texts::{
    conflict_target, insert_into, insert_time, names_columns, next_updated_at, now, qualified,
    stale_since_server_start, update,
};
use crate::engine::{Engine, Reclaim};
use crate::sql::{Bind, Sql, Statement};
use crate::value::{BUILT_INS, RunStatus};

/// Whether the lifecycle writes this field itself, so that a patch does not.
fn is_owned(name: &str) -> bool {
    LIFECYCLE.iter().any(|(owned, _)| *owned == name)
}

impl Engine {
    /// An update that takes the run of a key, and a look at that run, in one statement. It returns the row as it was
    /// taken, or else as it was seen. After the attempt come two columns: whether it has been silent, and whether it
    /// was taken.
    pub(in crate::engine) fn taking_or_looking<'b>(
        &'b self,
        taking: Statement<'b>,
        key: &'b [Bind<'_>],
        reclaim: Reclaim,
    ) -> Statement<'b> {
        let select = self.table.statements().select_attempt();
        let mut sql = Sql::new();
        sql.push("WITH \"taken\" AS (")
            .append(&taking.sql)
            .push(")");
        let mut statement = Statement { sql, ..taking };
        self.record_attempt_in(&mut statement, "taken");
        statement.sql.push(&format!(
            " {select}FALSE, TRUE FROM \"taken\" AS \"runs\" UNION ALL {select}"
        ));
        self.table.silent(&mut statement, reclaim);
        statement
            .sql
            .push(", FALSE FROM \"runs\" WHERE NOT EXISTS (SELECT 1 FROM \"taken\") AND ");
        self.table.matching(&mut statement, key);
        statement
    }
}

/// Values for annotating columns, by position.
pub(crate) type Patch<'a> = [(usize, Bind<'a>)];

impl TableStatements {
    /// `UPDATE "runs" SET` with a new `updated_at`: assignments and a condition follow.
    pub(crate) fn update<'b>(&self) -> Statement<'b> {
        let mut statement = Statement {
            sql: Sql::new(),
            binds: Vec::new(),
        };
        let next_updated_at = next_updated_at(self.statements().dialect());
        statement
            .sql
            .push(update(self.dialect()))
            .push("\"updated_at\" = ")
            .push(&next_updated_at);
        statement
    }

    /// An update by which a run begins: the next attempt, running from now on. `started_at` gets the same time as
    /// `updated_at`. Only a heartbeat moves `updated_at`, so if the two are equal, the claim has sent none yet. With
    /// `reset`, the nullable fields that `starting` does not set are cleared. A condition follows.
    pub(crate) fn begin<'b>(&self, starting: &'b Patch<'_>, reset: bool) -> Statement<'b> {
        let dialect = self.dialect();
        let next_updated_at = next_updated_at(dialect);
        let times = match dialect {
            Dialect::Sqlite => {
                format!("\"updated_at\" = {next_updated_at}, \"started_at\" = {next_updated_at}")
            }
            // The new `updated_at` is computed once, because two calls of the server's clock give two times.
            Dialect::Postgres => format!(
                "(\"updated_at\", \"started_at\") = \
                 (SELECT \"at\", \"at\" FROM (SELECT {next_updated_at} AS \"at\") AS \"moment\")"
            ),
        };
        let mut sql = Sql::new();
        sql.push(&format!(
            "{}{times}, \"{ATTEMPT}\" = {} + 1, \"status\" = '{}', \"completed_at\" = NULL, \
             \"wallclock_seconds\" = NULL, \"error_excerpt\" = NULL",
            update(dialect),
            qualified(ATTEMPT),
            RunStatus::Running,
        ));
        let mut statement = Statement {
            sql,
            binds: Vec::new(),
        };
        if reset {
            self.clear(&mut statement.sql, starting);
        }
        self.assign(&mut statement, starting);
        statement
    }

    /// Assignments that clear what an earlier attempt left in the fields that may be `NULL`. A run that was never
    /// started keeps the values of its registration.
    fn clear(&self, sql: &mut Sql, starting: &Patch<'_>) {
        let is_set = |index: usize| starting.iter().any(|(set, _)| *set == index);
        let pending = RunStatus::Pending.condition();
        let never_begun = format!(
            "{} = 0 AND (\"runs\".\"status\" IS NULL OR {pending})",
            qualified(ATTEMPT)
        );
        for (index, column) in self.annotating().iter().enumerate() {
            if column.nullable && !is_owned(&column.name) && !is_set(index) {
                sql.push(&format!(
                    ", {} = CASE WHEN {never_begun} THEN {} END",
                    quote(&column.name),
                    qualified(&column.name)
                ));
            }
        }
    }

    /// Whether the schema has a text field `status`, in which a run that is at work says `running`.
    pub(crate) fn says_running(&self) -> bool {
        let status = self.annotating().iter();
        let mut status = status.filter(|column| column.name == "status");
        status.any(|column| column.ty == wallow_schema::FieldType::String)
    }

    /// Assignments of a run that goes back to the queue. The attempt is counted up, so that its former holder cannot
    /// write any more.
    pub(crate) fn requeue(statement: &mut Statement<'_>) {
        statement.sql.push(&format!(
            ", \"{ATTEMPT}\" = {} + 1, \"status\" = '{}', \"started_at\" = NULL, \
             \"completed_at\" = NULL, \"wallclock_seconds\" = NULL, \"error_excerpt\" = NULL",
            qualified(ATTEMPT),
            RunStatus::Pending,
        ));
    }

    /// Assignments of a patch, without the fields that the lifecycle writes itself.
    pub(crate) fn assign<'b>(&self, statement: &mut Statement<'b>, patch: &'b Patch<'_>) {
        self.assign_those(statement, patch, |name| !is_owned(name));
    }

    /// Assignments of a whole patch.
    pub(crate) fn assign_all<'b>(&self, statement: &mut Statement<'b>, patch: &'b Patch<'_>) {
        self.assign_those(statement, patch, |_| true);
    }

    fn assign_those<'b>(
        &self,
        statement: &mut Statement<'b>,
        patch: &'b Patch<'_>,
        is_meant: impl Fn(&str) -> bool,
    ) {
        for (index, bind) in patch {
            let name = &self.annotating()[*index].name;
            if is_meant(name) {
                statement
                    .sql
                    .push(", ")
                    .push(&quote(name))
                    .push(" = ")
                    .bind();
                statement.binds.push(bind.reborrow());
            }
        }
    }

    /// `RETURNING` every column, and the number of the attempt.
    pub(crate) fn returning_attempt(&self, statement: &mut Statement<'_>) {
        statement.sql.push(self.statements().returning_attempt());
    }

    /// `RETURNING` what the end of an attempt needs of its run, if that is part of the statement.
    pub(in crate::engine) fn returning_fence(&self, statement: &mut Statement<'_>) {
        if self.records_in_statement() {
            statement.sql.push(&format!(
                " RETURNING \"runs\".\"id\", \"runs\".\"uuid\", \"runs\".\"updated_at\", {}",
                qualified(ATTEMPT)
            ));
        }
    }

    /// The condition of a key.
    pub(crate) fn matching<'b>(&self, statement: &mut Statement<'b>, key: &'b [Bind<'_>]) {
        statement.sql.append(&self.statements().key);
        statement.binds.extend(key.iter().map(Bind::reborrow));
    }

    /// A condition that is always true if the table is the one that the program was compiled for, and an error if not.
    pub(crate) fn check_table(&self, statement: &mut Statement<'_>) {
        let sql = statement.sql.push("1 = ");
        sql.begin_check().push("1").end_check();
        self.name_columns(sql);
    }

    /// Appends a condition that is always true, but is not valid SQL if the table lacks a column of the schema.
    pub(crate) fn name_columns(&self, sql: &mut Sql) {
        names_columns(sql, &self.columns()[BUILT_INS..], self.dialect());
    }

    /// The current time, as SQL.
    pub(crate) fn now(&self) -> &'static str {
        now(self.statements().dialect())
    }

    /// The position of an annotating field.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.annotating()
            .iter()
            .position(|column| column.name == name)
    }

    /// `SELECT` every column, the attempt, and whether the run has been silent for too long: a
    /// condition follows.
    pub(crate) fn looking(&self, statement: &mut Statement<'_>, reclaim: Reclaim) {
        statement.sql.push(self.statements().select_attempt());
        self.silent(statement, reclaim);
        statement.sql.push(" FROM \"runs\" WHERE ");
    }

    /// The condition that a run can be claimed as it is: neither running nor completed. Without `force` its status has
    /// to be `pending` or `failed`. It may be missing only if the run was seen before, because then its results decide
    /// whether it is pending.
    pub(crate) fn claimable(sql: &mut Sql, force: bool, was_seen: bool) {
        let running = RunStatus::Running;
        let (pending, failed) = (RunStatus::Pending, RunStatus::Failed);
        let status = "\"runs\".\"status\"";
        let words = format!("{status} IN ('{pending}', '{failed}')");
        sql.push(&match (force, was_seen) {
            (true, _) => format!("({status} IS NULL OR {status} <> '{running}')"),
            (false, true) => format!("({status} IS NULL OR {words})"),
            (false, false) => words,
        });
    }

    /// The condition that a running run may be taken from its worker.
    pub(crate) fn silent(&self, statement: &mut Statement<'_>, reclaim: Reclaim) {
        match reclaim {
            Reclaim::Immediately => drop(statement.sql.push("(1 = 1)")),
            Reclaim::WhenStale(after) => {
                statement.sql.push("(");
                stale_since_server_start(&mut statement.sql, self.statements().dialect());
                statement.sql.push(")");
                statement.binds.push(Bind::micros(after));
            }
        }
    }

    /// Binds: uuid, key, annotating fields without those that the lifecycle writes. Inserts a run that is `running`;
    /// returns no row if its key is taken.
    pub(crate) fn insert_running(&self) -> Sql {
        let now = insert_time(self.dialect());
        let fields = self.key().iter().chain(self.annotating());
        let fields = fields.filter(|column| !is_owned(&column.name));
        let fields = fields.map(|column| quote(&column.name)).collect::<Vec<_>>();
        let mut sql = Sql::new();
        sql.push(insert_into(self.dialect()))
            .push("(\"created_at\", \"updated_at\", \"started_at\", ");
        sql.push(&format!(
            "\"{ATTEMPT}\", \"status\", \"uuid\", {}) VALUES (",
            fields.join(", ")
        ));
        sql.push(&format!(
            "{now}, {now}, {now}, 1, '{}', ",
            RunStatus::Running
        ));
        sql.list(0..=fields.len(), ", ", |sql, _| {
            sql.bind();
        });
        sql.push(&format!(
            ") ON CONFLICT ({}) DO NOTHING RETURNING {}, {}",
            conflict_target(self.schema(), self.dialect()),
            self.statements().select_list(),
            qualified(ATTEMPT),
        ));
        sql
    }

    /// Takes the binds of wallow's own columns out of those of an insert (uuid, key, annotating).
    pub(crate) fn without_owned(&self, binds: &mut Vec<Bind<'_>>, key: usize) {
        let mut index = 0_usize;
        binds.retain(|_| {
            let annotating = index.checked_sub(1 + key);
            index += 1;
            annotating.is_none_or(|place| !is_owned(&self.annotating()[place].name))
        });
    }
}
