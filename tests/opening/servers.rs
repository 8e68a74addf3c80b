//! Errors of a PostgreSQL server, libpq or a pooler, and wallow's messages for them: the tests follow the advice of
//! each message, which solves the problem.

mod columns;
mod doors;
mod others;

use std::time::Duration;

use postgres_server::{Fresh, Server, Standby};
use wallow::diesel::connection::SimpleConnection as _;
use wallow::{Error, ErrorKind, OnDuplicate};

use crate::assert_usable;
use crate::types::{Annotating, Store, key};

/// A database, and a role of its own that may only log in.
struct Place {
    fresh: Fresh,
    role: String,
}

impl Place {
    /// `None` if there is no server.
    fn new() -> Option<Self> {
        let fresh = Server::shared()?.fresh();
        let role = format!("{}_role", fresh.name());
        let place = Place { fresh, role };
        place.runs(&format!("CREATE ROLE {} LOGIN", place.role));
        Some(place)
    }

    /// A role that may create tables.
    fn with_rights() -> Option<Self> {
        let place = Place::new()?;
        place.runs("GRANT CREATE ON SCHEMA public TO PUBLIC");
        Some(place)
    }

    /// The URL for the role, with more parameters.
    fn url(&self, parameters: &str) -> String {
        let user = format!("user={}", self.role);
        self.fresh.url().replace("user=postgres", &user) + parameters
    }

    /// Runs SQL as an administrator.
    fn runs(&self, sql: &str) -> String {
        let server = self.fresh.server();
        server.psql(self.fresh.name(), sql).unwrap()
    }

