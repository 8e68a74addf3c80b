//! Messages of servers and poolers, and the errors that they become.

use super::*;

fn report(kind: DatabaseErrorKind, text: &str) -> Error {
    of_query(DieselError::DatabaseError(kind, Box::new(text.to_owned())))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of messages")]
fn what_a_server_says_has_a_kind_and_advice() {
    use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, SerializationFailure, Unknown};
    use ErrorKind::{Busy, Database};
    for (kind, text, expected, lost, advice) in [
        (
            Unknown,
            "canceling statement due to lock timeout",
            Busy,
            false,
            "busy_timeout",
        ),
        (Unknown, "deadlock detected", Busy, false, "busy_timeout"),
        // A server speaks other languages, too.
        (
            Unknown,
            "storniere Anfrage wegen Zeitüberschreitung einer Sperre",
            Busy,
            false,
            "Sperre); try again, or raise it",
        ),
        (
            Unknown,
            "interblocage (deadlock) détecté",
            Busy,
            false,
            "busy_timeout",
        ),
        (
            Unknown,
            "выполнение оператора отменено из-за тайм-аута",
            Database,
            false,
            "statement_timeout",
        ),
        (
            DatabaseErrorKind::ForeignKeyViolation,
            "Aktualisieren oder Löschen verletzt Fremdschlüssel-Constraint",
            Database,
            false,
            "ON DELETE CASCADE",
        ),
        (
            DatabaseErrorKind::ForeignKeyViolation,
            "insert or update on table \"runs\" violates foreign key constraint \"fk\"",
            Database,
            false,
            "add that row to the other table first",
        ),
        (
            SerializationFailure,
            "Zugriff nicht serialisierbar",
            Busy,
            false,
            "busy_timeout",
        ),
        (
            SerializationFailure,
            "canceling statement due to conflict with recovery",
            Busy,
            false,
            "max_standby_streaming_delay",
        ),
        (
            Unknown,
            "canceling statement due to statement timeout",
            Database,
            false,
            "statement_timeout",
        ),
        (
            Unknown,
            "canceling statement due to user request",
            Database,
            false,
            "try again",
        ),
        (
            ReadOnlyTransaction,
            "INSERT nicht erlaubt",
            Database,
            false,
            "primary server",
        ),
        (
            Unknown,
            "cannot execute UPDATE during recovery",
            Database,
            false,
            "primary server",
        ),
        (
            Unknown,
            "could not extend file: No space left on device",
            Database,
            false,
            "disk is full",
        ),
        (
            Unknown,
            "must be owner of table runs",
            Database,
            false,
            "only the owner",
        ),
        (
            ClosedConnection,
            "server closed the connection unexpectedly",
            Database,
            true,
            "register again",
        ),
        (
            Unknown,
            "terminating connection due to conflict with recovery",
            Database,
            true,
            "register again",
        ),
        (
            ClosedConnection,
            "query_wait_timeout\nserver closed the connection",
            Busy,
            true,
            "pool_size",
        ),
    ] {
        let error = report(kind, text);
        assert_eq!(error.kind(), expected, "{error}");
        assert_eq!(error.is_lost_connection(), lost, "{error}");
        let said = error.to_string();
        assert!(said.contains(advice) && said.contains(text), "{said}");
    }
}

#[test]
fn a_result_of_another_type_is_a_changed_table() {
    let error = report(
        DatabaseErrorKind::Unknown,
        "cached plan must not change result type",
    );
    assert!(error.is_of_changed_table(), "{error:?}");
}
