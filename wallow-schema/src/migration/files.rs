//! A migration as files, and files into a folder: all of them or none.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Migration, SCRIPTS};
use crate::checksum::checksum;
use crate::snapshot;

/// Both dialects run a script and note it in one transaction: a crash leaves the old schema or the new one.
const METADATA: &str = "# Read by diesel. Without this line there would be no transaction.\n\
    run_in_transaction = true\n";

/// Every file: the path below the migrations folder, and its text.
pub(super) fn of(migration: &Migration) -> Vec<(String, String)> {
    let scripts = texts(migration).into_iter();
    let mut files: Vec<_> = scripts
        .map(|(place, text)| {
            (
                place_of(place, &migration.name.to_string()),
                text.to_owned(),
            )
        })
        .collect();
    let text = snapshot::to_text(&migration.snapshot);
    files.push((migration.snapshot.path(), text));
    files
}

/// The checksums of the scripts, by their place.
pub(super) fn checksums(migration: &Migration) -> BTreeMap<String, String> {
    let scripts = texts(migration).into_iter();
    scripts
        .map(|(place, text)| (place.to_owned(), checksum(text)))
        .collect()
}

fn texts(migration: &Migration) -> [(&'static str, &str); 6] {
    let [
        sqlite_up,
        sqlite_down,
        sqlite_metadata,
        postgres_up,
        postgres_down,
        postgres_metadata,
    ] = SCRIPTS;
    [
        (sqlite_up, &migration.sqlite.up),
        (sqlite_down, &migration.sqlite.down),
        (sqlite_metadata, METADATA),
        (postgres_up, &migration.postgres.up),
        (postgres_down, &migration.postgres.down),
        (postgres_metadata, METADATA),
    ]
}

/// `sqlite/up.sql` as `sqlite/<name>/up.sql`.
pub(super) fn place_of(place: &str, name: &str) -> String {
    let (dialect, file) = place.split_once('/').unwrap_or(("", place));
    format!("{dialect}/{name}/{file}")
}

/// Writes files below a folder. If one cannot be written, none stays.
///
/// # Errors
///
/// What the file system says, with the path. A file that is there already is an error too.
pub fn write(folder: &Path, files: &[(String, String)]) -> io::Result<()> {
    let mut made = Vec::new();
    let written = files.iter().try_for_each(|(path, text)| {
        let path = folder.join(path);
        make(&path, text, &mut made).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot write `{}`: {error}", path.display()),
            )
        })
    });
    if written.is_err() {
        for path in made.iter().rev() {
            // The first error is the one to tell.
            let _ = if path.is_dir() {
                fs::remove_dir(path)
            } else {
                fs::remove_file(path)
            };
        }
    }
    written
}

fn make(path: &Path, text: &str, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let folders = path
        .ancestors()
        .skip(1)
        .take_while(|folder| !folder.exists());
    let mut folders: Vec<_> = folders.map(Path::to_path_buf).collect();
    folders.reverse();
    for folder in folders
        .into_iter()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir(&folder)?;
        made.push(folder);
    }
    let mut file = fs::File::create_new(path)?;
    made.push(path.to_path_buf());
    io::Write::write_all(&mut file, text.as_bytes())
}
