//! Keys with two optional fields, beside the same statements by hand with the same index.
//!
//! Each side works in a process of its own, in turn, on a database of its own. wallow makes both tables.

mod by_hand;

use std::ops::Range;

use clap::ValueEnum;
use wallow::OnDuplicate;
use wallow::diesel::connection::SimpleConnection as _;

use crate::worker::{answer_with, timed};
use crate::{Kind, Result, Results, Sample, SideName};
use by_hand::Hand;
use registry::{Annotating, Identifying, Store};

/// The types of the schema: 25 columns, 16 indexes.
pub(crate) mod registry {
    wallow::wallow_schema!("optional.toml");
}

/// The operations that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OptionalOperation {
    /// Read a run by its key.
    Find,
    /// Register a new run, after a look for it.
    RegisterNew,
}

impl OptionalOperation {
    /// Every operation; the second makes the table grow.
    pub const ALL: [Self; 2] = [Self::Find, Self::RegisterNew];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::RegisterNew => "register-new",
        }
    }
}

/// A key, as a program by hand would hold it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) learning_rate: f64,
    pub(crate) seed: i64,
    pub(crate) momentum: Option<f64>,
    pub(crate) warmup_steps: Option<i64>,
}

/// What all keys have in common.
pub(crate) const ARCHITECTURE: &str = "mlp-32x16";
pub(crate) const OPTIMISER: &str = "sgd";
pub(crate) const BATCH_SIZE: i64 = 32;
pub(crate) const WEIGHT_DECAY: f64 = 0.0;
pub(crate) const NUM_EPOCHS: i64 = 10;

impl Key {
    /// The n-th key: a third has no momentum, half have no warmup.
    fn nth(n: usize) -> Self {
        let momentum = [None, Some(0.0), Some(0.9)][n % 3];
        let warmup_steps = [None, Some(100)][n / 3 % 2];
        Key {
            learning_rate: [0.1, 0.03, 0.01, 0.003, 0.001][n / 6 % 5],
            seed: i64::try_from(n / 30).unwrap_or(i64::MAX),
            momentum,
            warmup_steps,
        }
    }

    fn identifying(&self) -> Identifying {
        let key = Identifying::builder()
            .architecture(ARCHITECTURE)
            .optimiser(OPTIMISER)
            .learning_rate(self.learning_rate)
            .batch_size(BATCH_SIZE)
            .seed(self.seed);
        let key = match self.momentum {
            Some(momentum) => key.momentum(momentum),
            None => key,
        };
        match self.warmup_steps {
            Some(steps) => key.warmup_steps(steps).build(),
            None => key.build(),
        }
    }
}

/// What the runs of a database have recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// All their results, as in the other comparisons.
    Results,
    /// A loss alone; ten fields are `NULL`.
    Loss,
}

impl Recorded {
    /// What the n-th run has recorded.
    fn patch(self, n: usize) -> Annotating {
        let results = Results::nth(n);
        let patch = Annotating::new().status(results.status);
        match self {
            Recorded::Loss => patch.val_loss(results.val_loss),
            Recorded::Results => patch
                .best_checkpoint(&results.best_checkpoint)
                .val_loss(results.val_loss)
                .val_accuracy(results.val_accuracy)
                .train_loss(results.train_loss)
                .training_curve(results.training_curve)
                .host(results.host)
                .git_commit(results.git_commit)
                .started_at(results.started_at)
                .completed_at(results.completed_at)
                .wallclock_seconds(results.wallclock_seconds),
        }
    }
}

/// Two databases with the same rows, one for each side.
#[derive(Debug)]
pub struct OptionalDatabases {
    urls: [String; 2],
    _folder: tempfile::TempDir,
}

impl OptionalDatabases {
    /// Databases with this many runs.
    ///
    /// # Errors
    /// The error of the database.
    pub fn with_rows(kind: Kind, rows: usize, recorded: Recorded) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = |side: SideName| match kind {
            Kind::Sqlite => {
                let path = folder.path().join(side.name());
                Ok(path.to_string_lossy().into_owned())
            }
            Kind::Postgres => {
                let server = postgres_server::Server::shared();
                let server = server.ok_or("PostgreSQL is not installed")?;
                let name = format!("optional_{}_{rows}", side.name());
                server.psql("postgres", &format!("DROP DATABASE IF EXISTS {name}"))?;
                server.psql("postgres", &format!("CREATE DATABASE {name}"))?;
                Ok::<_, Box<dyn std::error::Error>>(server.url(&name))
            }
        };
        let urls = [url(SideName::Wallow)?, url(SideName::Floor)?];
        for url in &urls {
            fill(kind, url, rows, recorded)?;
        }
        Ok(OptionalDatabases {
            urls,
            _folder: folder,
        })
    }

    /// The database of a side.
    pub fn url(&self, side: SideName) -> &str {
        let [wallow, floor] = &self.urls;
        match side {
            SideName::Wallow => wallow,
            SideName::Floor => floor,
        }
    }
}

