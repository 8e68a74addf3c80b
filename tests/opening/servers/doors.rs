//! Poolers and servers that refuse every connection.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use super::*;

/// What a server asks for before it answers.
#[derive(Clone, Copy, PartialEq)]
enum Asks {
    Nothing,
    Password,
}

/// A pooler that refuses every connection with this message; returns its URL.
fn pooler(message: &'static str) -> String {
    format!("postgres://me:s3cret@{}/runs", host(message, Asks::Nothing))
}

/// Starts one; returns its host and port.
fn host(message: &'static str, asks: Asks) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 1024];
            // It has no TLS.
            while let Ok(read @ 1..) = stream.read(&mut request) {
                if read == 8 {
                    stream.write_all(b"N").unwrap();
                    continue;
                }
                if asks == Asks::Password && request[0] != b'p' {
                    stream.write_all(b"R\0\0\0\x08\0\0\0\x03").unwrap();
                    continue;
                }
                let fields = format!("SFATAL\0C08P01\0M{message}\0\0");
                let length = u32::try_from(fields.len() + 4).unwrap();
                let mut answer = vec![b'E'];
                answer.extend(length.to_be_bytes());
                answer.extend(fields.as_bytes());
                let _ = stream.write_all(&answer);
                break;
            }
        }
    });
    format!("127.0.0.1:{port}")
}

#[test]
fn a_pooler_that_is_full_is_busy() {
    for message in [
        "no more connections allowed (max_client_conn)",
        "query_wait_timeout",
        "server login has been failing, cached error: connect failed (server_login_retry)",
        "pgbouncer cannot connect to server",
        "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size",
        "sorry, too many clients already",
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ] {
        let error = refused(
            &pooler(message),
            ErrorKind::Busy,
            &[message, "no more connections now", "pool_size"],
        );
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
    for message in [
        "the database system is starting up",
        "the database system is shutting down",
    ] {
        refused(
            &pooler(message),
            ErrorKind::Busy,
            &[message, "try again when it is ready"],
        );
    }
}

#[test]
fn who_is_not_let_in_learns_why() {
    for (message, advice) in [
        (
            "password authentication failed for user \"me\"",
            "check user and password",
        ),
        ("role \"me\" is not permitted to log in", "ALTER ROLE"),
        (
            "no pg_hba.conf entry for host \"127.0.0.1\", user \"me\", database \"runs\", no encryption",
            "sslmode=require",
        ),
        (
            "permission denied for database \"runs\"",
            "GRANT CONNECT ON DATABASE",
        ),
        ("unsupported frontend protocol 3.0", "no PostgreSQL server"),
    ] {
        let error = refused(&pooler(message), ErrorKind::Database, &[message, advice]);
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
}

#[test]
fn a_password_file_that_others_may_read_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    let host = host(
        "password authentication failed for user \"me\"",
        Asks::Password,
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passwords");
    std::fs::write(&file, "*:*:*:*:s3cret\n").unwrap();
    let permit = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode));
    let url = format!("postgres://me@{host}/runs?passfile={}", file.display());
    permit(0o644).unwrap();
    let error = refused(
        &url,
        ErrorKind::Database,
        &["no password supplied", "others may read it", "chmod 600"],
    );
    assert!(!error.to_string().contains("s3cret"), "{error}");
    permit(0o600).unwrap();
    // Now the password is sent.
    refused(
        &url,
        ErrorKind::Database,
        &["password authentication failed"],
    );
    let url = format!("postgres://me@{host}/runs?passfile={}.none", file.display());
    refused(
        &url,
        ErrorKind::Database,
        &["no password supplied", "`PGPASSWORD`"],
    );
}
