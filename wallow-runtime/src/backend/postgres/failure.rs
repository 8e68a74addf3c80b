//! Turns messages of PostgreSQL, libpq and poolers into wallow's errors.
//!
//! diesel passes on few of the server's codes (uniqueness, references, serialisation, read-only transactions, a closed
//! connection), so other cases are recognised by the text. Messages that decide the kind of an error are known in the
//! languages that a server may speak ([`languages`]); advice on other messages exists only for English. The error
//! always contains the server's own words.

mod denied;
mod languages;
mod open;

use std::borrow::Cow;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

use crate::backend::{CHANGED, DEADLOCK, Failure, REFERRED_TO, REFERS_TO_NONE};
use crate::error::advice::{BUSY_TIMEOUT, DEADLOCK_TIMEOUT, SMALLER_POOLS};
use crate::error::{Error, ErrorKind};

pub(super) use languages::is_understood;
pub(super) use open::{is_refusal_of_options, of_open, of_silence};

/// Messages of a server, or of a pooler in front of it, that accepts no more connections.
const FULL: [&str; 12] = [
    "too many clients",
    "too many connections",
    "remaining connection slots",
    // PgBouncer
    "no more connections allowed",
    "query_wait_timeout",
    "client_login_timeout",
    "server_login_retry",
    "pgbouncer cannot connect to server",
    // Supavisor, and others
    "max client connections reached",
    "max clients reached",
    "Max client connections reached",
    "MaxClientsInSessionMode",
];

/// Advice if nothing may be written. The server's message is the same in each of these cases.
const READ_ONLY: &str = "the server is a standby (name the primary server to write), the store was opened read only, or \
    `default_transaction_read_only` is on for this role or database: have an administrator run `ALTER ROLE … SET \
    default_transaction_read_only = off`, or write the parameter `options=-c%20default_transaction_read_only%3Doff` into \
    the URL";

/// Advice to a role that does not own the table.
pub(super) const OWNER: &str = "only the owner of a table may change its columns and indexes: connect as the role that made the table";

/// Messages of the server, and advice.
const ADVICE: [(&[&str], &str); 20] = [
    (&["read-only transaction"], READ_ONLY),
    (
        &["during recovery"],
        "the server is a standby: name the primary server to write",
    ),
    (
        &["partitioned table must include"],
        "wallow keeps uuids unique, and a partitioned table cannot: carry the runs into an ordinary table with `wallow \
         copy --to URL`",
    ),
    (
        &["stack depth limit exceeded"],
        "the condition is too long for the server's `max_stack_depth`: compare with a list (`seed in [1, 2]`) in the \
         place of many `or`, or ask in parts",
    ),
    (
        &[
            "permission denied for schema pg_catalog",
            "permission denied to create \"pg_catalog.",
        ],
        "the `search_path` of this role names `pg_catalog` first, and a new table goes into the first schema: name the \
         schema of the runs there with the parameter `options=-c%20search_path%3Dpublic` of the URL, or with `ALTER ROLE \
         … SET search_path = public`",
    ),
    (
        &["affected by row-level security policy"],
        "policies of the table hide runs from this role, and this needs every run: connect as the owner of the table, or \
         as a role with `BYPASSRLS` (`ALTER ROLE … BYPASSRLS`); what this role sees is written by `wallow export`",
    ),
    (
        &["violates row-level security policy"],
        "a policy of the table keeps this role from writing such a run, or from a run with this key that it hides: have \
         the policy changed (`\\d runs` in `psql` shows it), or connect as a role that it allows",
    ),
    (
        &["permission denied for schema"],
        "a table is made there, and since PostgreSQL 15 not everybody may: have the owner of the database run `GRANT \
         CREATE ON SCHEMA public TO PUBLIC`, or give the right to this role alone",
    ),
    (&["must be owner of"], OWNER),
    (
        &["permission denied for sequence"],
        "have the owner of the table run, for ROLE, the user of this connection, the SQL of `wallow grants worker --role \
         ROLE`",
    ),
    (
        &["permission denied"],
        "ask the owner of the database for the right, or connect as another user",
    ),
    (
        &["no schema has been selected to create in"],
        "the `search_path` of the connection names no schema that is there: name one that is with the parameter \
         `options=-c%20search_path%3Dpublic` of the URL, or make the one that it names with `CREATE SCHEMA`",
    ),
    (
        &["statement timeout"],
        "the server ends statements that take longer than its `statement_timeout`, waits for a lock included: write \
         the parameter `options=-c%20statement_timeout%3D0` into the URL, or have it raised for the role",
    ),
    (
        &["due to user request"],
        "somebody ended the statement at the server (`pg_cancel_backend`): try again",
    ),
    (
        &["index row"],
        "PostgreSQL keeps identifying and indexed texts up to some 2,700 bytes: use a shorter one, such as a hash or \
         a path",
    ),
    (
        &["null value in column"],
        "the table has a column without default that wallow.toml does not declare, or declares otherwise",
    ),
    (
        &["No space left on device", "disk full"],
        "the server's disk is full: what was committed before is kept",
    ),
    (
        &["out of shared memory"],
        "the server holds too many locks: raise its `max_locks_per_transaction`, or have fewer programs at once",
    ),
    (
        &["because other objects depend on it"],
        "drop what depends on it first, and make it anew afterwards",
    ),
    (
        &[
            "has no equivalent in encoding",
            "could not be translated to the server's encoding",
        ],
        "the database keeps texts in an encoding that lacks this character: leave the character out, or copy the runs \
         into a database with every character (`createdb --encoding UTF8 --template template0 NAME`)",
    ),
];

