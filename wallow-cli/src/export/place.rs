//! Where an export goes: stdout, or a file that is there whole or not at all.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use crate::output::Failure;
use crate::screen;

/// Where to.
#[derive(Debug)]
pub(crate) struct Place {
    /// `None` for stdout.
    path: Option<PathBuf>,
    /// The file that is written first, and takes the name of the other at the end.
    draft: Option<PathBuf>,
}

impl Place {
    /// The file of this name, or stdout.
    pub(crate) fn new(path: Option<&Path>) -> Self {
        Place {
            path: path.map(Path::to_path_buf),
            draft: None,
        }
    }

    /// Whether a person would see the bytes.
    pub(super) fn is_terminal(&self) -> bool {
        self.path.is_none() && io::stdout().is_terminal()
    }

    /// Begins to write. What is no ordinary file (`/dev/stdout`, a named pipe) is written as it is.
    pub(super) fn open(mut self) -> Result<(Box<dyn Write + Send>, Self), Failure> {
        let Some(path) = &self.path else {
            return Ok((screen::exact_stdout(), self));
        };
        let special = fs::metadata(path).is_ok_and(|there| !there.is_file());
        let file = if special {
            File::options().write(true).open(path)
        } else {
            let draft = draft(path);
            let file = File::create(&draft);
            self.draft = Some(draft);
            file
        };
        match file {
            Ok(file) => Ok((Box::new(file), self)),
            Err(error) => Err(self.unwritten(&error)),
        }
    }

    /// Gives the file its name.
    pub(super) fn keep(mut self) -> Result<(), Failure> {
        let (Some(path), Some(draft)) = (&self.path, self.draft.take()) else {
            return Ok(());
        };
        fs::rename(&draft, path).map_err(|error| {
            self.draft = Some(draft);
            self.unwritten(&error)
        })
    }

    /// The failure to write here.
    pub(super) fn unwritten(&self, error: &io::Error) -> Failure {
        let place = match &self.path {
            Some(path) => format!("`{}`", path.display()),
            None => "stdout".into(),
        };
        Failure::finding(format!(
            "{place} cannot be written: {error}; name another file with `--output FILE`"
        ))
    }
}

impl Drop for Place {
    /// What was not kept is no file of anybody's.
    fn drop(&mut self) {
        if let Some(draft) = &self.draft {
            let _ = fs::remove_file(draft);
        }
    }
}

/// A name beside the file that no other export uses.
fn draft(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}
