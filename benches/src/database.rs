//! Two databases with the same rows, one for each side.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::registry::Store;
use crate::run::{Combination, Results};
use crate::{Floor, Result, SideName, Wallow, time};

/// Two databases in a folder of their own, which is removed with this value.
#[derive(Debug)]
pub struct Databases {
    folder: TempDir,
}

impl Databases {
    /// With the first `rows` combinations, all of them finished, and a hundred that wait. wallow creates the table; the
    /// rows are written once, and both sides get a copy, because a copied file is read faster than one that was written
    /// page by page.
    ///
    /// # Errors
    /// The error of the database or the file system.
    pub fn with_rows(rows: usize) -> Result<Self> {
        let databases = Databases {
            folder: tempfile::tempdir()?,
        };
        let path = databases.file("seed");
        drop(Store::open(&path.to_string_lossy())?);
        fill(&Floor::open(&path)?, rows)?;
        std::fs::copy(&path, databases.path(SideName::Floor))?;
        std::fs::copy(&path, databases.path(SideName::Wallow))?;
        std::fs::remove_file(&path)?;
        Ok(databases)
    }

    /// A database of runs with curves of a thousand epochs.
    ///
    /// # Errors
    /// The error of the database or the file system.
    pub fn with_long_curves(rows: usize) -> Result<Self> {
        let databases = Self::with_rows(rows)?;
        for side in [SideName::Wallow, SideName::Floor] {
            let floor = Floor::open(&databases.path(side))?;
            floor.connection().execute_batch(
                "WITH RECURSIVE epochs (epoch) AS \
                 (SELECT 0 UNION ALL SELECT epoch + 1 FROM epochs WHERE epoch < 999) \
                 UPDATE runs SET training_curve = (SELECT json_group_array(json_object( \
                 'epoch', epoch, 'train_loss', 0.97, 'val_loss', 0.99, 'val_accuracy', 0.58)) \
                 FROM epochs); \
                 PRAGMA wal_checkpoint(TRUNCATE)",
            )?;
        }
        Ok(databases)
    }

    /// wallow on a database.
    ///
    /// # Errors
    /// The error of wallow.
    pub fn open_wallow(path: &Path) -> Result<Wallow> {
        Ok(Wallow::new(Store::open(&path.to_string_lossy())?))
    }

    /// The database of a side.
    pub fn path(&self, side: SideName) -> PathBuf {
        self.file(side.name())
    }

    /// The sizes of the write-ahead logs at this moment, in bytes: wallow's, the floor's.
    pub fn wal(&self) -> (u64, u64) {
        let size = |side| {
            let wal = self.path(side).with_extension("db-wal");
            std::fs::metadata(wal).map_or(0, |data| data.len())
        };
        (size(SideName::Wallow), size(SideName::Floor))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).with_extension("db")
    }
}

/// How many runs wait in the queue, beside the finished ones.
pub(crate) const WAITING: usize = 100;

/// Writes rows in one transaction, and everything into one file. The indexes are created afterwards, because a million
/// rows would take minutes otherwise.
fn fill(floor: &Floor, rows: usize) -> Result<()> {
    let connection = floor.connection();
    let indexes = indexes(connection)?;
    connection.execute_batch("PRAGMA cache_size = -200000; BEGIN")?;
    for (name, _) in &indexes {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    {
        let mut insert = connection.prepare(
            "INSERT INTO runs (uuid, created_at, updated_at, \
             architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed, \
             status, best_checkpoint, val_loss, val_accuracy, train_loss, training_curve, host, \
             git_commit, started_at, completed_at, wallclock_seconds) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        for n in 0..rows {
            let key = Combination::nth(n);
            let results = Results::nth(n);
            let started_at = time::format(&results.started_at);
            let completed_at = time::format(&results.completed_at);
            insert.execute(params![
                scattered(n),
                started_at,
                completed_at,
                key.architecture,
                key.optimiser,
                key.learning_rate,
                key.batch_size,
                key.weight_decay,
                key.num_epochs,
                key.seed,
                results.status,
                results.best_checkpoint.to_str(),
                results.val_loss,
                results.val_accuracy,
                results.train_loss,
                results.training_curve.to_string(),
                results.host,
                results.git_commit,
                started_at,
                completed_at,
                results.wallclock_seconds,
            ])?;
        }
        let mut enqueue = connection.prepare(
            "INSERT INTO runs (uuid, created_at, updated_at, \
             architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed, \
             status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending')",
        )?;
        for n in 0..WAITING {
            let key = Combination::waiting(n);
            let created_at = time::format(&Results::nth(n).started_at);
            enqueue.execute(params![
                scattered(rows + n),
                created_at,
                created_at,
                key.architecture,
                key.optimiser,
                key.learning_rate,
                key.batch_size,
                key.weight_decay,
                key.num_epochs,
                key.seed,
            ])?;
        }
    }
    for (_, sql) in &indexes {
        connection.execute_batch(sql)?;
    }
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// A text for a uuid. It is as scattered as a random one, so that its index is written in all places.
pub(crate) fn scattered(n: usize) -> String {
    format!(
        "{:012x}",
        (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
    )
}

/// The names and the statements of the table's indexes.
fn indexes(connection: &Connection) -> Result<Vec<(String, String)>> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
