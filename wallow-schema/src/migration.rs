//! A migration: its name, its scripts, its snapshot.

pub use crate::version::{Name, NotAName, Version};

/// The files of a migration, below the folder of a dialect.
pub(crate) const SCRIPTS: [&str; 6] = [
    "sqlite/up.sql",
    "sqlite/down.sql",
    "sqlite/metadata.toml",
    "postgres/up.sql",
    "postgres/down.sql",
    "postgres/metadata.toml",
];
