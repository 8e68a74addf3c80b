//! Parquet and Arrow in a command that was built without the feature `columnar`: an error that names it.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use super::Records;
use super::mapping::Mapping;
use crate::output::{Failure, without_columnar};

/// A columnar format.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    Parquet,
    Arrow,
}

pub(super) fn open(path: &Path, format: Format, _: &Mapping) -> Result<Records, Failure> {
    let format = match format {
        Format::Parquet => "Parquet",
        Format::Arrow => "Arrow",
    };
    Err(without_columnar(&format!(
        "`{}` is not read: {format}",
        path.display()
    )))
}

/// No process is started to read such files.
pub(crate) fn serve(_: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    None
}
