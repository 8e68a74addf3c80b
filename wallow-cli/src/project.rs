//! Where the schema is.

use std::path::{Path, PathBuf};

use wallow_schema::{LoadError, Schema};

use crate::args::Args;
use crate::output::Failure;

/// The name of a schema.
const SCHEMA: &str = "wallow.toml";

/// The schema that was named, or the nearest one above the working directory.
pub(crate) fn schema_path(args: &Args) -> Result<PathBuf, Failure> {
    if let Some(path) = &args.schema {
        return Ok(path.clone());
    }
    let here = std::env::current_dir().map_err(|error| {
        Failure::usage(format!("the working directory cannot be read: {error}"))
    })?;
    for folder in here.ancestors() {
        let path = folder.join(SCHEMA);
        if path.is_file() {
            return Ok(relative(&here, path));
        }
    }
    Err(Failure::usage(format!(
        "there is no {SCHEMA} in `{}` or above it; go to your project, or name the file with `--schema PATH`",
        here.display(),
    )))
}

/// A path below `here` is shown without it.
fn relative(here: &Path, path: PathBuf) -> PathBuf {
    path.strip_prefix(here)
        .map(Path::to_path_buf)
        .unwrap_or(path)
}

/// Loads a schema.
pub(crate) fn schema(path: &Path) -> Result<Schema, Failure> {
    wallow_schema::load(path).map_err(|error| match error {
        LoadError::Invalid(diagnostics) => diagnostics.into(),
        error @ LoadError::Io { .. } => Failure::finding(error.to_string()),
    })
}
