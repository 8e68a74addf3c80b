//! Kinds of databases, for tests that create hundreds of them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres_server::{Fresh, PgBouncer, Server};

/// A kind of database, of which a test can create any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In memory.
    SqliteMemory,
    /// On a PostgreSQL server.
    Postgres,
    /// PostgreSQL through a pooler.
    Pooled,
}

impl Kind {
    /// Whether this machine has it.
    pub fn is_there(self) -> bool {
        match self {
            Kind::SqliteMemory => true,
            Kind::Postgres => Server::shared().is_some(),
            Kind::Pooled => PgBouncer::shared().is_some(),
        }
    }

    /// The URL of a new, empty one. On a server it is a new schema in the single database of this program, which is
    /// faster to create than a database.
    pub fn fresh(self) -> String {
        static DATABASE: OnceLock<Fresh> = OnceLock::new();
        static MADE: AtomicU32 = AtomicU32::new(0);
        if self == Kind::SqliteMemory {
            return ":memory:".to_owned();
        }
        let database = DATABASE.get_or_init(|| Server::shared().unwrap().fresh());
        let schema = format!("place_{}", MADE.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE SCHEMA {schema}");
        database.server().psql(database.name(), &create).unwrap();
        let url = match PgBouncer::shared() {
            Some((pooler, _)) if self == Kind::Pooled => pooler.url(database.name()),
            _ => database.url(),
        };
        format!("{url}&options=-csearch_path%3D{schema}")
    }

    /// A text that the database can store.
    pub fn holdable(self, text: String) -> String {
        match self {
            Kind::SqliteMemory => text,
            Kind::Postgres | Kind::Pooled => text.replace('\0', "."),
        }
    }
}