/// One side on its database.
#[derive(Debug)]
pub struct OptionalSide {
    database: Database,
    rows: usize,
}

#[derive(Debug)]
enum Database {
    Wallow(Box<Store>),
    Floor(Hand),
}

impl OptionalSide {
    /// A side on a database that had this many runs at first.
    ///
    /// # Errors
    /// The error of the database.
    pub fn open(side: SideName, url: &str, rows: usize) -> Result<Self> {
        let database = match side {
            SideName::Wallow => Database::Wallow(Box::new(Store::open(url)?)),
            SideName::Floor => Database::Floor(Hand::open(url)?),
        };
        Ok(OptionalSide { database, rows })
    }

    /// Answers a [`Worker`](crate::Worker) until it ends.
    ///
    /// # Errors
    /// The error of the database.
    pub fn serve(&self) -> Result<()> {
        answer_with(|operation, range| {
            self.run(OptionalOperation::from_str(operation, false)?, range)
        })
    }

    /// Does an operation with these keys.
    ///
    /// # Errors
    /// The error of the database, or that a run is not found, or not new.
    pub fn run(&self, operation: OptionalOperation, range: Range<usize>) -> Result<Sample> {
        let keys = range.map(|n| match operation {
            OptionalOperation::Find => n * 7919 % self.rows,
            OptionalOperation::RegisterNew => self.rows + n,
        });
        let keys = keys.map(Key::nth).collect::<Vec<_>>();
        match &self.database {
            Database::Wallow(store) => by_wallow(store, operation, &keys),
            Database::Floor(hand) => by_hand(hand, operation, &keys),
        }
    }

    /// The n-th run, without random values and times.
    ///
    /// # Errors
    /// The error of the database.
    #[doc(hidden)]
    pub fn nth(&self, n: usize) -> Result<Option<String>> {
        let key = Key::nth(n);
        let run = match &self.database {
            Database::Wallow(store) => store.find(&key.identifying())?,
            Database::Floor(hand) => hand.select(&key)?,
        };
        Ok(run.map(|run| {
            let created_at = format!("{:?}", run.created_at);
            let text = format!("{run:?}").replace(&run.uuid, "");
            text.replace(&created_at, "")
        }))
    }
}

fn by_wallow(store: &Store, operation: OptionalOperation, keys: &[Key]) -> Result<Sample> {
    let keys = keys.iter().map(Key::identifying).collect::<Vec<_>>();
    let patch = Annotating::new().status("running").host("node-01");
    timed(|| {
        for key in &keys {
            let run = match operation {
                OptionalOperation::Find => store.find(key)?,
                OptionalOperation::RegisterNew => {
                    let outcome = store.register(key, &patch, OnDuplicate::ReturnExisting)?;
                    let is_new = outcome.was_inserted();
                    outcome.into_run().filter(|_| is_new)
                }
            };
            std::hint::black_box(run.ok_or("no run")?);
        }
        Ok(())
    })
}

fn by_hand(hand: &Hand, operation: OptionalOperation, keys: &[Key]) -> Result<Sample> {
    timed(|| {
        for key in keys {
            let found = hand.select(key)?;
            let run = match operation {
                OptionalOperation::Find => found,
                OptionalOperation::RegisterNew if found.is_none() => hand.insert(key)?,
                OptionalOperation::RegisterNew => return Err("it is not new".into()),
            };
            std::hint::black_box(run.ok_or("no run")?);
        }
        Ok(())
    })
}

/// Makes a database with this many runs.
fn fill(kind: Kind, url: &str, rows: usize, recorded: Recorded) -> Result<()> {
    let store = Store::open(url)?;
    let pairs = (0..rows).map(|n| (Key::nth(n).identifying(), recorded.patch(n)));
    store.register_many(pairs, OnDuplicate::Error)?;
    match kind {
        Kind::Sqlite => store.with_sqlite(|conn| {
            conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
            Ok(())
        })?,
        Kind::Postgres => store.with_postgres(|conn| conn.batch_execute("VACUUM ANALYZE runs"))?,
    }
    Ok(())
}
