//! Keys with two optional fields, beside the same statements by hand with the same index.
//!
//! Both sides work in this process, in turn, each on a database of its own. wallow makes both tables.

mod by_hand;

use std::time::Instant;

use wallow::OnDuplicate;
use wallow::diesel::connection::SimpleConnection as _;

use crate::worker::processor_time;
use crate::{Kind, Pair, Plan, Result, Sample};
use by_hand::Hand;
use registry::{Annotating, Identifying, Run, Store};

/// The types of the schema: 25 columns, 16 indexes.
pub(crate) mod registry {
    wallow::wallow_schema!("optional.toml");
}

/// The operations that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionalOperation {
    /// Read a run by its key.
    Find,
    /// Register a new run, after a look for it.
    RegisterNew,
}

impl OptionalOperation {
    /// Every operation; the second makes the table grow.
    pub const ALL: [Self; 2] = [Self::Find, Self::RegisterNew];

    /// Its name in the table of results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find, optional fields",
            Self::RegisterNew => "register-new, optional fields",
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

/// Two databases with the same rows.
#[derive(Debug)]
pub struct Optional {
    store: Store,
    hand: Hand,
    rows: usize,
    /// How many runs both sides have registered since.
    added: usize,
    _folder: tempfile::TempDir,
}

impl Optional {
    /// Databases with this many runs.
    ///
    /// # Errors
    /// The error of the database.
    pub fn with_rows(kind: Kind, rows: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let urls = ["wallow", "hand"].map(|name| match kind {
            Kind::Sqlite => Ok(folder.path().join(name).to_string_lossy().into_owned()),
            Kind::Postgres => {
                let server = postgres_server::Server::shared();
                let server = server.ok_or("PostgreSQL is not installed")?;
                let name = format!("optional_{name}_{rows}");
                server.psql("postgres", &format!("DROP DATABASE IF EXISTS {name}"))?;
                server.psql("postgres", &format!("CREATE DATABASE {name}"))?;
                Ok::<_, Box<dyn std::error::Error>>(server.url(&name))
            }
        });
        let [wallow, hand] = urls;
        let (wallow, hand) = (wallow?, hand?);
        let store = filled(kind, &wallow, rows)?;
        drop(filled(kind, &hand, rows)?);
        Ok(Optional {
            store,
            hand: Hand::open(kind, &hand)?,
            rows,
            added: 0,
            _folder: folder,
        })
    }

    /// Measures an operation.
    ///
    /// # Errors
    /// The error of the database, or that the sides do not agree.
    pub fn measure(&mut self, operation: OptionalOperation, plan: Plan) -> Result<Pair> {
        let mut pair = Pair {
            plan,
            wallow: Vec::new(),
            floor: Vec::new(),
        };
        for round in 0..=plan.rounds {
            let keys = (0..plan.batch).map(|n| match operation {
                OptionalOperation::Find => (round * plan.batch + n) * 7919 % self.rows,
                OptionalOperation::RegisterNew => self.rows + self.added + n,
            });
            let keys = keys.map(Key::nth).collect::<Vec<_>>();
            self.added += match operation {
                OptionalOperation::Find => 0,
                OptionalOperation::RegisterNew => plan.batch,
            };
            let both = if round % 2 == 0 {
                let wallow = self.by_wallow(operation, &keys)?;
                (wallow, self.by_hand(operation, &keys)?)
            } else {
                let hand = self.by_hand(operation, &keys)?;
                (self.by_wallow(operation, &keys)?, hand)
            };
            // The first round only warms up.
            if round > 0 {
                pair.wallow.push(both.0);
                pair.floor.push(both.1);
            }
        }
        Ok(pair)
    }

    fn by_wallow(&self, operation: OptionalOperation, keys: &[Key]) -> Result<Sample> {
        let keys = keys.iter().map(Key::identifying).collect::<Vec<_>>();
        let patch = Annotating::new().status("running").host("node-01");
        timed(|| {
            for key in &keys {
                let run = match operation {
                    OptionalOperation::Find => self.store.find(key)?,
                    OptionalOperation::RegisterNew => {
                        let policy = OnDuplicate::ReturnExisting;
                        let outcome = self.store.register(key, &patch, policy)?;
                        let is_new = outcome.was_inserted();
                        outcome.into_run().filter(|_| is_new)
                    }
                };
                std::hint::black_box(run.ok_or("no run")?);
            }
            Ok(())
        })
    }

    fn by_hand(&self, operation: OptionalOperation, keys: &[Key]) -> Result<Sample> {
        timed(|| {
            for key in keys {
                let found = self.hand.select(key)?;
                let run = match operation {
                    OptionalOperation::Find => found,
                    OptionalOperation::RegisterNew if found.is_none() => self.hand.insert(key)?,
                    OptionalOperation::RegisterNew => return Err("it is not new".into()),
                };
                std::hint::black_box(run.ok_or("no run")?);
            }
            Ok(())
        })
    }

    /// The n-th run on both sides, without random values and times.
    ///
    /// # Errors
    /// The error of the database.
    #[doc(hidden)]
    pub fn both(&self, n: usize) -> Result<[Option<String>; 2]> {
        let key = Key::nth(n);
        let comparable = |run: Run| {
            let Run {
                uuid, created_at, ..
            } = &run;
            let (uuid, created_at) = (uuid.clone(), format!("{created_at:?}"));
            let text = format!("{run:?}").replace(&uuid, "");
            text.replace(&created_at, "")
        };
        let wallow = self.store.find(&key.identifying())?;
        let hand = self.hand.select(&key)?;
        Ok([wallow.map(comparable), hand.map(comparable)])
    }
}

/// Opens a database and fills it.
fn filled(kind: Kind, url: &str, rows: usize) -> Result<Store> {
    let store = Store::open(url)?;
    let patch = Annotating::new().status("completed").val_loss(0.5);
    let pairs = (0..rows).map(|n| (Key::nth(n).identifying(), patch.clone()));
    store.register_many(pairs, OnDuplicate::Error)?;
    match kind {
        Kind::Sqlite => store.with_sqlite(|conn| {
            conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
            Ok(())
        })?,
        Kind::Postgres => store.with_postgres(|conn| conn.batch_execute("VACUUM ANALYZE runs"))?,
    }
    Ok(store)
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Sample> {
    let (start, before) = (Instant::now(), processor_time());
    work()?;
    let (wall, after) = (start.elapsed(), processor_time());
    Ok(Sample {
        wall,
        cpu: after
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before)),
    })
}
