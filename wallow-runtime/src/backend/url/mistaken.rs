//! Errors for texts that look like a URL or a connection string, but are not one that wallow reads: each says what was
//! probably meant.

use std::path::Path;

use wallow_schema::redact;

use super::refused;
use crate::error::Error;

/// The schemes that wallow reads.
const KNOWN: [&str; 4] = ["postgres", "postgresql", "sqlite", "file"];

/// Schemes of other programs, and the schemes that were probably meant.
const ALIASES: [(&str, &str); 7] = [
    ("pg", "postgres"),
    ("pgsql", "postgres"),
    ("psql", "postgres"),
    ("postgis", "postgres"),
    ("sqlite3", "sqlite"),
    ("timescaledb", "postgres"),
    ("yugabytedb", "postgres"),
];

/// Names with which a connection string begins: those of libpq and of other programs.
const PARAMETERS: [&str; 44] = [
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "data source",
    "database",
    "dbname",
    "driver",
    "fallback_application_name",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "initial catalog",
    "keepalives",
    "keepalives_idle",
    "krbsrvname",
    "load_balance_hosts",
    "options",
    "passfile",
    "password",
    "pooling",
    "port",
    "pwd",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "server",
    "service",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "uid",
    "user",
    "user id",
];

/// Parameters of SQLite's URIs.
const FILE_PARAMETERS: [&str; 6] = ["cache", "immutable", "mode", "modeof", "nolock", "psow"];

/// Parameters of encrypted databases.
const KEYS: [&str; 6] = ["cipher", "hexkey", "kdf_iter", "key", "password", "textkey"];

/// The error of a URL whose scheme wallow does not read.
pub(super) fn unknown_scheme(scheme: &str, rest: &str) -> Error {
    if let Some(inner) = scheme.strip_prefix("jdbc:") {
        return refused(format_args!(
            "`jdbc:` is for Java; leave it out: `{}`",
            redact::database(&format!("{inner}://{rest}"))
        ));
    }
    let base = scheme.split('+').next().unwrap_or(scheme);
    if let Some(meant) = near(base) {
        return refused(format_args!(
            "`{scheme}://` is no database that wallow knows; did you mean `{}`?",
            redact::database(&format!("{meant}://{rest}"))
        ));
    }
    refused(format_args!(
        "`{scheme}://` is no database that wallow knows; give the path of a SQLite file, or `postgres://…`"
    ))
}

/// The scheme that was probably meant.
fn near(scheme: &str) -> Option<&'static str> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == scheme);
    alias.map(|&(_, meant)| meant).or_else(|| {
        let distance = |known: &&str| strsim::osa_distance(scheme, known);
        let nearest = KNOWN.into_iter().min_by_key(distance)?;
        (distance(&nearest) <= 2.min(nearest.len() / 3)).then_some(nearest)
    })
}

/// Whether a text begins like a connection string: with the name of a parameter, and `=`.
pub(super) fn is_connection_string(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else {
        return false;
    };
    // `mysql:host=…` is PHP's.
    let name = name.rsplit(':').next().unwrap_or(name);
    let name = name.trim().trim_start_matches(['"', '\'']);
    let name = name.to_ascii_lowercase();
    let others = ["passwd", "pass", "username"];
    PARAMETERS.binary_search(&&*name).is_ok() || others.contains(&&*name)
}

/// The error for a text that could be a file name, but looks like something else. `None` if it is a file name.
pub(super) fn meant_otherwise(text: &str) -> Option<Error> {
    let file = |meant: &str| {
        refused(format_args!(
            "`{}` looks like a URL, but is none; did you mean `{}`? For a file of this name write `./NAME`",
            redact::database(text),
            redact::database(meant),
        ))
    };
    if text.contains("://")
        && !text
            .split("://")
            .next()
            .is_some_and(|head| head.contains(['/', '\\']))
    {
        return Some(refused(format_args!(
            "`{}` looks like a URL, but does not begin with its scheme; write `postgres://…` without quotes and \
             without anything before it, or `./NAME` for a file of this name",
            redact::database(text)
        )));
    }
    if text.starts_with('-') || redact::names_secret(text) {
        return Some(refused(format_args!(
            "`{}` looks like the arguments of a program, or like a connection string with something before it; write \
             `postgres://…`, or `host=… dbname=…` alone. For a file of this name write `./NAME`",
            hidden(text)
        )));
    }
    // `postgres:/host/db`, `postgresql:host/db`, `postgre//host/db`
    let word = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-_".contains(c))?;
    let (scheme, rest) = text.split_at(word);
    let scheme = scheme.to_ascii_lowercase();
    let base = scheme.split('+').next().unwrap_or_default();
    let is_separated = rest.starts_with("//") || rest.starts_with(':');
    if is_separated && let Some(meant) = near(base) {
        let rest = rest.trim_start_matches(':').trim_start_matches('/');
        // The text before the `@` may be a user, or a password.
        let rest = match rest.rsplit_once('@') {
            Some((before, host)) if !before.contains(':') => format!("USER@{host}"),
            _ => rest.to_owned(),
        };
        return Some(file(&format!("{meant}://{rest}")));
    }
    if scheme == "jdbc" && rest.starts_with(':') {
        return Some(unknown_scheme("jdbc:postgresql", "HOST/DATABASE"));
    }
    // `me:s3cret@db/runs`, `db:5432/runs`
    let before_at = text.rsplit_once('@').map(|(before, _)| before);
    let has_password = before_at
        .is_some_and(|before| before.contains(':') || redact::behind_colon(before).is_some());
    if has_password || begins_with_port(text) {
        return Some(file(&format!("postgres://{text}")));
    }
    None
}

