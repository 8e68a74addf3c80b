//! The schema of a wallow project: reads the text of `wallow.toml`, and returns a valid [`Schema`] or every mistake of
//! the file.
//!
//! ```
//! let schema = wallow_schema::parse(
//!     r#"
//!     [project]
//!     name = "ml_sweep"
//!
//!     [identifying.learning_rate]
//!     type = "float"
//!     default = 1e-3
//!
//!     [annotating.val_loss]
//!     type = "float"
//!     "#,
//!     "wallow.toml",
//! )?;
//! assert_eq!(schema.key_columns(), ["learning_rate"]);
//! # Ok::<(), wallow_schema::Diagnostics>(())
//! ```
//!
//! The way of a text through the crate: `source` maps bytes to lines and columns, `parse` makes a tree of TOML with
//! places (`raw`), `check` applies one function per rule and builds the [`Schema`], `diagnostic` collects mistakes on
//! the way, `render` draws them, and [`fallback`](fn@fallback) finds what a broken text was probably meant to be.
//! [`canonical_float`] decides whether two floats are equal.
//!
//! From one schema to the next: [`mod@diff`] compares, its steps are [`operation`]s, [`ddl`] writes them and whole
//! tables as SQL, [`snapshot`] stores a schema on disk, [`migration`] makes files of all that and reads their history,
//! and [`build`] checks it before a crate is compiled.
//!
//! Files are read only in `load` and written only in `persist`. Nothing in this crate connects to a database.

pub mod build;
mod canonical;
mod check;
mod checksum;
mod column;
pub mod ddl;
mod diagnostic;
pub mod diff;
mod embed;
mod fallback;
mod load;
pub mod migration;
mod mismatch;
pub mod operation;
mod parse;
mod persist;
mod raw;
pub mod redact;
mod render;
mod schema;
pub mod snapshot;
mod source;
mod suggest;
mod time;
mod toml_text;
mod version;
mod write;

pub use canonical::{canonical_float, is_beyond_floats};
pub use check::is_field_name;
pub use ddl::Dialect;
pub use diagnostic::{Diagnostic, Diagnostics};
#[doc(hidden)]
pub use embed::embeddable;
pub use fallback::{Fallback, fallback};
pub use load::{LoadError, decode, load, parse, read_file};
pub use schema::{
    ATTEMPT, ATTEMPTS, BUILT_IN, DATABASE_COLUMNS, Database, DefaultValue, Field, FieldType,
    KeyField, LIFECYCLE, Layout, LayoutPart, Project, Role, Schema, UnknownFieldType,
};
#[doc(hidden)]
pub use suggest::near;
pub use time::format_time;
pub use write::to_toml;
