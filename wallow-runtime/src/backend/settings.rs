//! What every store is opened with.

use std::path::PathBuf;
use std::time::Duration;

use super::{DatabaseUrl, PoolOptions};
use crate::clock::Environment;
use crate::error::Error;

/// What every store is opened with, typed or not.
#[derive(Debug, Clone)]
pub(crate) struct StoreSettings {
    pub(crate) check_schema: bool,
    pub(crate) read_only: bool,
    /// Whether a statement from which row-level security would hide runs is an error.
    pub(crate) every_row: bool,
    pub(crate) pool_size: usize,
    pub(crate) busy_timeout: Duration,
    pub(crate) artefacts_root: Option<PathBuf>,
    pub(crate) environment: Environment,
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings {
            check_schema: true,
            read_only: false,
            every_row: false,
            pool_size: 8,
            busy_timeout: Duration::from_secs(30),
            artefacts_root: None,
            environment: Environment::default(),
        }
    }
}

impl StoreSettings {
    /// The pool of a database.
    pub(crate) fn pool(&self, url: &DatabaseUrl) -> Result<PoolOptions, Error> {
        Ok(PoolOptions {
            target: url.target(self.read_only)?.with_every_row(self.every_row),
            size: self.pool_size,
            busy_timeout: self.busy_timeout,
            environment: self.environment.clone(),
        })
    }
}
