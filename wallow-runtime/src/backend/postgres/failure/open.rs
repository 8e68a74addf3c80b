//! Why a connection could not be made.

use std::time::Duration;

use diesel::result::ConnectionError;

use super::languages::in_english;
use super::{FULL, contains};
use crate::backend::DatabaseUrl;
use crate::error::advice::SMALLER_POOLS;
use crate::error::{Error, ErrorKind};

/// Messages while a server starts or stops.
const NOT_READY: [&str; 4] = [
    "starting up",
    "shutting down",
    "not yet accepting connections",
    "in recovery mode",
];

/// Messages of libpq, the server or a pooler, and advice. The first match counts.
const ADVICE: [(&[&str], &str); 18] = [
    (
        &["when SSL support is not compiled in"],
        "the libpq that is compiled into this program has no TLS: build it with wallow's cargo feature `postgres` in \
         the place of `postgres-bundled`, or write `sslmode=disable` where the network is your own",
    ),
    (
        &["server does not support SSL"],
        "the server has no TLS: switch it on there (`ssl = on`), or write `sslmode=prefer`",
    ),
    (
        &["no encryption", "SSL off"],
        "the server asks for TLS, or does not let this user in from this machine: write `sslmode=require`, and see \
         its pg_hba.conf",
    ),
    (
        &[
            "root certificate file",
            "certificate verify failed",
            "certificate",
        ],
        "name the certificate of the server's authority with `sslrootcert=PATH`, or write `sslmode=require`, which \
         does not look who the server is",
    ),
    (
        &["is not permitted to log in"],
        "have an administrator run `ALTER ROLE … LOGIN` for it, or connect as another user",
    ),
    (
        &["permission denied for database"],
        "have the owner of the database run `GRANT CONNECT ON DATABASE … TO …` with the names above",
    ),
    (
        &["no password supplied"],
        "write the password into the URL, set `PGPASSWORD`, or keep it in `~/.pgpass`, which only its owner may read \
         (`chmod 600 ~/.pgpass`), else libpq passes over it",
    ),
    (
        &["authentication failed", "pg_hba.conf"],
        "check user and password, and that the server lets this machine in",
    ),
    (
        &["could not translate host name"],
        "check the host in the URL",
    ),
    (
        &["invalid connection option"],
        "correct or remove this parameter: `host`, `port`, `dbname`, `user`, `password`, `sslmode` and \
         `connect_timeout` are some that there are",
    ),
    (
        &["invalid sslmode value"],
        "write one of `disable`, `allow`, `prefer`, `require`, `verify-ca` and `verify-full`, or leave the parameter out",
    ),
    (
        &[" value: \"", "invalid integer value"],
        "correct this parameter of the URL, or leave it out",
    ),
    (
        &["definition of service", "service file"],
        "write the service into `~/.pg_service.conf`, or name host and database in the URL",
    ),
    (
        &[
            "session is read-only",
            "session is not read-only",
            "is in hot standby mode",
            "is not in hot standby mode",
        ],
        "no host of the URL is of the kind that `target_session_attrs` asks for: name one that is, or leave the \
         parameter out",
    ),
    (
        &[
            "unsupported frontend protocol",
            "expected authentication request",
            "invalid response to SSL",
        ],
        "what answers there is no PostgreSQL server: check host and port in the URL",
    ),
    (
        &["timeout expired"],
        "the server did not answer in time: check that the server runs, host and port and the network, or raise \
         `connect_timeout`, which counts seconds",
    ),
    (
        &["invalid", "unexpected", "missing"],
        "write `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with %XX for special characters",
    ),
    (
        &[""],
        "check that the server runs, and host and port in the URL",
    ),
];

/// The error of connecting, with advice.
pub(in super::super) fn of_open(url: &DatabaseUrl, error: &ConnectionError) -> Error {
    let text = url.redact(error.to_string().trim_end());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let english = in_english(&text);
    if contains(&english, &FULL) {
        let limit = if text.contains("for role") {
            ", or have it raised with `ALTER ROLE … CONNECTION LIMIT`"
        } else if text.contains("for database") {
            ", or have it raised with `ALTER DATABASE … CONNECTION LIMIT`"
        } else {
            ""
        };
        let message = format!(
            "the server of `{url}` takes no more connections now: {text}; try again, or share it among {}{limit}",
            SMALLER_POOLS.program
        );
        return Error::new(ErrorKind::Busy, message);
    }
    if contains(&english, &NOT_READY) {
        let message = format!(
            "the server of `{url}` takes no connection now: {text}; try again when it is ready"
        );
        return Error::new(ErrorKind::Busy, message);
    }
    let advice = missing(&text).or_else(|| open_password_file(url, &text));
    let advice = advice.or_else(|| {
        let advice = ADVICE.iter().find(|(signs, _)| contains(&text, signs));
        advice.map(|(_, advice)| (*advice).to_owned())
    });
    Error::new(
        ErrorKind::Database,
        format!(
            "cannot connect to `{url}`: {text}; {}",
            advice.unwrap_or_default()
        ),
    )
    .of_no_connection()
}

/// Whether a connection was refused because of settings that only a direct session can have: then there is a pooler in
/// front of the server.
pub(in super::super) fn is_refusal_of_options(error: &Error) -> bool {
    let text = error.to_string();
    let signs = ["startup parameter", "command-line options"];
    signs.iter().any(|sign| text.contains(sign))
}

/// The error of a server that does not answer while connecting.
pub(in super::super) fn of_silence(url: &DatabaseUrl, within: Duration) -> Error {
    let message = format!(
        "cannot connect to `{url}`: no answer within {} s; check that the server runs, that the network reaches it, \
         and that a pooler in between accepts enough clients (`max_client_conn`, and its limit of open files)",
        within.as_secs()
    );
    Error::new(ErrorKind::Database, message).of_no_connection()
}

/// Advice on a password file that libpq ignores because others may read it.
#[cfg(unix)]
fn open_password_file(url: &DatabaseUrl, text: &str) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    if !text.contains("no password supplied") {
        return None;
    }
    let file = match url.parameter("passfile") {
        Some(file) => file.into(),
        None => match std::env::var_os("PGPASSFILE") {
            Some(file) => std::path::PathBuf::from(file),
            None => std::env::home_dir()?.join(".pgpass"),
        },
    };
    let mode = std::fs::metadata(&file).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        format!(
            "libpq passes over the password file `{0}`, because others may read it: `chmod 600 {0}`",
            file.display()
        )
    })
}

#[cfg(not(unix))]
fn open_password_file(_: &DatabaseUrl, _: &str) -> Option<String> {
    None
}

/// Advice on how to create a missing database or role.
fn missing(text: &str) -> Option<String> {
    let made = |what: &str| {
        let (_, named) = text.split_once(&format!("{what} \""))?;
        let (name, rest) = named.split_once('"')?;
        rest.starts_with(" does not exist").then_some(name)
    };
    made("database")
        .map(|name| format!("make it with `createdb {name}`, or correct the URL"))
        .or_else(|| {
            made("role").map(|name| {
                if name.contains('…') {
                    // What stands behind the colon is a password, and is hidden.
                    "write the colon between user and password as `:`, not as a part of the user: \
                     `postgres://USER:PASSWORD@HOST/DATABASE`"
                        .to_owned()
                } else {
                    format!("make it with `createuser {name}`, or correct the URL")
                }
            })
        })
}
