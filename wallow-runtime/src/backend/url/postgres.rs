//! A PostgreSQL server, named by a URL or by a connection string of libpq: its parameters, one by one.
//!
//! libpq never gets the URL. It splits a URL differently (a password ends at the first `@`), and quotes the part that
//! it could not read in its messages, which may then be the rest of the password.

#[cfg(feature = "postgres")]
use std::collections::BTreeSet;

use wallow_schema::redact;

use super::{decoded, refused};
use crate::error::Error;

/// Parameters of wallow's own, which libpq does not know.
#[cfg(feature = "postgres")]
const OWN: [&str; 1] = ["pooler"];

/// Shown instead of a password: in messages, and in the schema that is compiled into a program.
const HIDDEN: &str = "…";

/// Parameters whose values are secret.
#[cfg(feature = "postgres")]
const SECRET: [&str; 2] = ["password", "sslpassword"];

/// The parameters of a connection, in the order in which they were given. If a name occurs twice, the last value
/// counts.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Server {
    parameters: Vec<(String, String)>,
}

impl Server {
    /// The server of a URL; `rest` is what follows its `://`.
    pub(super) fn of_url(url: &str, rest: &str) -> Result<Self, Error> {
        let displayed = redact::database(url);
        let Some(parts) = redact::parts(rest) else {
            return Err(refused(format_args!(
                "cannot read the URL `{displayed}`: {}",
                mistake(rest)
            )));
        };
        let read = |what: &str, text: &str| {
            let text = decoded(text).filter(|text| !text.contains('\0'));
            text.ok_or_else(|| {
                refused(format_args!(
                    "cannot read the {what} in the URL `{displayed}`: a `%` is followed by two digits of a byte in \
                     UTF-8, such as `%40` for `@`; write `%25` for `%` itself"
                ))
            })
        };
        let mut parameters = Vec::new();
        let mut put = |name: &str, value: String| {
            if !value.is_empty() {
                parameters.push((name.to_owned(), value));
            }
        };
        if let Some(user) = parts.user {
            put("user", read("user", &rest[user])?);
        }
        if let Some(password) = parts.password {
            let password = read("password", &rest[password])?;
            if password == HIDDEN {
                return Err(refused(format_args!(
                    "the URL `{displayed}` has no password: `…` is what is shown of one; set `WALLOW_DATABASE_URL` to \
                     the whole URL, or write it without `:…` and keep the password in libpq's password file \
                     (`~/.pgpass`)"
                )));
            }
            put("password", password);
        }
        let places = rest[parts.hosts].split(',').map(host_and_port);
        let (hosts, numbers): (Vec<_>, Vec<_>) = places.unzip();
        let hosts = hosts.into_iter().map(|host| read("host", host));
        for (name, values) in [
            ("host", hosts.collect::<Result<Vec<_>, _>>()?),
            ("port", numbers.into_iter().map(ToOwned::to_owned).collect()),
        ] {
            if values.iter().any(|value| !value.is_empty()) {
                put(name, values.join(","));
            }
        }
        if let Some(path) = parts.path {
            put("dbname", read("database", &rest[path])?);
        }
        for (name, value) in parts.query {
            let name = read("parameters", &rest[name])?;
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
            if !name.bytes().all(is_name) {
                return Err(refused(format_args!(
                    "cannot read the URL `{displayed}`: a parameter has a name that none has; behind its `?` stand \
                     parameters such as `sslmode=require`"
                )));
            }
            let value = read("parameters", &rest[value])?;
            match (&*name, &*value) {
                // Names of JDBC and of asyncpg.
                ("ssl", "true" | "on" | "1") => put("sslmode", "require".into()),
                ("ssl", mode) => put("sslmode", mode.into()),
                _ => put(&name, value),
            }
        }
        Server { parameters }.with_real_ports(&displayed)
    }

    /// Checks that every port is a number from 1 to 65535.
    fn with_real_ports(self, displayed: &str) -> Result<Self, Error> {
        let ports = self.parameters.iter().filter(|(name, _)| name == "port");
        let mut ports = ports.flat_map(|(_, ports)| ports.split(','));
        let is_port = |port: &str| {
            let port = port.trim();
            port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0)
        };
        if ports.all(is_port) {
            return Ok(self);
        }
        Err(refused(format_args!(
            "cannot connect to `{displayed}`: its port is no number from 1 to 65535; PostgreSQL's own is 5432"
        )))
    }

    /// The server of a connection string.
    pub(super) fn of_pairs(text: &str) -> Result<Self, Error> {
        let parameters = pairs(text).filter(|pairs| {
            let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            pairs.iter().all(|(name, _)| name.bytes().all(is_name))
        });
        let displayed = redact::database(text);
        let Some(parameters) = parameters else {
            return Err(refused(format_args!(
                "cannot read the connection string `{displayed}`; write `host=HOST port=PORT dbname=DATABASE user=USER \
                 password='PASSWORD'` with blanks between, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or \
                 `./NAME` for a file of this name"
            )));
        };
        Server { parameters }.with_real_ports(&displayed)
    }

    /// The parameters for libpq.
    #[cfg(feature = "postgres")]
    pub(super) fn complete(&self, more: &[(&str, String)]) -> String {
        let named = self.parameters.iter();
        let named = named.map(|(name, value)| (name.as_str(), value.as_str()));
        let more = more.iter().map(|(name, value)| (*name, value.as_str()));
        let mut text = String::new();
        for (name, value) in named.chain(more) {
            if OWN.contains(&name) {
                continue;
            }
            let value = value.replace('\\', "\\\\").replace('\'', "\\'");
            text.extend([
                if text.is_empty() { "" } else { " " },
                name,
                "='",
                &value,
                "'",
            ]);
        }
        text
    }

    /// The value of a parameter. If it is given twice, the last value counts.
    #[cfg(feature = "postgres")]
    pub(super) fn parameter(&self, parameter: &str) -> Option<&str> {
        let mut named = self.parameters.iter().rev();
        let found = named.find(|(name, _)| name == parameter);
        found.map(|(_, value)| value.as_str())
    }

    /// A text without the passwords. A password that equals the user or the host, for example, is not hidden, because
    /// it would only make the message unreadable.
    #[cfg(feature = "postgres")]
    pub(super) fn redact(&self, text: &str) -> String {
        let is_secret = |name: &str| SECRET.contains(&name);
        let known = self.parameters.iter().filter(|(name, _)| !is_secret(name));
        let known = known
            .map(|(_, value)| value.as_str())
            .collect::<BTreeSet<_>>();
        let secrets = self.parameters.iter().flat_map(|(name, value)| {
            let hosts = value.split(',').filter(|host| host.contains('@'));
            match &**name {
                "user" => redact::behind_colon(value).into_iter().collect(),
                // An `@` that was escaped makes user and password part of the host.
                "host" => hosts.filter_map(redact::behind_colon).collect(),
                name if is_secret(name) => vec![value.as_str()],
                _ => Vec::new(),
            }
        });
        let mut text = text.to_owned();
        for secret in secrets.filter(|secret| !known.contains(secret)) {
            text = redact::without(&text, secret);
        }
        text
    }
}

