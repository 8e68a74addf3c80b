//! What is compiled into a program beside its types: the schema, and the migrations.

use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;

use crate::error::{Error, ErrorKind};

/// The text of a wallow.toml that was compiled into the program.
#[derive(Debug)]
pub struct EmbeddedSchema {
    text: &'static str,
    origin: &'static str,
    path: &'static str,
    parsed: OnceLock<Result<Schema, String>>,
}

impl EmbeddedSchema {
    /// A schema of this text, from the file `origin`, which was at `path` when the program was compiled.
    pub const fn new(origin: &'static str, path: &'static str, text: &'static str) -> Self {
        EmbeddedSchema {
            text,
            origin,
            path,
            parsed: OnceLock::new(),
        }
    }

    /// The folder that the file was in.
    pub fn folder(&self) -> &'static Path {
        Path::new(self.path).parent().unwrap_or(Path::new("."))
    }

    /// The schema.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if the text is not valid; `wallow_schema!` never emits such a text.
    pub fn get(&self) -> Result<&Schema, Error> {
        self.parsed
            .get_or_init(|| {
                wallow_schema::parse(self.text, self.origin).map_err(|errors| errors.to_string())
            })
            .as_ref()
            .map_err(|errors| Error::new(ErrorKind::Schema, errors.as_str()))
    }
}

/// A migration for one kind of database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The version as diesel notes it: digits only.
    pub version: Cow<'static, str>,
    /// The name of its folder.
    pub name: Cow<'static, str>,
    /// What `up.sql` says.
    pub up: Cow<'static, str>,
    /// What `down.sql` says.
    pub down: Cow<'static, str>,
}

impl Script {
    /// A script that is compiled into the program.
    #[doc(hidden)]
    pub const fn embedded(
        version: &'static str,
        name: &'static str,
        up: &'static str,
        down: &'static str,
    ) -> Self {
        Script {
            version: Cow::Borrowed(version),
            name: Cow::Borrowed(name),
            up: Cow::Borrowed(up),
            down: Cow::Borrowed(down),
        }
    }
}

/// The migrations of a program, in order, for each kind of database.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedScripts {
    pub sqlite: &'static [Script],
    pub postgres: &'static [Script],
    /// The snapshot of the first one: the schema of the table that it makes.
    pub first: &'static str,
    /// The `float_precision` of the newest snapshot, if it is another than that of the schema and a float of the key is
    /// in both.
    pub other_precision: Option<u32>,
    /// The versions of the program's other migrations, for tables of its own.
    pub others: &'static [Cow<'static, str>],
}

/// The migrations of a program for one kind of database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProgramMigrations {
    pub(crate) scripts: &'static [Script],
    pub(crate) first: &'static str,
    pub(crate) other_precision: Option<u32>,
    pub(crate) others: &'static [Cow<'static, str>],
}

impl EmbeddedScripts {
    /// For a program whose schema has no folder of migrations.
    pub const NONE: Self = EmbeddedScripts {
        sqlite: &[],
        postgres: &[],
        first: "",
        other_precision: None,
        others: &[],
    };

    pub(crate) fn of(self, dialect: Dialect) -> ProgramMigrations {
        let scripts = match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        };
        ProgramMigrations {
            scripts,
            first: self.first,
            other_precision: self.other_precision,
            others: self.others,
        }
    }
}
