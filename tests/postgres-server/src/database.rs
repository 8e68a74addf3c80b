//! A database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{Clock, Server};

/// Settings of the database that change the meaning of SQL or the form of answers. No test may depend on the defaults,
/// because the database of a user may have other settings.
const SETTINGS: [(&str, &str); 11] = [
    ("standard_conforming_strings", "off"),
    ("backslash_quote", "off"),
    ("escape_string_warning", "off"),
    ("transform_null_equals", "on"),
    ("array_nulls", "off"),
    ("DateStyle", "'German, DMY'"),
    ("IntervalStyle", "sql_standard"),
    ("extra_float_digits", "-15"),
    ("bytea_output", "escape"),
    ("quote_all_identifiers", "on"),
    ("TimeZone", "'Asia/Kathmandu'"),
];

/// An empty database, which is dropped with this value.
#[derive(Debug)]
pub struct Fresh {
    server: &'static Server,
    name: String,
}

impl Fresh {
    pub(crate) fn new(server: &'static Server) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        // With a collation that is not the order of bytes, if the server has one.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0");
        let made = server
            .psql(
                "postgres",
                &format!("{create} LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"),
            )
            .or_else(|_| server.psql("postgres", &create));
        assert!(made.is_ok(), "{made:?}");
        let settings = SETTINGS
            .map(|(setting, value)| format!("ALTER DATABASE {name} SET {setting} = {value};"));
        let set = server.psql("postgres", &settings.concat());
        assert!(set.is_ok(), "{set:?}");
        Fresh { server, name }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Its server.
    pub fn server(&self) -> &'static Server {
        self.server
    }

    /// Gives it a clock of its own.
    pub fn clock(&self) -> Clock {
        Clock::new(self.server, &self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let _ = self.server.psql("postgres", &drop);
    }
}