/// What is wrong with a URL whose parts cannot be told apart, and how to write it. No part of the URL is quoted,
/// because what looks like a host or a port may be the rest of a password.
fn mistake(rest: &str) -> &'static str {
    // Characters that a password may contain are checked first, because they are the usual reason.
    if let Some(at) = rest.rfind('@') {
        let before = &rest[..at];
        let query = rest.find('?').is_some_and(|mark| mark < at) && before.contains('=');
        if query {
            return "an `@` stands behind the `?` of its parameters: write `%40` for an `@` in a value, and `%3F` for a \
                    `?` in the password";
        }
        if before.contains('@') {
            return "it has more than one `@`: write `%40` for an `@` in the user or the password";
        }
        if before.contains('/') {
            return "a `/` stands before its `@`: write `%2F` for a `/` in the password, and `%40` for an `@` in the \
                    database";
        }
    } else if rest.split(['/', '?']).next().is_some_and(is_password_alone) {
        return "behind the `:` stands no port, which is a number; behind a password comes `@HOST`, and an `@` in the \
                password itself is `%40`";
    }
    let behind = &rest[rest.rfind('@').map_or(0, |at| at + 1)..];
    let (hosts, query) = match behind.split_once('?') {
        Some((hosts, query)) => (hosts, Some(query)),
        None => (behind, None),
    };
    let hosts = hosts.split('/').next().unwrap_or(hosts);
    let is_host = |c: char| c.is_alphanumeric() || ".-_%:,[]".contains(c);
    if !hosts.chars().all(is_host) {
        return "its host has a character that no host has: write `%20` for a blank, `%2F` for a `/` and `%40` for an \
                `@` that belongs to the user, the password or the folder of a socket";
    }
    if query.is_some_and(|query| {
        !query
            .split('&')
            .all(|part| part.is_empty() || part.contains('='))
    }) {
        return "behind its `?` stand parameters with a value each, such as `sslmode=require`, and `&` between them; \
                write `%3F` for a `?` and `%40` for an `@` in the password";
    }
    if hosts.matches('[').count() != hosts.matches(']').count() {
        return "its host begins with `[` and has no `]`: an address of IPv6 is written `[::1]`, with the port behind it";
    }
    if hosts.contains(':') {
        return "its port is no number: write `HOST:5432`, or leave `:PORT` out; a `:` in the password is `%3A`, and \
                an `@` there is `%40`";
    }
    "within user, password and database write `%40` for `@`, `%2F` for `/`, `%3A` for `:`, `%3F` for `?` and `%25` for \
     `%`; behind a `?` stand parameters like `sslmode=require`"
}

/// `me:s3cret`, with no host after it.
fn is_password_alone(place: &str) -> bool {
    let port = place.split_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `db`, `db:5432`, `[::1]:5432`.
fn host_and_port(host: &str) -> (&str, &str) {
    match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':').unwrap_or(port)),
        None => host.split_once(':').unwrap_or((host, "")),
    }
}

/// A sequence of `name = value`, with libpq's rules: a value is in quotes or ends at a blank, and `\` escapes the next
/// character. `None` if the text does not follow these rules.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, value) = rest.split_once('=')?;
        let name = name.trim_end();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let value = value.trim_start();
        let quoted = value.strip_prefix('\'');
        let mut chars = quoted.unwrap_or(value).char_indices();
        let mut read = String::new();
        let end = loop {
            match chars.next() {
                Some((_, '\\')) => read.push(chars.next()?.1),
                Some((end, '\'')) if quoted.is_some() => break end + 1,
                Some((end, c)) if quoted.is_none() && c.is_whitespace() => break end,
                // Separators of other programs.
                Some((_, ';')) if quoted.is_none() => return None,
                Some((_, c)) => read.push(c),
                None if quoted.is_none() => break value.len(),
                None => return None,
            }
        };
        if read.contains('\0') {
            return None;
        }
        pairs.push((name.to_owned(), read));
        rest = quoted.unwrap_or(value)[end..].trim_start();
    }
    Some(pairs)
}