/// The failure of one of the engine's statements.
pub(super) fn of_statement(error: DieselError) -> Failure {
    match &error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info)
            if info.constraint_name() == Some("ix_runs_uuid")
                || info.details().is_some_and(|text| text.contains("(uuid)=(")) =>
        {
            Failure::UuidTaken
        }
        _ => Failure::Other(of_query(error)),
    }
}

/// The error of any query.
pub(crate) fn of_query(error: DieselError) -> Error {
    let original = error.to_string();
    let original = original.trim_end();
    let english = languages::in_english(original);
    let text = &*english;
    // The second message comes for a statement that was prepared before a column got another type.
    if text.contains(CHANGED) || text.contains("cached plan must not change result type") {
        return Error::of_changed_table().with_source(error);
    }
    let said = in_full(original, &error);
    if text.contains("statement pooling mode") {
        let message = format!(
            "{original}; wallow needs transactions: let the pooler pool transactions or sessions (`pool_mode` of PgBouncer)"
        );
        return Error::new(ErrorKind::Database, message).with_source(error);
    }
    if contains(text, &FULL) {
        let message = format!(
            "the server or its pooler takes no more connections now: {said}; try again, or share it among {}",
            SMALLER_POOLS.program
        );
        return Error::new(ErrorKind::Busy, message)
            .with_source(error)
            .of_no_connection();
    }
    // The statement was prepared for a table that a migration has changed since; it works on a new connection, which
    // prepares it again.
    if text.contains("cached plan must not change result type") {
        let message = format!(
            "the table was changed by a migration after this program prepared its statement, which did nothing: \
             {said}; try again"
        );
        return Error::new(ErrorKind::Database, message)
            .with_source(error)
            .of_no_connection();
    }
    if is_lost(&error, text) {
        let message = format!("the connection to the database was lost: {said}");
        let nothing_changed = was_not_executed(&error, text);
        let error = Error::new(ErrorKind::Database, message)
            .with_source(error)
            .of_lost_connection();
        return if nothing_changed {
            error.of_nothing_changed()
        } else {
            error
        };
    }
    if text.contains("conflict with recovery") {
        let message = format!(
            "the standby ended the statement, because it had to follow its primary server: {said}; try again, or raise \
             `max_standby_streaming_delay` there"
        );
        return Error::new(ErrorKind::Busy, message).with_source(error);
    }
    if text.contains("deadlock detected") {
        let message = format!(
            "{DEADLOCK} ({original}); nothing was changed: try again, or {}",
            DEADLOCK_TIMEOUT.program
        );
        return Error::new(ErrorKind::Busy, message).with_source(error);
    }
    if is_lock(&error, text) {
        let message = format!(
            "others kept what is to be written locked for longer than the busy timeout ({said}); try again, or {}",
            BUSY_TIMEOUT.program
        );
        return Error::new(ErrorKind::Busy, message).with_source(error);
    }
    let message = match advice(&error, text) {
        Some(advice) => format!("{said}; {advice}"),
        None => match hint(&error) {
            Some(hint) => format!("{said}; the server's hint: {hint}"),
            None => said,
        },
    };
    let (in_trouble, about_values) = (is_in_trouble(text), is_about_values(&error, text));
    let error = Error::new(ErrorKind::Database, message).with_source(error);
    if in_trouble {
        error.of_database_in_trouble()
    } else if about_values {
        error.of_refused_write()
    } else {
        error
    }
}

