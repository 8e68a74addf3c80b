//! The two sides of a comparison: wallow here, the floor in its own module.

use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use wallow::{Claim, ClaimOptions, ClaimOutcome, OnDuplicate, Query, Reclaim};

use crate::registry::{Annotating, Identifying, Run, Store, fields};
use crate::run::{Combination, Results};
use crate::{Floor, Result};

/// Which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SideName {
    /// wallow, as a program uses it.
    Wallow,
    /// Equal statements written by hand.
    Floor,
}

impl SideName {
    /// Its name in file names and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            SideName::Wallow => "wallow",
            SideName::Floor => "floor",
        }
    }
}

/// One side: the operations that are measured.
pub trait Side {
    /// A key, prepared before the clock starts.
    type Key;
    /// The values to write, prepared before the clock starts.
    type Patch;

    /// The key of a combination.
    fn key(combination: &Combination) -> Self::Key;

    /// What a run gets when it is registered.
    fn start(results: &Results) -> Self::Patch;

    /// What a run gets when it has finished.
    fn finish(results: &Results) -> Self::Patch;

    /// Registers a run that is new.
    ///
    /// # Errors
    /// The error of the database.
    fn register_new(&self, key: &Self::Key, patch: &Self::Patch) -> Result<Run>;

    /// Registers a run that is there already and gets it back.
    ///
    /// # Errors
    /// The error of the database.
    fn register_duplicate(&self, key: &Self::Key, patch: &Self::Patch) -> Result<Run>;

    /// Registers these runs of a grid, a thousand in a transaction; how many are new.
    ///
    /// # Errors
    /// The error of the database.
    fn register_many(&self, range: Range<usize>) -> Result<u64>;

    /// Puts these runs of another grid into the queue in the same way.
    ///
    /// # Errors
    /// The error of the database.
    fn enqueue(&self, range: Range<usize>) -> Result<u64>;

    /// Reads a run.
    ///
    /// # Errors
    /// The error of the database.
    fn find(&self, key: &Self::Key) -> Result<Run>;

    /// Writes to a run that is there.
    ///
    /// # Errors
    /// The error of the database.
    fn overwrite(&self, key: &Self::Key, patch: &Self::Patch) -> Result<Run>;

    /// Moves `updated_at`.
    ///
    /// # Errors
    /// The error of the database.
    fn heartbeat(&self, key: &Self::Key) -> Result<DateTime<Utc>>;

    /// Claims a run that waits and puts it back; returns the run as it was claimed.
    ///
    /// # Errors
    /// The error of the database.
    fn claim(&self, key: &Self::Key) -> Result<Run>;

    /// Claims the next run that waits.
    ///
    /// # Errors
    /// The error of the database.
    fn claim_next(&self) -> Result<Run>;

    /// The ten best of the completed runs whose loss is below 1.5.
    ///
    /// # Errors
    /// The error of the database.
    fn top_ten(&self) -> Result<Vec<Run>>;

    /// How many these runs are.
    ///
    /// # Errors
    /// The error of the database.
    fn count(&self) -> Result<u64>;

    /// Reads every run, one by one; returns the sum of their ids.
    ///
    /// # Errors
    /// The error of the database.
    fn stream(&self) -> Result<i64>;

    /// Streams every run, the best first.
    ///
    /// # Errors
    /// The error of the database.
    fn stream_ordered(&self) -> Result<i64>;

    /// The uuid, the loss and the accuracy of every run.
    ///
    /// # Errors
    /// The error of the database.
    fn listing(&self) -> Result<Vec<Line>>;
}

/// Uuid, loss, accuracy.
pub type Line = (String, Option<f64>, Option<f64>);

/// A worker without a heartbeat for this long is given up.
const SILENT: Reclaim = Reclaim::WhenStale(Duration::from_secs(3_600));

/// Two thirds of the runs have a smaller loss.
pub(crate) const LOW_LOSS: f64 = 1.5;

/// wallow, as a program uses it.
#[derive(Debug)]
pub struct Wallow {
    store: Store,
}

impl Wallow {
    /// This side on a store.
    pub fn new(store: Store) -> Self {
        Wallow { store }
    }
}

impl Side for Wallow {
    type Key = Identifying;
    type Patch = Annotating;

    fn key(combination: &Combination) -> Identifying {
        Identifying::builder()
            .architecture(combination.architecture)
            .optimiser(combination.optimiser)
            .learning_rate(combination.learning_rate)
            .batch_size(combination.batch_size)
            .weight_decay(combination.weight_decay)
            .num_epochs(combination.num_epochs)
            .seed(combination.seed)
            .build()
    }

    fn start(results: &Results) -> Annotating {
        Annotating::new()
            .status("running")
            .host(results.host)
            .git_commit(results.git_commit)
            .started_at(results.started_at)
    }

    fn finish(results: &Results) -> Annotating {
        Annotating::new()
            .status(results.status)
            .best_checkpoint(&results.best_checkpoint)
            .val_loss(results.val_loss)
            .val_accuracy(results.val_accuracy)
            .train_loss(results.train_loss)
            .training_curve(results.training_curve.clone())
            .completed_at(results.completed_at)
            .wallclock_seconds(results.wallclock_seconds)
    }

    fn register_new(&self, key: &Identifying, patch: &Annotating) -> Result<Run> {
        let outcome = self
            .store
            .register(key, patch, OnDuplicate::ReturnExisting)?;
        if !outcome.was_inserted() {
            return Err("it is not new".into());
        }
        outcome.into_run().ok_or_else(|| "no run".into())
    }

