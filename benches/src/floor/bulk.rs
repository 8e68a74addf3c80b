//! Many runs by hand: one prepared insert, a thousand runs in a transaction.

use std::ops::Range;

use chrono::Utc;
use rusqlite::{CachedStatement, params};

use super::{Floor, uuid};
use crate::run::{Combination, Results};
use crate::{Result, time};

/// This many runs go into one transaction, as with wallow.
const CHUNK: usize = 1000;

const INSERT: &str = "INSERT INTO runs (uuid, created_at, updated_at, \
     architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed, \
     status, host, git_commit, started_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT (architecture, batch_size, learning_rate, num_epochs, optimiser, seed, \
     weight_decay) DO NOTHING";

const ENQUEUE: &str = "INSERT INTO runs (uuid, created_at, updated_at, \
     architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed, status) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending') \
     ON CONFLICT (architecture, batch_size, learning_rate, num_epochs, optimiser, seed, \
     weight_decay) DO NOTHING";

impl Floor {
    pub(crate) fn insert_grid(&self, range: Range<usize>) -> Result<u64> {
        self.by_chunks(INSERT, range, |insert, n| {
            let key = Combination::of_grid(n);
            let start = Results::nth(n);
            let now = time::format(&Utc::now());
            Ok(insert.execute(params![
                uuid(),
                now,
                now,
                key.architecture,
                key.optimiser,
                key.learning_rate,
                key.batch_size,
                key.weight_decay,
                key.num_epochs,
                key.seed,
                "running",
                start.host,
                start.git_commit,
                time::format(&start.started_at),
            ])?)
        })
    }

    pub(crate) fn insert_waiting(&self, range: Range<usize>) -> Result<u64> {
        self.by_chunks(ENQUEUE, range, |insert, n| {
            let key = Combination::to_enqueue(n);
            let now = time::format(&Utc::now());
            Ok(insert.execute(params![
                uuid(),
                now,
                now,
                key.architecture,
                key.optimiser,
                key.learning_rate,
                key.batch_size,
                key.weight_decay,
                key.num_epochs,
                key.seed,
            ])?)
        })
    }

    fn by_chunks(
        &self,
        sql: &str,
        range: Range<usize>,
        insert: impl Fn(&mut CachedStatement<'_>, usize) -> Result<usize>,
    ) -> Result<u64> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut inserted = 0;
        for start in range.clone().step_by(CHUNK) {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
            for n in start..range.end.min(start + CHUNK) {
                inserted += insert(&mut statement, n)?;
            }
            self.connection.execute_batch("COMMIT")?;
        }
        Ok(inserted.try_into()?)
    }
}
