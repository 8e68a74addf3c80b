//! The databases on which queries are tested.

use super::registry::Store;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    SqliteMemory,
    #[cfg(feature = "postgres")]
    Postgres,
}

impl Place {
    /// A store of an empty database.
    pub(crate) fn open(self) -> Store {
        match self {
            Place::SqliteMemory => Store::open(":memory:").unwrap(),
            #[cfg(feature = "postgres")]
            Place::Postgres => Store::open(postgres::fresh()).unwrap(),
        }
    }

    /// A text that the database can hold.
    pub(crate) fn holdable(self, text: String) -> String {
        match self {
            Place::SqliteMemory => text,
            #[cfg(feature = "postgres")]
            Place::Postgres => text.replace('\0', "."),
        }
    }
}

#[cfg(feature = "postgres")]
pub(crate) mod postgres {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use postgres_server::{Fresh, Server};

    /// Whether there is a server.
    pub(crate) fn is_there() -> bool {
        Server::shared().is_some()
    }

    /// The URL of a new schema in the one database of this program: quicker made than a database.
    pub(crate) fn fresh() -> String {
        static DATABASE: OnceLock<Fresh> = OnceLock::new();
        static MADE: AtomicU32 = AtomicU32::new(0);
        let database = DATABASE.get_or_init(|| Server::shared().unwrap().fresh());
        let schema = format!("place_{}", MADE.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE SCHEMA {schema}");
        database.server().psql(database.name(), &create).unwrap();
        format!("{}&options=-csearch_path%3D{schema}", database.url())
    }
}

/// Makes tests of functions that take a place: one for each kind of database.
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            use crate::place::Place;

            #[test]
            fn in_sqlite_memory() {
                super::$test(Place::SqliteMemory);
            }

            #[cfg(feature = "postgres")]
            #[test]
            fn on_postgres() {
                if crate::place::postgres::is_there() {
                    super::$test(Place::Postgres);
                }
            }
        }
    )+};
}
