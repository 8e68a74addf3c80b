//! The tables `[project]` and `[database]`.

use std::fmt;

use super::Layout;
use crate::redact;

/// The `[project]` table, with defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The name of the project; never blank.
    pub name: String,
    /// What the project is about, for people.
    pub description: Option<String>,
    /// How many significant digits of an identifying float count; at least 1, and 12 by default.
    pub float_precision: u32,
    /// The folder above all artefacts; never blank.
    pub artefacts_root: Option<String>,
    /// The place of one run's artefacts below the root.
    pub artefacts_layout: Layout,
    /// Whether the history of attempts is kept, in a table of its own.
    pub attempts: bool,
    /// What `Identifying::from_config` leaves out of a configuration: paths of values, or of all values below.
    pub ignored: Vec<String>,
}

impl Project {
    /// The `float_precision` of a file that does not set it.
    pub const DEFAULT_FLOAT_PRECISION: u32 = 12;
}

/// The `[database]` table, with defaults filled in. Its `Debug` shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    /// The database of the `wallow` command; never blank. A program may open another one. It may contain a password;
    /// show it only with [`redact::database`].
    pub url: Option<String>,
    /// The folder of the migrations, relative to the schema file; never blank.
    pub migrations: String,
    /// The folder of the diesel migrations that the program itself has for the same database, relative to the schema
    /// file; never blank. They are noted in the same table, so wallow must not take them for migrations of a newer
    /// version.
    pub other_migrations: Option<String>,
}

impl Database {
    /// The `migrations` of a file that does not set it.
    pub const DEFAULT_MIGRATIONS: &str = "migrations";
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("url", &self.url.as_deref().map(redact::database))
            .field("migrations", &self.migrations)
            .field("other_migrations", &self.other_migrations)
            .finish()
    }
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            migrations: Self::DEFAULT_MIGRATIONS.to_owned(),
            other_migrations: None,
        }
    }
}