/// Whether the server refuses the values that are written. That is every error in response to a statement, also one
/// that a trigger raises in its own words, except those that would occur with any other values, too.
fn is_about_values(error: &DieselError, text: &str) -> bool {
    const OTHERS: [&str; 7] = [
        "affected by row-level security policy",
        "statement timeout",
        "due to user request",
        "out of shared memory",
        "does not exist",
        "current transaction is aborted",
        "syntax error",
    ];
    matches!(error, DieselError::DatabaseError(..)) && !contains(text, &OTHERS)
}

/// Whether the server currently refuses all writes, whatever is written.
fn is_in_trouble(text: &str) -> bool {
    contains(
        text,
        &[
            "No space left on device",
            "read-only transaction",
            "permission denied",
            "out of memory",
            "could not extend file",
            "could not write",
            "could not fsync",
        ],
    )
}

/// The server's message with its details: which view prevents the change, or which key is duplicated.
fn in_full(text: &str, error: &DieselError) -> String {
    let details = information(error).and_then(DatabaseErrorInformation::details);
    match details
        .map(on_one_line)
        .filter(|details| !text.contains(details))
    {
        Some(details) if !details.is_empty() => format!("{text} ({details})"),
        _ => text.to_owned(),
    }
}

fn hint(error: &DieselError) -> Option<String> {
    let hint = information(error)?.hint().map(on_one_line)?;
    let hint = hint.trim_end_matches('.');
    (!hint.is_empty()).then(|| hint.to_owned())
}

fn information(error: &DieselError) -> Option<&dyn DatabaseErrorInformation> {
    match error {
        DieselError::DatabaseError(_, information) => Some(&**information),
        _ => None,
    }
}

/// The details of an error, which have a line for each object, on one line.
fn on_one_line(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_end_matches('.'));
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

fn advice(error: &DieselError, text: &str) -> Option<Cow<'static, str>> {
    if let DieselError::DatabaseError(kind, _) = error {
        match kind {
            DatabaseErrorKind::ReadOnlyTransaction => return Some(READ_ONLY.into()),
            DatabaseErrorKind::RestrictViolation => return Some(REFERRED_TO.into()),
            DatabaseErrorKind::ForeignKeyViolation => {
                let advice = if is_referring(error, text) {
                    REFERS_TO_NONE
                } else {
                    REFERRED_TO
                };
                return Some(advice.into());
            }
            _ => {}
        }
    }
    match denied::advice(text) {
        Some(advice) => Some(advice.into()),
        None => advice_for(text).map(Cow::Borrowed),
    }
}

/// Whether a reference is broken by the row that refers, not by the one that others refer to. The server names the table
/// that refers in any language; only English tells the two apart if runs refer to runs.
fn is_referring(error: &DieselError, text: &str) -> bool {
    let refers = information(error).and_then(DatabaseErrorInformation::table_name) == Some("runs");
    text.contains("insert or update on table")
        || (refers && !text.contains("update or delete on table"))
}

/// Advice for a message of the server.
fn advice_for(text: &str) -> Option<&'static str> {
    let advice = ADVICE.iter().find(|(signs, _)| contains(text, signs));
    advice.map(|(_, advice)| *advice)
}

fn contains(text: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| text.contains(sign))
}

fn is_lost(error: &DieselError, text: &str) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _
        ) | DieselError::BrokenTransactionManager
    ) || contains(
        text,
        &[
            "server closed the connection",
            "terminating connection",
            "no connection to the server",
            "could not receive data from server",
            "could not send data to server",
        ],
    )
}

/// Whether it is certain that a lost connection did not execute the request: either the connection was closed before
/// the request was sent, or the server's reason for closing it occurs only between statements or aborts the
/// transaction. Such a reason arrives instead of an answer: if a commit had succeeded, its answer would have arrived
/// first.
fn was_not_executed(error: &DieselError, text: &str) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _)
            | DieselError::BrokenTransactionManager
    ) || contains(
        text,
        &[
            "no connection to the server",
            "idle-session timeout",
            "idle-in-transaction timeout",
            "terminating connection due to administrator command",
        ],
    )
}

fn is_lock(error: &DieselError, text: &str) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)
    ) || text.contains("lock timeout")
}

#[cfg(test)]
mod tests;
