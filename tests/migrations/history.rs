//! Databases at every step of the history.

use std::fs;
use std::path::{Path, PathBuf};

use wallow::diesel::connection::SimpleConnection as _;
use wallow::diesel::dsl::sql;
use wallow::diesel::migration::CREATE_MIGRATIONS_TABLE;
use wallow::diesel::sql_types::Text;
use wallow::diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};

/// A folder for a database, and the path of the database.
pub(crate) fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    (folder, path)
}

/// Makes a database that has the first this many migrations, and notes of them.
pub(crate) fn make(path: &Path, count: usize) {
    make_without_notes(path, count);
    execute(path, CREATE_MIGRATIONS_TABLE);
    for version in &versions()[..count] {
        note(path, version);
    }
}

/// Makes a database as the first `count` migrations leave it, without notes.
pub(crate) fn make_without_notes(path: &Path, count: usize) {
    for name in &names()[..count] {
        let script = fs::read_to_string(folder().join(name).join("up.sql")).unwrap();
        execute(path, &script);
    }
}

/// Notes a version as applied.
pub(crate) fn note(path: &Path, version: &str) {
    let sql = "INSERT INTO __diesel_schema_migrations (version) VALUES";
    execute(path, &format!("{sql} ('{version}')"));
}

/// Adds this many runs, with the columns of the first migration.
pub(crate) fn fill(path: &Path, count: usize) {
    execute(
        path,
        &format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) \
             INSERT INTO runs (uuid, created_at, updated_at, rate, seed, steps, status) \
             SELECT printf('%012x', i), '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', \
             0.5, i, i, 'a status of some length, so that there is something to copy' FROM n",
        ),
    );
}

/// The names of the migrations, oldest first.
pub(crate) fn names() -> Vec<String> {
    let folders = fs::read_dir(folder()).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let mut names = names.collect::<Vec<_>>();
    names.sort();
    names
}

/// Their versions, as databases note them.
pub(crate) fn versions() -> Vec<String> {
    let digits = |name: &String| name.split('_').next().unwrap().replace('-', "");
    names().iter().map(digits).collect()
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/managed/migrations/sqlite")
}

pub(crate) fn execute(path: &Path, sql: &str) {
    connection(path).batch_execute(sql).unwrap();
}

/// The text that a query gives.
pub(crate) fn read(path: &Path, query: &str) -> String {
    let query = format!("SELECT coalesce(CAST(({query}) AS TEXT), 'NULL')");
    let text = sql::<Text>(&query).get_result(&mut connection(path));
    text.unwrap()
}

/// The versions that are noted as applied.
pub(crate) fn noted(path: &Path) -> String {
    let query = "SELECT group_concat(version) FROM (SELECT version FROM __diesel_schema_migrations ORDER BY version)";
    read(path, query)
}

/// Every table and index, as SQL.
pub(crate) fn schema(path: &Path) -> String {
    read(
        path,
        "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master ORDER BY name)",
    )
}

fn connection(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}
