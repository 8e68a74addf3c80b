//! The schema of a project as a value, for programs that read wallow.toml when they run: a tool that works with any
//! project, through [`dynamic`](crate::dynamic).
//!
//! # Read a schema and look at its fields
//!
//! ```
//! let schema = wallow::schema::parse(
//!     r#"
//!     [project]
//!     name = "sweep"
//!     [identifying.seed]
//!     type = "int"
//!     [annotating.val_loss]
//!     type = "float"
//!     "#,
//!     "wallow.toml",
//! )?;
//! let names: Vec<&str> = schema.fields().map(|field| field.name.as_str()).collect();
//! assert_eq!(names, ["seed", "val_loss"]);
//! # Ok::<(), wallow::schema::Diagnostics>(())
//! ```
//!
//! # Read it from a file
//!
//! ```
//! use std::path::Path;
//!
//! let schema = wallow::schema::load(Path::new("examples/ml_sweep/wallow.toml"))?;
//! assert_eq!(schema.project.name, "ml_sweep");
//! # Ok::<(), wallow::schema::LoadError>(())
//! ```

pub use wallow_schema::{
    Database, DefaultValue, Diagnostic, Diagnostics, Field, FieldType, Layout, LoadError, Project,
    Role, Schema, load, parse,
};
