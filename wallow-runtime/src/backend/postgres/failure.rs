//! What PostgreSQL and libpq say, as wallow's errors.
//!
//! diesel hands on few of the server's codes, so some cases are told by the text, which is English
//! unless the server's `lc_messages` says otherwise: they are `Database` then instead of `Busy`.

use std::time::Duration;

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};

use crate::backend::{CHANGED, DatabaseUrl, Failure};
use crate::error::{Error, ErrorKind};

/// The failure of a statement of the engine.
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
    let text = error.to_string();
    let text = text.trim_end();
    // The second is said of a statement that was prepared before a column got another type.
    if text.contains(CHANGED) || text.contains("cached plan must not change result type") {
        return Error::of_changed_table().with_source(error);
    }
    if text.contains("statement pooling mode") {
        let message = format!(
            "{text}; wallow needs transactions: let the pooler pool transactions or sessions (`pool_mode` of PgBouncer)"
        );
        return Error::new(ErrorKind::Database, message).with_source(error);
    }
    if is_lost(&error, text) {
        let message = format!("the connection to the database was lost: {text}");
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
    if is_lock(&error, text) {
        let message = format!(
            "others kept what is to be written locked for longer than the busy timeout ({text}); \
             try again, or raise it with `Store::options().busy_timeout(…)`"
        );
        return Error::new(ErrorKind::Busy, message).with_source(error);
    }
    let advice = if text.contains("read-only transaction") {
        "; the store was opened read only, or the server is a standby"
    } else if text.contains("permission denied") {
        "; ask the owner of the database for the right, or connect as another user"
    } else if text.contains("index row") {
        "; PostgreSQL keeps identifying and indexed texts up to some 2,700 bytes: use a shorter one, \
         such as a hash or a path"
    } else if text.contains("null value in column") {
        "; the table has a column without default that wallow.toml does not declare, or declares otherwise"
    } else if text.contains("No space left on device") {
        "; the server's disk is full: what was registered before is kept"
    } else {
        ""
    };
    let in_trouble = is_in_trouble(text);
    let error = Error::new(ErrorKind::Database, format!("{text}{advice}")).with_source(error);
    if in_trouble {
        error.of_database_in_trouble()
    } else {
        error
    }
}

/// Whether the server takes no write at all for a while, whatever is written.
fn is_in_trouble(text: &str) -> bool {
    [
        "No space left on device",
        "read-only transaction",
        "permission denied",
        "out of memory",
        "could not extend file",
        "could not write",
        "could not fsync",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

fn is_lost(error: &DieselError, text: &str) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _
        ) | DieselError::BrokenTransactionManager
    ) || [
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "could not receive data from server",
        "could not send data to server",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// Whether a lost connection is known not to have done what was asked of it: it was closed before that was sent, or for
/// a reason that comes between statements, or ends the transaction. The server tells a reason in the place of an answer:
/// after a commit the answer would have come first.
fn was_not_executed(error: &DieselError, text: &str) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _)
            | DieselError::BrokenTransactionManager
    ) || [
        "no connection to the server",
        "idle-session timeout",
        "idle-in-transaction timeout",
        "terminating connection due to administrator command",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

fn is_lock(error: &DieselError, text: &str) -> bool {
    matches!(
        error,
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)
    ) || ["lock timeout", "deadlock detected", "statement timeout"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// The error of connecting, with what may help.
pub(super) fn of_open(url: &DatabaseUrl, error: &ConnectionError) -> Error {
    let text = url.redact(error.to_string().trim_end());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = url;
    let has = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
    if has(&[
        "starting up",
        "shutting down",
        "in recovery mode",
        "too many clients",
        "remaining connection slots",
    ]) {
        let message = format!(
            "the server of `{name}` takes no connection now: {text}; try again, or share it among \
             fewer workers or smaller pools (`Store::options().pool_size(…)`)"
        );
        return Error::new(ErrorKind::Busy, message);
    }
    let advice = if has(&["does not exist"]) {
        "create it first, with `createdb` and `createuser`, or correct the URL"
    } else if has(&[
        "authentication failed",
        "no password supplied",
        "pg_hba.conf",
    ]) {
        "check user and password, and that the server lets this machine in"
    } else if has(&["could not translate host name"]) {
        "check the host in the URL"
    } else if has(&["invalid", "unexpected", "missing"]) {
        "write `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with %XX for special characters"
    } else {
        "check that the server runs, and host and port in the URL"
    };
    Error::new(
        ErrorKind::Database,
        format!("cannot connect to `{name}`: {text}; {advice}"),
    )
    .of_no_connection()
}

/// Whether a connection was refused for settings that only a session of its own can have: a pooler stands before the
/// server.
pub(super) fn is_refusal_of_options(error: &Error) -> bool {
    let text = error.to_string();
    let signs = ["startup parameter", "command-line options"];
    signs.iter().any(|sign| text.contains(sign))
}

/// The error of a server that does not answer when it is connected to.
pub(super) fn of_silence(url: &DatabaseUrl, within: Duration) -> Error {
    let message = format!(
        "cannot connect to `{url}`: no answer within {} s; check that the server runs, and the network in between",
        within.as_secs()
    );
    Error::new(ErrorKind::Database, message).of_no_connection()
}
