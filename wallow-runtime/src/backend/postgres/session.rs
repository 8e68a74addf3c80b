//! The settings that wallow needs in a session beside those of the URL, and how it sets them.
//!
//! A session of the server may be shared: a pooler such as PgBouncer gives each transaction the next free session. A
//! setting of the session would then apply to another program, and another program could run a statement that was
//! prepared in it. So no statement ever changes a session unless the URL says that the pooler keeps it for the
//! connection (`pooler=session`). A direct connection gets its settings when it begins, through libpq's `options`,
//! which a pooler refuses or drops; a mark among these settings shows whether they arrived. Through a pooler, each
//! statement has a transaction of its own, with the settings for that transaction alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wallow_schema::ddl::{Dialect, quote_text};

use super::Target;
use super::environment::Environment;
use crate::backend::DatabaseUrl;
use crate::error::{Error, ErrorKind};

/// What stands between wallow and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooler {
    None,
    /// It gives each connection a session for as long as the connection lives.
    Session,
    /// It gives each transaction any session.
    Transaction,
}

/// The parameter of a URL that names it. It is wallow's own; libpq never sees it.
const PARAMETER: &str = "pooler";

/// The setting by which a session is recognised.
pub(super) const MARK: &str = "wallow.session";

/// What the connections of a store found out about a pooler.
#[derive(Debug, Default)]
pub(super) struct Found {
    is_there: AtomicBool,
    takes_transactions: AtomicBool,
}

impl Found {
    /// Whether each transaction gets any session.
    pub(super) fn is_there(&self) -> bool {
        self.is_there.load(Ordering::Relaxed)
    }

    pub(super) fn set_there(&self) {
        self.is_there.store(true, Ordering::Relaxed);
    }

    pub(super) fn takes_transactions(&self) -> bool {
        self.takes_transactions.load(Ordering::Relaxed)
    }

    pub(super) fn set_takes_transactions(&self) {
        self.takes_transactions.store(true, Ordering::Relaxed);
    }
}

/// What the URL says about a pooler.
pub(super) fn declared(url: &DatabaseUrl) -> Result<Option<Pooler>, Error> {
    match url.parameter(PARAMETER) {
        None => Ok(None),
        Some("none") => Ok(Some(Pooler::None)),
        Some("session") => Ok(Some(Pooler::Session)),
        Some("transaction") => Ok(Some(Pooler::Transaction)),
        Some(other) => {
            let advice = match other {
                "statement" => {
                    "wallow needs transactions: let the pooler pool sessions or transactions"
                }
                _ => {
                    "write `pooler=transaction`, `pooler=session` or `pooler=none`, or leave it out"
                }
            };
            let message = format!("cannot connect to `{url}`: pooler `{other}`: {advice}");
            Err(Error::new(ErrorKind::Database, message))
        }
    }
}

/// The settings that change what our statements mean or what the server answers. A role or a database may have other
/// values, but wallow relies on these. They are the server's defaults, except for the time zone.
const FIXED: [(&str, &str); 9] = [
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"),
    ("standard_conforming_strings", "on"),
    ("transform_null_equals", "off"),
    ("array_nulls", "on"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("quote_all_identifiers", "off"),
];

/// What a new transaction takes from its session.
const ISOLATION: (&str, &str) = ("default_transaction_isolation", "read committed");
const READ_ONLY: (&str, &str) = ("default_transaction_read_only", "on");

/// Lets a statement fail from which policies would hide rows.
const EVERY_ROW: (&str, &str) = ("row_security", "off");

/// The settings of a connection.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    read_only: bool,
    every_row: bool,
    /// The `options` of the user, for libpq.
    options: String,
}

impl Settings {
    pub(super) fn new(environment: &Environment, target: &Target) -> Self {
        let url = &target.url;
        let named = url.parameter("options").map(ToOwned::to_owned);
        let options = named.or_else(|| environment.value("options", Some("PGOPTIONS")));
        Settings {
            read_only: target.read_only,
            every_row: target.every_row,
            options: options.unwrap_or_default(),
        }
    }

    /// What wallow sets for a session, beside the wait for locks.
    fn own(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let asked = [(self.read_only, READ_ONLY), (self.every_row, EVERY_ROW)];
        let asked = asked.into_iter().filter(|(asked, _)| *asked);
        let asked = asked.map(|(_, setting)| setting);
        FIXED.into_iter().chain([ISOLATION]).chain(asked)
    }

    /// As libpq's `options`, for a session of our own. The user's settings apply, except those that wallow relies on.
    pub(super) fn as_options(&self, lock_timeout: Duration, mark: &str) -> String {
        let mut options = option("lock_timeout", &millis(lock_timeout));
        options.extend([" ", &self.options]);
        for (name, value) in self.own() {
            options.extend([" ", &option(name, value)]);
        }
        options.extend([" ", &option(MARK, mark)]);
        options
    }

    /// As a statement, for a session that a pooler keeps for this connection.
    pub(super) fn for_session(&self, lock_timeout: Duration) -> Result<String, Error> {
        let own = self.own();
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let wait = ("lock_timeout".to_owned(), millis(lock_timeout));
        let all = std::iter::once(wait).chain(self.users()?).chain(own);
        Ok(format!("SELECT {}", calls(all, false)))
    }

