//! The destination of an export: stdout, or a file that is written completely or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};

use super::open_file::OpenFile;
use crate::args::refuse_database;
use crate::files::Replacement;
use crate::open::Reading;
use crate::output::{Failure, visible};
use crate::project::SCHEMA;
use crate::terminal;

/// The destination.
#[derive(Debug)]
pub(crate) struct Place {
    /// `None` for stdout.
    path: Option<PathBuf>,
    /// The draft that replaces the file at the end. `None` if the destination is not a regular file.
    replacement: Option<Replacement>,
}

impl Place {
    /// The file of this name, or stdout, also under a name such as `/dev/stdout`.
    pub(crate) fn new(path: Option<&Path>) -> Self {
        Place {
            path: path.filter(|path| !is_stdout(path)).map(Path::to_path_buf),
            replacement: None,
        }
    }

    /// Whether the bytes would appear on a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        let Some(path) = &self.path else {
            return io::stdout().is_terminal();
        };
        // Opening a named pipe would wait for its reader, so only devices are tried.
        let opens = |path: &Path| File::options().append(true).open(path);
        match OpenFile::of(path) {
            Some(OpenFile::Stderr) => io::stderr().is_terminal(),
            _ => is_device(path) && opens(path).is_ok_and(|file| file.is_terminal()),
        }
    }

    /// Refuses the name of a database, and a file that wallow itself needs: an export would replace it, and its content
    /// would be lost.
    pub(crate) fn refuse_own(self, reading: &Reading) -> Result<Self, Failure> {
        let Some(path) = &self.path else {
            return Ok(self);
        };
        if path == Path::new("-") {
            return Err(Failure::usage(
                "to write to stdout, leave `--output` out; a file of this name is `./-`",
            ));
        }
        refuse_database("--output", "file", path)?;
        let is_same = |other: &Path| {
            let [one, other] = [path, other].map(fs::canonicalize);
            matches!((one, other), (Ok(one), Ok(other)) if one == other)
        };
        let migrations = fs::canonicalize(&reading.migrations);
        let is_migration = fs::canonicalize(path)
            .is_ok_and(|path| migrations.is_ok_and(|folder| path.starts_with(folder)));
        let is_schema = |name: &OsStr| name == SCHEMA && path.exists();
        let held = if is_same(&reading.schema) {
            "the schema"
        } else if path.file_name().is_some_and(is_schema) {
            "the schema of a project"
        } else if is_migration {
            "a file of the migrations"
        } else if path.file_name().is_some_and(|name| name == ".env") && path.exists() {
            "a file of variables"
        } else if is_database(path) {
            "a SQLite database"
        } else if is_log(path) {
            "the log of a SQLite database"
        } else {
            return Ok(self);
        };
        Err(Failure::usage(format!(
            "`{}` is {held}, which an export would replace; name another file with `--output FILE`",
            visible(&path.display().to_string())
        )))
    }

    /// Starts to write. A destination that is not a regular file (an open file, a named pipe) is written directly.
    pub(crate) fn open(mut self, is_json: bool) -> Result<(Box<dyn Write + Send>, Self), Failure> {
        let Some(path) = &self.path else {
            return Ok((terminal::exact_stdout(is_json), self));
        };
        let open_file = OpenFile::of(path);
        if open_file == Some(OpenFile::Stderr) {
            return Ok((terminal::exact_stderr(is_json), self));
        }
        let special = fs::metadata(path).is_ok_and(|there| !there.is_file());
        let file = if special || open_file.is_some() {
            // An open file may have content: that of a file is kept, other destinations have no end to append to.
            File::options().append(true).open(path)
        } else {
            Replacement::of(path).and_then(|replacement| {
                let file = replacement.writer();
                self.replacement = Some(replacement);
                file
            })
        };
        match file {
            Ok(file) => Ok((terminal::exact(file, is_json), self)),
            Err(error) => Err(self.unwritten(error)),
        }
    }

    /// Writes a whole text.
    pub(crate) fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        let (mut out, place) = self.open(false)?;
        let written = out.write_all(bytes).and_then(|()| out.flush());
        drop(out);
        match written {
            Ok(()) => place.keep(),
            Err(error) => Err(place.unwritten(error)),
        }
    }

    /// Whether the output is a draft that replaces a file at the end.
    pub(crate) fn is_whole_or_nothing(&self) -> bool {
        self.replacement.is_some()
    }

    /// Moves the finished draft to the file's name.
    pub(crate) fn keep(mut self) -> Result<(), Failure> {
        let kept = self.replacement.take().map_or(Ok(()), Replacement::keep);
        kept.map_err(|error| self.unwritten(error))
    }

    /// The error of writing to this destination.
    pub(crate) fn unwritten(&self, error: io::Error) -> Failure {
        match &self.path {
            None => error.into(),
            Some(path) => Failure::finding(format!(
                "`{}` cannot be written: {error}; name another file with `--output FILE`",
                visible(&path.display().to_string())
            )),
        }
    }
}

/// Whether a name stands for stdout.
pub(super) fn is_stdout(path: &Path) -> bool {
    OpenFile::of(path) == Some(OpenFile::Stdout)
}

/// Whether a file is a device of characters, as a terminal is.
#[cfg(unix)]
fn is_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    fs::metadata(path).is_ok_and(|there| there.file_type().is_char_device())
}

#[cfg(not(unix))]
fn is_device(_: &Path) -> bool {
    false
}

/// Whether a file is a SQLite database.
fn is_database(path: &Path) -> bool {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    if !fs::metadata(path).is_ok_and(|there| there.is_file()) {
        return false;
    }
    let mut head = [0; MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == *MAGIC
}

/// Whether SQLite keeps a log or its index under this name, beside a database.
fn is_log(path: &Path) -> bool {
    let name = path.to_string_lossy();
    let endings = ["-wal", "-shm", "-journal"].into_iter();
    let mut databases = endings.filter_map(|ending| name.strip_suffix(ending));
    databases.any(|database| is_database(Path::new(database)))
}