    fn register_duplicate(&self, key: &Identifying, patch: &Annotating) -> Result<Run> {
        let outcome = self
            .store
            .register(key, patch, OnDuplicate::ReturnExisting)?;
        if outcome.was_inserted() {
            return Err("it is new".into());
        }
        outcome.into_run().ok_or_else(|| "no run".into())
    }

    fn register_many(&self, range: Range<usize>) -> Result<u64> {
        let grid = range.map(|n| {
            let key = Self::key(&Combination::of_grid(n));
            (key, Self::start(&Results::nth(n)))
        });
        Ok(self.store.register_many(grid, OnDuplicate::Skip)?.inserted)
    }

    fn enqueue(&self, range: Range<usize>) -> Result<u64> {
        let grid = range.map(|n| Self::key(&Combination::to_enqueue(n)));
        Ok(self.store.enqueue(grid)?.inserted)
    }

    fn find(&self, key: &Identifying) -> Result<Run> {
        self.store.find(key)?.ok_or_else(|| "no run".into())
    }

    fn overwrite(&self, key: &Identifying, patch: &Annotating) -> Result<Run> {
        let outcome = self.store.register(key, patch, OnDuplicate::Overwrite)?;
        if !outcome.was_updated() {
            return Err("it was not there".into());
        }
        outcome.into_run().ok_or_else(|| "no run".into())
    }

    fn heartbeat(&self, key: &Identifying) -> Result<DateTime<Utc>> {
        Ok(self.store.heartbeat(key)?)
    }

    fn claim(&self, key: &Identifying) -> Result<Run> {
        match self.store.claim(key, SILENT)? {
            ClaimOutcome::Claimed(claim) => put_back(claim),
            _ => Err("it is held".into()),
        }
    }

    fn claim_next(&self) -> Result<Run> {
        let claim = self.store.claim_next(ClaimOptions::new(SILENT))?;
        put_back(claim.ok_or("nothing waits")?)
    }

    fn top_ten(&self) -> Result<Vec<Run>> {
        let good = fields::status.eq("completed") & fields::val_loss.lt(LOW_LOSS);
        let best = self
            .store
            .filter(good)
            .order_by(fields::val_accuracy.desc());
        Ok(best.limit(10).all()?)
    }

    fn count(&self) -> Result<u64> {
        let good = fields::status.eq("completed") & fields::val_loss.lt(LOW_LOSS);
        Ok(self.store.filter(good).count()?)
    }

    fn stream(&self) -> Result<i64> {
        sum(&self.store.query())
    }

    fn stream_ordered(&self) -> Result<i64> {
        let query = self.store.query();
        sum(&query.order_by(fields::val_accuracy.desc()))
    }

    fn listing(&self) -> Result<Vec<Line>> {
        let columns = (fields::uuid, fields::val_loss, fields::val_accuracy);
        Ok(self.store.query().select(columns).all()?)
    }
}

fn put_back(claim: Claim<Run>) -> Result<Run> {
    let run = claim.run().clone();
    claim.release()?;
    Ok(run)
}

fn sum(query: &Query<Run>) -> Result<i64> {
    let mut sum = 0;
    for run in query {
        sum += run?.id;
    }
    Ok(sum)
}

impl Side for Floor {
    type Key = Combination;
    type Patch = Results;

    fn key(combination: &Combination) -> Combination {
        *combination
    }

    fn start(results: &Results) -> Results {
        results.clone()
    }

    fn finish(results: &Results) -> Results {
        results.clone()
    }

    fn register_new(&self, key: &Combination, patch: &Results) -> Result<Run> {
        if self.select(key)?.is_some() {
            return Err("it is not new".into());
        }
        self.insert(key, patch)?.ok_or_else(|| "no run".into())
    }

    fn register_duplicate(&self, key: &Combination, _: &Results) -> Result<Run> {
        self.select(key)?.ok_or_else(|| "it is new".into())
    }

    fn register_many(&self, range: Range<usize>) -> Result<u64> {
        self.insert_grid(range)
    }

    fn enqueue(&self, range: Range<usize>) -> Result<u64> {
        self.insert_waiting(range)
    }

    fn find(&self, key: &Combination) -> Result<Run> {
        self.select(key)?.ok_or_else(|| "no run".into())
    }

    fn overwrite(&self, key: &Combination, patch: &Results) -> Result<Run> {
        self.update(key, patch)?
            .ok_or_else(|| "it was not there".into())
    }

    fn heartbeat(&self, key: &Combination) -> Result<DateTime<Utc>> {
        self.touch(key)?.ok_or_else(|| "no run".into())
    }

    fn claim(&self, key: &Combination) -> Result<Run> {
        self.put_back(self.take(key)?)
    }

    fn claim_next(&self) -> Result<Run> {
        self.put_back(self.take_next()?)
    }

    fn top_ten(&self) -> Result<Vec<Run>> {
        self.top_ten_below(LOW_LOSS)
    }

    fn count(&self) -> Result<u64> {
        self.good(LOW_LOSS)
    }

    fn stream(&self) -> Result<i64> {
        self.every(|run| run.id)
    }

    fn stream_ordered(&self) -> Result<i64> {
        self.every_ordered(|run| run.id)
    }

    fn listing(&self) -> Result<Vec<Line>> {
        self.lines()
    }
}
