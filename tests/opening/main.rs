//! Opening a database: whatever is at the path, the result is a store or a clear error.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod columns;
mod disks;
mod paths;
mod python;
mod read_only;
#[cfg(unix)]
mod replaced;
#[cfg(feature = "postgres")]
mod servers;
mod surroundings;
mod tables;
mod uris;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wallow::diesel::connection::SimpleConnection;
use wallow::diesel::{Connection, SqliteConnection};

/// The schema of these tests.
mod types {
    wallow::wallow_schema!("tests/schemas/contract.toml");

    /// One key per label.
    pub(crate) fn key(label: &str) -> Identifying {
        Identifying::builder().label(label).build()
    }
}

use types::Store;

/// A path as the URL of a store.
fn url(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs SQL as another program would; creates the file if it does not exist.
fn execute(path: &Path, sql: &str) {
    let mut connection = SqliteConnection::establish(url(path)).unwrap();
    connection.batch_execute(sql).unwrap();
}

/// The names in a folder.
fn listing(folder: &Path) -> BTreeSet<String> {
    let entries = folder.read_dir().unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name());
    names
        .map(|name| name.to_str().unwrap().to_owned())
        .collect()
}

/// A new folder, and the path of a database in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    (folder, path)
}

/// Checks that the store works: a run can be written and read back.
fn assert_usable(store: &Store) {
    let key = types::key("is it usable?");
    let patch = types::Annotating::new().note("yes");
    let outcome = store.register(&key, &patch, wallow::OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    assert_eq!(store.delete(&key).unwrap(), Some(run));
}
