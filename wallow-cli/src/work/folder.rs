//! The folder of a run, and the files of an attempt in it.
//!
//! Invariant: below the root, which a person named, no link is followed, and no file is opened that this process has not
//! created. Whoever can write there can put a link or a named pipe at a name that is known beforehand.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;
use wallow_runtime::dynamic::Row;
use wallow_schema::{Schema, redact};

use super::slot::Unusable;
use crate::artefacts::AttemptNames;
use crate::commands::value_as_json;
use crate::files::Tree;
use crate::output;

/// The files of one attempt.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) dir: PathBuf,
    /// A JSON object of the identifying fields.
    pub(super) params: PathBuf,
    /// Where the command appends its results.
    pub(super) results: PathBuf,
    /// The file of the results, opened before the command can put another in its place.
    result_file: File,
    out: File,
    err: File,
}

impl Folder {
    /// Creates the folder and the files that the command finds in it. `dir` is the folder, below `root`.
    pub(super) fn create(
        schema: &Schema,
        root: &Path,
        dir: &Path,
        run: &Row,
        attempt: i64,
    ) -> Result<Self, Unusable> {
        let of_root = |error: io::Error| {
            let reason = blocked(root).unwrap_or_else(|| {
                let advice = advice(&error);
                format!(
                    "the folder of all artefacts `{}` cannot be made: {error}{advice}",
                    output::display_path(root)
                )
            });
            Unusable::OfMachine(io::Error::new(error.kind(), reason))
        };
        fs::create_dir_all(root).map_err(of_root)?;
        let mut tree = Tree::open(root).map_err(of_root)?;
        // Whatever the working directory of the command is, it finds its files.
        let mut place = root.canonicalize().map_err(of_root)?;
        let names = names_below(root, dir).ok_or_else(|| {
            Unusable::OfRun(format!(
                "its folder `{}` is not below `{}`",
                output::display_path(dir),
                output::display_path(root)
            ))
        })?;
        let mut is_own = false;
        for name in names {
            place.push(name);
            // What stands above a name with the run's uuid is for other runs, too.
            is_own |= name.to_string_lossy().contains(run.uuid());
            let opened = tree.folder(name);
            tree = opened.map_err(|error| unusable("folder", &place, &error, is_own))?;
        }
        let names_of_files = AttemptNames::of(schema, run);
        let create = |ending: &str| {
            let name = names_of_files.name(attempt, ending);
            let path = place.join(&name);
            match tree.create(name.as_ref()) {
                Ok(file) => Ok((path, file)),
                Err(error) => Err(unusable("file", &path, &error, is_own)),
            }
        };
        let (params, mut file) = create("params.json")?;
        let fields = schema.identifying.iter();
        let members = fields.map(|field| {
            let value = run
                .get(&field.name)
                .map_or(serde_json::Value::Null, value_as_json);
            (field.name.clone(), value)
        });
        let values = serde_json::Value::Object(members.collect());
        file.write_all(format!("{values}\n").as_bytes())
            .map_err(|error| unusable("file", &params, &error, is_own))?;
        let (results, result_file) = create("results.jsonl")?;
        let ((_, out), (_, err)) = (create("out")?, create("err")?);
        Ok(Folder {
            dir: place.clone(),
            params,
            results,
            result_file,
            out,
            err,
        })
    }

    /// The files of stdout and stderr.
    pub(super) fn outputs(&self) -> io::Result<(File, File)> {
        Ok((self.out.try_clone()?, self.err.try_clone()?))
    }

    /// The file of the results, read from its beginning.
    pub(super) fn result_file(&self) -> io::Result<File> {
        self.result_file.try_clone()
    }

    /// The last characters of stderr, at most this many.
    pub(super) fn end_of_stderr(&self, most: usize) -> String {
        end_of(&self.err, most).unwrap_or_default()
    }
}

/// The names on the path from one folder to another; `None` if that is not below it.
fn names_below<'p>(root: &Path, dir: &'p Path) -> Option<Vec<&'p OsStr>> {
    let below = dir.strip_prefix(root).ok()?.components();
    let names = below.map(|component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    });
    names.collect()
}

