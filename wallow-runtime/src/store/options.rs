//! How a store is opened.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::time::Duration;

use super::Store;
use super::default_database::default_database;
use crate::backend::{IntoDatabaseUrl, StoreSettings};
use crate::clock::Environment;
use crate::codegen_support::Record;
use crate::error::Error;

/// Options of a store; see [`Store::options`].
///
/// # Read a database and nothing else
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let folder = std::env::temp_dir().join(format!("wallow-options-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let file = folder.join("runs.db");
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// # drop(registry::Store::open(&file)?);
/// use std::time::Duration;
/// use registry::Store;
///
/// let store = Store::options()
///     .read_only(true)
///     .busy_timeout(Duration::from_secs(5))
///     .pool_size(2)
///     .open(&file)?;
/// assert_eq!(store.count()?, 0);
/// assert!(store.enqueue([&key]).is_err());
/// # drop(store);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "options do nothing until `open`"]
pub struct StoreOptions<R> {
    settings: StoreSettings,
    record: PhantomData<fn() -> R>,
}

impl<R> Clone for StoreOptions<R> {
    fn clone(&self) -> Self {
        StoreOptions {
            settings: self.settings.clone(),
            record: PhantomData,
        }
    }
}

impl<R: Record> StoreOptions<R> {
    pub(super) fn new() -> Self {
        StoreOptions {
            settings: StoreSettings::default(),
            record: PhantomData,
        }
    }

    /// Whether opening compares the table with the schema. Default: yes.
    pub fn check_schema(mut self, check: bool) -> Self {
        self.settings.check_schema = check;
        self
    }

    /// Whether the store only reads. It then creates nothing, and every write fails. Default: no.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.settings.read_only = read_only;
        self
    }

    /// The maximum number of connections at the same time, at least 1. Default: 8.
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.settings.pool_size = connections.max(1);
        self
    }

    /// How long a call waits while others have the database locked, before it fails with
    /// [`Busy`](crate::ErrorKind::Busy). Default: 30 seconds.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.settings.busy_timeout = timeout;
        self
    }

    /// The folder above all artefacts, instead of the schema's `artefacts_root`. A relative one is relative to the
    /// working directory; that of the schema is relative to the folder of wallow.toml.
    pub fn artefacts_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.settings.artefacts_root = Some(root.into());
        self
    }

    /// Replaces the clocks and the source of uuids: for tests.
    #[doc(hidden)]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.settings.environment = environment;
        self
    }

    /// Opens the database that the environment names; see [`Store::open_default`].
    ///
    /// # Errors
    /// As [`Store::open_default`].
    pub fn open_default(&self) -> Result<Store<R>, Error> {
        Store::with_settings(&default_database(R::schema())?, &self.settings)
    }

    /// Opens the database; see [`Store::open`].
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open(&self, url: impl IntoDatabaseUrl) -> Result<Store<R>, Error> {
        Store::with_settings(&url.into_database_url()?, &self.settings)
    }
}