/// The part of a text that certainly contains no password: its first word.
fn hidden(text: &str) -> String {
    let end = text.find(|c: char| c.is_whitespace() || "=:{".contains(c));
    match end {
        Some(end) => format!("{}…", &text[..end]),
        None => redact::database(text),
    }
}

/// The error for a path followed by parameters, as in other programs and in SQLite's URIs: SQLite would create a file
/// with the whole text as its name. `None` if that file exists, and for `./NAME`.
pub(super) fn parameters_of_path(path: &str) -> Option<Error> {
    let (file, query) = path.split_once('?')?;
    let is_parameter = |part: &str| {
        let name = part.split_once('=').map(|(name, _)| name);
        name.is_some_and(|name| FILE_PARAMETERS.contains(&name) || KEYS.contains(&name))
    };
    if file.starts_with('.') || !query.split('&').all(is_parameter) || Path::new(path).exists() {
        return None;
    }
    if let Some(error) = key_of_file(file, query) {
        return Some(error);
    }
    Some(refused(format_args!(
        "`{path}` would be a file of this name; did you mean `file:{path}`? If the file is called so, write \
         `file:{}`",
        path.replace('?', "%3F")
    )))
}

/// The error for a file with an encryption key among its parameters.
pub(super) fn key_of_file(file: &str, query: &str) -> Option<Error> {
    let is_key = |part: &str| {
        let name = part.split('=').next().unwrap_or(part).to_ascii_lowercase();
        KEYS.contains(&&*name)
    };
    query.split('&').any(is_key).then(|| {
        refused(format_args!(
            "`{file}` has a key behind it, but wallow opens no encrypted databases; name a file that is not encrypted"
        ))
    })
}

/// The error for a path that a shell would have turned into another one.
pub(super) fn unexpanded(path: &str) -> Option<Error> {
    let first = path.split(['/', '\\']).next().unwrap_or_default();
    if first.starts_with('~') && (first.len() < path.len() || first == "~") {
        return Some(refused(format_args!(
            "`{path}` begins with `{first}`, which only a shell replaces by a folder, and not within quotes or in a file; \
             write the whole path (in a `.env` also `${{HOME}}/…`), or `./{path}` for a folder of this name"
        )));
    }
    (path.matches('`').count() > 1 && !path.starts_with(['.', '/'])).then(|| {
        refused(format_args!(
            "`{path}` has a command in backticks, which only a shell runs, and not within single quotes or in a file; write \
             the whole path, or `./…` before a name that has backticks"
        ))
    })
}

/// The error for a path that ends as the path of a folder does.
pub(super) fn folder(path: &str) -> Option<Error> {
    let file = path.trim_end_matches('/');
    (file.len() < path.len()).then(|| {
        refused(format_args!(
            "`{path}` ends with `/`, as the path of a folder does; name a file, such as `{file}` or `{file}/runs.db`"
        ))
    })
}

/// The error for a path that looks like `USER:PASSWORD@HOST/DATABASE`.
pub(super) fn credentials_in_path(path: &str) -> Option<Error> {
    let place = path.trim_start_matches('/');
    let is_named = place.split('/').next()?.contains(':');
    let behind = place.split_once(':')?.1;
    (is_named && behind.contains('@')).then(|| {
        refused(format_args!(
            "`{}` looks like a URL with a password, but SQLite has neither users nor hosts; did you mean \
             `postgres://…`? For a file of this name write `./NAME`",
            redact::database(&format!("sqlite://{place}")).replacen("sqlite://", "", 1)
        ))
    })
}

/// `db:5432/runs`
fn begins_with_port(text: &str) -> bool {
    let Some((place, _)) = text.split_once('/') else {
        return false;
    };
    let port = place.split_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use crate::backend::DatabaseUrl;

    #[test]
    fn what_only_a_shell_replaces_is_refused_and_what_names_a_folder() {
        for (text, part) in [
            ("~/runs.db", "`./~/runs.db` for a folder"),
            ("~", "`./~` for"),
            ("~me/runs.db", "begins with `~me`"),
            ("file:~/runs.db", "`./~/runs.db` for a folder"),
            ("sqlite:~/runs.db", "`./~/runs.db` for a folder"),
            ("`pwd`/runs.db", "a command in backticks"),
            ("runs.db/", "such as `runs.db` or `runs.db/runs.db`"),
            ("file:data/", "ends with `/`"),
            ("sqlite:///data/", "ends with `/`"),
        ] {
            let error = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        for text in [
            "./~/runs.db",
            "~runs.db",
            "a~/runs.db",
            "./`a`/runs.db",
            "a`b",
        ] {
            assert!(DatabaseUrl::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_list_can_be_searched() {
        assert!(super::PARAMETERS.is_sorted());
    }
}