/// Whether the folder of all artefacts can be made, as far as that can be seen without making it.
///
/// # Errors
/// What is in the way.
pub(super) fn look_at_root(root: &Path) -> Result<(), output::Failure> {
    match blocked(root) {
        Some(reason) => Err(output::Failure::finding(format!(
            "no run was claimed: {reason}"
        ))),
        None => Ok(()),
    }
}

/// What is in the way of a folder: a file, or a link that leads nowhere, has its name or the name of one above it.
fn blocked(folder: &Path) -> Option<String> {
    let is_there = |path: &&Path| fs::symlink_metadata(path).is_ok();
    let above = folder.ancestors().find(is_there)?;
    if above.is_dir() {
        return None;
    }
    let name = output::display_path(above);
    let what = match fs::read_link(above) {
        Ok(to) => {
            let to = output::display_path(&to);
            let why = if above.exists() {
                "is no folder"
            } else {
                "is not there (is it mounted?)"
            };
            format!("`{name}` is a link to `{to}`, which {why}")
        }
        Err(_) => format!("`{name}` is no folder"),
    };
    Some(format!(
        "the folder of all artefacts cannot be made: {what}; put a folder there, or name another one with `--artefacts`"
    ))
}

/// Why a folder or a file of a run cannot be made.
fn unusable(what: &str, path: &Path, error: &io::Error, is_own: bool) -> Unusable {
    let reason = format!(
        "its {what} `{}` cannot be made: {error}{}",
        path.display(),
        advice(error)
    );
    match error.kind() {
        // The values of the run make the name.
        io::ErrorKind::InvalidFilename => Unusable::OfRun(reason),
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
            if is_own =>
        {
            Unusable::OfRun(reason)
        }
        kind => Unusable::OfMachine(io::Error::new(kind, reason)),
    }
}

/// What to do about limits of the system, and about rights.
pub(super) fn advice(error: &io::Error) -> &'static str {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::MFILE | Errno::NFILE) => {
            "; use fewer `--slots`, or allow more open files (`ulimit -n`)"
        }
        Some(Errno::ACCESS | Errno::PERM | Errno::ROFS) => {
            "; make it writable for this user, or name another folder with `--artefacts`"
        }
        Some(Errno::AGAIN) => "; use fewer `--slots`, or allow more processes (`ulimit -u`)",
        _ => "",
    }
}

fn end_of(file: &File, most: usize) -> io::Result<String> {
    // A character has at most four bytes, and blanks at the end are left out.
    let bytes = most * 4 + 1024;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
    let mut end = vec![0; bytes];
    let mut read = 0;
    // Not from the current position, which the file shares with the command.
    while read < end.len() {
        match file.read_at(&mut end[read..], start + read as u64) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // The beginning of this is cut off below, and perhaps in the middle of a URL, so passwords are looked for before.
    let text = redact::text(&String::from_utf8_lossy(&end[..read]));
    let text = text.trim();
    let skipped = text.chars().count().saturating_sub(most);
    Ok(text.chars().skip(skipped).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_file_has_no_password() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let url = "postgres://me:s3cret@db/runs";
        for length in 5..40 {
            fs::write(file.path(), format!("{}\n{url}", "x".repeat(5_000))).unwrap();
            let end = end_of(file.as_file(), length).unwrap();
            assert!(!end.contains("ret@"), "{end}");
        }
    }

    #[test]
    fn the_end_of_a_long_file_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, expected) in [
            ("", ""),
            ("short\n", "short"),
            (&format!("{}last é\n", "x".repeat(100_000)), "xxxxlast é"),
        ] {
            fs::write(file.path(), text).unwrap();
            assert_eq!(end_of(file.as_file(), 10).unwrap(), expected);
        }
        fs::write(file.path(), [b'a', 0xff, b'b']).unwrap();
        assert_eq!(end_of(file.as_file(), 10).unwrap(), "a\u{fffd}b");
    }
}