    fn refused(&self, parameters: &str, kind: ErrorKind, parts: &[&str]) -> Error {
        refused(&self.url(parameters), kind, parts)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let role = &self.role;
        self.runs(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
    }
}

/// The error of opening, whose text contains these parts.
#[track_caller]
fn refused(url: &str, kind: ErrorKind, parts: &[&str]) -> Error {
    let options = Store::options().busy_timeout(Duration::from_millis(200));
    expect_report(options.open(url).unwrap_err(), kind, parts)
}

#[track_caller]
fn expect_report(error: Error, kind: ErrorKind, parts: &[&str]) -> Error {
    assert_eq!(error.kind(), kind, "{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "{part}\n{error}");
    }
    error
}

#[test]
fn a_role_that_may_make_no_table_learns_which_right_it_lacks() {
    let Some(place) = Place::new() else { return };
    place.refused(
        "",
        ErrorKind::Database,
        &[
            "permission denied for schema public",
            "`GRANT CREATE ON SCHEMA public TO PUBLIC`",
        ],
    );
    place.runs("GRANT CREATE ON SCHEMA public TO PUBLIC");
    assert_usable(&Store::open(place.url("")).unwrap());
}

#[test]
fn a_role_that_may_not_write_the_table_learns_which_right_it_lacks() {
    let Some(place) = Place::new() else { return };
    drop(Store::open(place.fresh.url()).unwrap());
    place.runs(&format!("GRANT SELECT ON runs TO {}", place.role));
    let store = Store::open(place.url("")).unwrap();
    assert_eq!(store.find(&key("a")).unwrap(), None);
    let outcome = store.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    let grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON runs TO ROLE";
    expect_report(
        outcome.unwrap_err().into(),
        ErrorKind::Database,
        &["permission denied for table runs", grant],
    );
    place.runs(&grant.replace("ROLE", &place.role));
    assert_usable(&store);
}

#[test]
fn a_search_path_without_a_schema_is_reported() {
    let Some(place) = Place::with_rights() else {
        return;
    };
    place.runs(&format!(
        "ALTER ROLE {} SET search_path = nowhere",
        place.role
    ));
    let parameter = "options=-c%20search_path%3Dpublic";
    place.refused(
        "",
        ErrorKind::Database,
        &["no schema has been selected to create in", parameter],
    );
    assert_usable(&Store::open(place.url(&format!("&{parameter}"))).unwrap());
}

#[test]
fn notes_on_migrations_in_another_schema_are_not_taken_for_those_of_the_runs() {
    let Some(place) = Place::with_rights() else {
        return;
    };
    place.runs(&format!(
        "CREATE SCHEMA lab AUTHORIZATION {}; \
         CREATE TABLE public.__diesel_schema_migrations (version TEXT PRIMARY KEY, run_on TIMESTAMP); \
         GRANT SELECT ON public.__diesel_schema_migrations TO PUBLIC; \
         INSERT INTO public.__diesel_schema_migrations VALUES ('20260101000000')",
        place.role
    ));
    let lab = "options=-c%20search_path%3Dlab";
    drop(Store::open(place.url(&format!("&{lab}"))).unwrap());
    place.refused(
        "&options=-c%20search_path%3Dlab,public",
        ErrorKind::SchemaMismatch,
        &["`runs` in the schema `lab`", "migrations in `public`", lab],
    );
    assert_usable(&Store::open(place.url(&format!("&{lab}"))).unwrap());
}

#[test]
fn a_statement_that_takes_too_long_is_no_lock() {
    let Some(place) = Place::with_rights() else {
        return;
    };
    drop(Store::open(place.url("")).unwrap());
    place.runs(&format!(
        "ALTER ROLE {} SET statement_timeout = '300ms'",
        place.role
    ));
    let sleep = |store: &Store, seconds: f64| {
        store.with_postgres(|conn| conn.batch_execute(&format!("SELECT pg_sleep({seconds})")))
    };
    let parameter = "options=-c%20statement_timeout%3D0";
    expect_report(
        sleep(&Store::open(place.url("")).unwrap(), 20.0).unwrap_err(),
        ErrorKind::Database,
        &["due to statement timeout", "`statement_timeout`", parameter],
    );
    let store = Store::open(place.url(&format!("&{parameter}"))).unwrap();
    sleep(&store, 0.5).unwrap();
}

#[test]
fn limits_on_connections_are_busy() {
    let Some(place) = Place::with_rights() else {
        return;
    };
    place.runs(&format!("ALTER ROLE {} CONNECTION LIMIT 1", place.role));
    let store = Store::open(place.url("")).unwrap();
    place.refused(
        "",
        ErrorKind::Busy,
        &[
            "too many connections for role",
            "`ALTER ROLE … CONNECTION LIMIT`",
        ],
    );
    place.runs(&format!(
        "ALTER ROLE {} CONNECTION LIMIT 2; ALTER DATABASE {} CONNECTION LIMIT 1",
        place.role,
        place.fresh.name()
    ));
    place.refused(
        "",
        ErrorKind::Busy,
        &[
            "too many connections for database",
            "`ALTER DATABASE … CONNECTION LIMIT`",
        ],
    );
    place.runs(&format!(
        "ALTER DATABASE {} CONNECTION LIMIT 2",
        place.fresh.name()
    ));
    assert_usable(&Store::open(place.url("")).unwrap());
    drop(store);
}

#[test]
fn a_database_or_a_role_that_is_not_there_is_named_with_its_command() {
    let Some(place) = Place::new() else { return };
    let url = place.fresh.url().replace(place.fresh.name(), "nowhere");
    refused(
        &url,
        ErrorKind::Database,
        &["\"nowhere\" does not exist", "`createdb nowhere`"],
    );
    let url = place
        .fresh
        .url()
        .replace("user=postgres", "user=nobody_here");
    refused(&url, ErrorKind::Database, &["`createuser nobody_here`"]);
}

#[test]
fn parameters_that_are_none_are_named_without_their_values() {
    let Some(place) = Place::new() else { return };
    let error = place.refused(
        "&pasword=s3cret",
        ErrorKind::Database,
        &[
            "invalid connection option \"pasword\"",
            "correct or remove this parameter",
        ],
    );
    assert!(!error.to_string().contains("s3cret"), "{error}");
}

#[test]
fn a_server_without_tls_is_reported() {
    let server = Server::options().tcp().start();
    let Ok(server) = server else {
        assert!(Server::shared().is_none());
        return;
    };
    let url = format!(
        "postgres://postgres@127.0.0.1:{}/postgres",
        server.port().unwrap()
    );
    let error = Store::open(format!("{url}?sslmode=require"))
        .unwrap_err()
        .to_string();
    let way = if error.contains("not compiled in") {
        // `postgres-bundled`
        assert!(
            error.contains("cargo feature `postgres` in the place of"),
            "{error}"
        );
        "sslmode=disable"
    } else {
        assert!(error.contains("does not support SSL"), "{error}");
        "sslmode=prefer"
    };
    assert!(error.contains(way), "{error}");
    assert_usable(&Store::open(format!("{url}?{way}")).unwrap());
}

/// A database that cannot hold every character.
#[test]
fn a_character_that_a_database_cannot_hold_is_reported_with_its_field() {
    let Some(server) = Server::shared() else {
        return;
    };
    let fresh = server.fresh();
    let name = format!("{}_latin1", fresh.name());
    let create = format!(
        "CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    );
    server.psql("postgres", &create).unwrap();
    let store = Store::open(server.url(&name)).unwrap();
    let note = |text: &str| Annotating::new().note(text);
    let register = |label: &str, patch: &Annotating| {
        store.register(&key(label), patch, OnDuplicate::Overwrite)
    };
    register("café", &note("naïve")).unwrap();
    for _ in 0..2 {
        let found = store.find(&key("café")).unwrap().unwrap();
        assert_eq!(found.note.as_deref(), Some("naïve"));
        for (error, field) in [
            (register("a", &note("so ☃ so")).unwrap_err(), "note"),
            (register("café", &note("☃")).unwrap_err(), "note"),
            (register("☃", &Annotating::new()).unwrap_err(), "label"),
        ] {
            let error = expect_report(
                error.into(),
                ErrorKind::Validation,
                &[
                    &format!("field `{field}`"),
                    "`☃` (U+2603)",
                    "LATIN1",
                    "createdb --encoding UTF8",
                ],
            );
            assert_eq!(error.field(), Some(field));
        }
        let many = (0..50).map(|index| (key(&index.to_string()), note("☃")));
        let error: Error = store
            .register_many(many, OnDuplicate::Skip)
            .unwrap_err()
            .into();
        assert_eq!(error.field(), Some("note"), "{error}");
        let json = Annotating::new().extra(serde_json::json!({"a": "☃"}));
        let error: Error = register("b", &json).unwrap_err().into();
        assert_eq!(error.field(), Some("extra"), "{error}");
    }
    assert_eq!(store.count().unwrap(), 1);
    drop(store);
    server
        .psql("postgres", &format!("DROP DATABASE {name} WITH (FORCE)"))
        .unwrap();
}

#[test]
fn what_stands_in_the_way_is_named() {
    let Some(place) = Place::with_rights() else {
        return;
    };
    let store = Store::open(place.url("")).unwrap();
    let execute = |sql: &str| store.with_postgres(|conn| conn.batch_execute(sql));
    execute("CREATE VIEW best AS SELECT note FROM runs").unwrap();
    expect_report(
        execute("ALTER TABLE runs DROP COLUMN note").unwrap_err(),
        ErrorKind::Database,
        &[
            "view best depends on column note of table runs",
            "drop what depends on it first",
        ],
    );
    execute("DROP VIEW best; ALTER TABLE runs DROP COLUMN note").unwrap();
    expect_report(
        execute("SELECT labe FROM runs").unwrap_err(),
        ErrorKind::Database,
        &["the server's hint: Perhaps you meant to reference the column"],
    );
    execute("ALTER TABLE runs ADD COLUMN twice BIGINT").unwrap();
    let _ = store.with_postgres(|conn| {
        conn.batch_execute(
            "INSERT INTO runs (uuid, created_at, updated_at, label, twice) VALUES \
             ('a', now(), now(), 'a', 1), ('b', now(), now(), 'b', 1)",
        )
    });
    expect_report(
        execute("CREATE UNIQUE INDEX x ON runs (twice)").unwrap_err(),
        ErrorKind::Database,
        &["Key (twice)=(1) is duplicated"],
    );
}

#[test]
fn a_standby_is_read_and_says_where_it_is_written() {
    let Ok(primary) = Server::start() else {
        assert!(Server::shared().is_none());
        return;
    };
    drop(Store::open(primary.url("postgres")).unwrap());
    let standby = Standby::of(&primary).unwrap();
    let url = standby.server().url("postgres");
    let store = Store::open(&url).unwrap();
    assert_eq!(store.find(&key("a")).unwrap(), None);
    let outcome = store.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    expect_report(
        outcome.unwrap_err().into(),
        ErrorKind::Database,
        &["read-only transaction", "name the primary server"],
    );
    assert_usable(&Store::open(primary.url("postgres")).unwrap());
}
