//! Two databases with the same rows, one for each side.

use std::path::{Path, PathBuf};

use rusqlite::params;
use tempfile::TempDir;

use crate::registry::Store;
use crate::run::{Combination, Results};
use crate::{Floor, Result, SideName, Wallow, time};

/// Two databases in a folder of their own, which goes with this value.
#[derive(Debug)]
pub struct Databases {
    folder: TempDir,
}

impl Databases {
    /// With the first `rows` combinations, all of them finished. wallow creates the table; the rows
    /// are written once, and both sides get a copy: a file that was copied is read faster than one
    /// that was written page by page.
    ///
    /// # Errors
    /// What the database or the file system says.
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

    /// wallow on a database.
    ///
    /// # Errors
    /// What wallow says.
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

/// Writes rows in one transaction, and everything into the one file.
fn fill(floor: &Floor, rows: usize) -> Result<()> {
    let connection = floor.connection();
    connection.execute_batch("BEGIN")?;
    {
        let mut statement = connection.prepare(
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
            statement.execute(params![
                // A uuid is random, so its index is written all over: scatter these as well.
                format!(
                    "{:012x}",
                    (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
                ),
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
    }
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}