    /// For transactions that each get any session.
    pub(super) fn for_transaction(&self) -> Result<Beginning, Error> {
        let every_row = self.every_row.then_some(EVERY_ROW);
        let own = FIXED.into_iter().chain(every_row);
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let users = self.users()?;
        Ok(Beginning {
            read_only: self.read_only,
            is_usual: users.is_empty() && every_row.is_none(),
            settings: calls(users.into_iter().chain(own), true),
        })
    }

    /// The settings in the user's options, one by one, because a pooler does not pass options on.
    fn users(&self) -> Result<Vec<(String, String)>, Error> {
        let mut words = words(&self.options).into_iter();
        let mut pairs = Vec::new();
        while let Some(word) = words.next() {
            let setting = match word.strip_prefix("-c") {
                Some("") => words.next(),
                Some(setting) => Some(setting.to_owned()),
                None => word.strip_prefix("--").map(ToOwned::to_owned),
            };
            let pair = setting
                .as_deref()
                .and_then(|setting| setting.split_once('='));
            let Some((name, value)) = pair else {
                let message = format!(
                    "`{word}` in `options` cannot be set through a pooler; wallow sets `-c NAME=VALUE` there, and nothing \
                     else"
                );
                return Err(Error::new(ErrorKind::Database, message));
            };
            pairs.push((name.replace('-', "_"), value.to_owned()));
        }
        Ok(pairs)
    }
}

/// How a transaction begins through a pooler.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    read_only: bool,
    /// Whether nobody asked for settings: those are wallow's own, which make no difference to simple statements.
    is_usual: bool,
    /// The calls that set them.
    settings: String,
}

impl Beginning {
    pub(super) fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(super) fn is_usual(&self) -> bool {
        self.is_usual
    }

    pub(super) fn sql(&self, lock_timeout: Duration) -> String {
        let mode = if self.read_only { " READ ONLY" } else { "" };
        let (wait, settings) = (millis(lock_timeout), &self.settings);
        format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED{mode}; SELECT set_config('lock_timeout', '{wait}', true), {settings}"
        )
    }
}

/// A wait in milliseconds, as the server takes it. At least 1, because 0 means "no limit".
pub(super) fn millis(wait: Duration) -> String {
    wait.as_millis().clamp(1, i32::MAX as u128).to_string()
}

/// A setting among libpq's `options`.
fn option(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace(' ', "\\ ");
    format!("-c {name}={value}")
}

/// The words of libpq's `options`: a backslash takes the next character as it is.
fn words(options: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None;
    let mut chars = options.chars();
    while let Some(c) = chars.next() {
        if c.is_ascii_whitespace() {
            words.extend(word.take());
        } else {
            let c = if c == '\\' { chars.next() } else { Some(c) };
            word.get_or_insert_with(String::new).extend(c);
        }
    }
    words.extend(word);
    words
}

/// Calls that set all of these in a `SELECT`; unlike `SET`, they take a list as `options` do.
fn calls(settings: impl IntoIterator<Item = (String, String)>, local: bool) -> String {
    let calls = settings.into_iter().map(|(name, value)| {
        format!(
            "set_config({}, {}, {local})",
            quote_text(&name, Dialect::Postgres),
            quote_text(&value, Dialect::Postgres)
        )
    });
    calls.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(options: &str) -> Settings {
        Settings {
            read_only: true,
            every_row: false,
            options: options.into(),
        }
    }

    #[test]
    fn what_wallow_relies_on_comes_last() {
        assert_eq!(
            settings("-c search_path=a").as_options(Duration::ZERO, "mark"),
            "-c lock_timeout=1 -c search_path=a -c TimeZone=UTC -c DateStyle=ISO,\\ MDY \
             -c IntervalStyle=postgres -c standard_conforming_strings=on -c transform_null_equals=off \
             -c array_nulls=on -c extra_float_digits=1 -c bytea_output=hex -c quote_all_identifiers=off \
             -c default_transaction_isolation=read\\ committed -c default_transaction_read_only=on -c wallow.session=mark"
        );
    }

    #[test]
    fn options_are_read_as_the_server_reads_them() {
        let read = settings(r" -c search_path=a,b  -cwork_mem=1MB --statement-timeout=5\ s ")
            .users()
            .unwrap();
        let expected = [
            ("search_path", "a,b"),
            ("work_mem", "1MB"),
            ("statement_timeout", "5 s"),
        ];
        assert!(
            read.iter()
                .map(|(name, value)| (&**name, &**value))
                .eq(expected),
            "{read:?}"
        );
        for other in ["-d 5", "-c", "-c x", "x"] {
            let error = settings(other).users().unwrap_err();
            assert!(error.to_string().contains("-c NAME=VALUE"), "{error}");
        }
    }

    #[test]
    fn a_transaction_begins_with_all_settings() {
        let beginning = settings("-c search_path=it\'s").for_transaction().unwrap();
        assert_eq!(
            beginning.sql(Duration::from_secs(1)),
            "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SELECT set_config('lock_timeout', '1000', true), \
             set_config('search_path', 'it''s', true), set_config('TimeZone', 'UTC', true), \
             set_config('DateStyle', 'ISO, MDY', true), set_config('IntervalStyle', 'postgres', true), \
             set_config('standard_conforming_strings', 'on', true), \
             set_config('transform_null_equals', 'off', true), set_config('array_nulls', 'on', true), \
             set_config('extra_float_digits', '1', true), set_config('bytea_output', 'hex', true), \
             set_config('quote_all_identifiers', 'off', true)"
        );
    }
}
