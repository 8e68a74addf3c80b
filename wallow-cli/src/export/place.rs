//! Where an export goes: stdout, or a file that is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use crate::files::Replacement;
use crate::output::{Failure, visible};
use crate::terminal;

/// Where to.
#[derive(Debug)]
pub(crate) struct Place {
    /// `None` for stdout.
    path: Option<PathBuf>,
    /// The file that takes its place at the end. There is none of what is no ordinary file.
    replacement: Option<Replacement>,
}

impl Place {
    /// The file of this name, or stdout.
    pub(crate) fn new(path: Option<&Path>) -> Self {
        Place {
            path: path.map(Path::to_path_buf),
            replacement: None,
        }
    }

    /// Whether a person would see the bytes.
    pub(super) fn is_terminal(&self) -> bool {
        self.path.is_none() && io::stdout().is_terminal()
    }

    /// Begins to write. What is no ordinary file (`/dev/stdout`, a named pipe) is written as it is.
    pub(super) fn open(mut self, is_json: bool) -> Result<(Box<dyn Write + Send>, Self), Failure> {
        let Some(path) = &self.path else {
            return Ok((terminal::exact_stdout(is_json), self));
        };
        // What is another name of an open file is not replaced either.
        let special = path.starts_with("/dev")
            || path.starts_with("/proc")
            || fs::metadata(path).is_ok_and(|there| !there.is_file());
        let file = if special {
            File::options().write(true).open(path)
        } else {
            Replacement::of(path).and_then(|replacement| {
                let file = replacement.writer();
                self.replacement = Some(replacement);
                file
            })
        };
        match file {
            Ok(file) => Ok((Box::new(file), self)),
            Err(error) => Err(self.unwritten(error)),
        }
    }

    /// Gives the file its name.
    pub(super) fn keep(mut self) -> Result<(), Failure> {
        let kept = self.replacement.take().map_or(Ok(()), Replacement::keep);
        kept.map_err(|error| self.unwritten(error))
    }

    /// The failure to write here.
    pub(super) fn unwritten(&self, error: io::Error) -> Failure {
        match &self.path {
            None => error.into(),
            Some(path) => Failure::finding(format!(
                "`{}` cannot be written: {error}; name another file with `--output FILE`",
                visible(&path.display().to_string())
            )),
        }
    }
}
