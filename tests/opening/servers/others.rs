//! Servers that speak PostgreSQL's protocol and are none. Here PostgreSQL itself answers as they do: the search path finds
//! a function `version` of the test before the server's own.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use super::*;

/// The texts of warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                let _ = write!(self.0, "{value:?} ");
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

/// A database that answers with this version, and the warnings of opening it.
fn answering(version: &str) -> Option<(Fresh, String)> {
    let database = Server::shared()?.fresh();
    let sql = format!(
        "CREATE SCHEMA other; CREATE FUNCTION other.version() RETURNS text LANGUAGE sql AS $$ SELECT '{version}' $$"
    );
    let server = database.server();
    server.psql(database.name(), &sql).unwrap();
    let url = format!(
        "{}&options=-c%20search_path%3Dother,pg_catalog,public",
        database.url()
    );
    Some((database, url))
}

#[test]
fn a_server_that_is_not_tested_is_warned_of_once_for_each_store() {
    for (version, name) in [
        (
            "CockroachDB CCL v23.1.14 (x86_64-pc-linux-gnu)",
            "CockroachDB",
        ),
        (
            "PostgreSQL 11.2-YB-2.18.0.0-b0 on x86_64-pc-linux-gnu",
            "YugabyteDB",
        ),
    ] {
        let Some((_database, url)) = answering(version) else {
            return;
        };
        let warnings = Warnings::default();
        let store =
            tracing::subscriber::with_default(warnings.clone(), || Store::open(&url).unwrap());
        assert_usable(&store);
        let warned = warnings.0.lock().unwrap().clone();
        assert_eq!(warned.len(), 1, "{warned:?}");
        for part in [name, version, "not tested"] {
            assert!(warned[0].contains(part), "{part}\n{warned:?}");
        }
    }
}

#[test]
fn aurora_dsql_is_refused_with_the_reason() {
    let Some((_database, url)) = answering("PostgreSQL 16") else {
        return;
    };
    refused(&url, ErrorKind::Database, &["Aurora DSQL", "SKIP LOCKED"]);
    // By its name, before anything is asked.
    refused(
        "postgres://admin@abc.dsql.eu-west-1.on.aws/postgres",
        ErrorKind::Database,
        &["Aurora DSQL", "use a PostgreSQL server"],
    );
}

/// Following the advice solves it: the extension belongs to one database, not to the server.
#[test]
fn citus_is_refused_with_the_reason() {
    let Some(server) = Server::shared() else {
        return;
    };
    let (citus, plain) = (server.fresh(), server.fresh());
    server
        .psql(citus.name(), "CREATE TABLE pg_dist_node ()")
        .unwrap();
    for url in [
        citus.url().clone(),
        format!("{}&pooler=transaction", citus.url()),
    ] {
        refused(
            &url,
            ErrorKind::Database,
            &["extension `citus`", "without the extension"],
        );
    }
    assert_usable(&Store::open(plain.url()).unwrap());
}
