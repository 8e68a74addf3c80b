//! The databases that these tests run on. No other code of these tests depends on the kind of database.

use std::path::Path;

use tempfile::TempDir;
use test_support::Place;

/// Whose clock decides whether a run is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeOf {
    /// The clock of the machine that all processes run on.
    Machine,
    /// The server's.
    #[cfg(feature = "postgres")]
    Server,
}

/// A fresh database that several processes share, and a folder for the files of a test.
pub(crate) struct Database<'a> {
    pub(crate) url: String,
    pub(crate) time: TimeOf,
    folder: TempDir,
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "a server has a clock of its own")
    )]
    place: &'a Place,
}

impl<'a> Database<'a> {
    pub(crate) fn of(place: &'a Place) -> Self {
        Database {
            url: place.url(),
            #[cfg(feature = "postgres")]
            time: place
                .on_server()
                .map_or(TimeOf::Machine, |_| TimeOf::Server),
            #[cfg(not(feature = "postgres"))]
            time: TimeOf::Machine,
            folder: tempfile::tempdir().unwrap(),
            place,
        }
    }

    /// The server's clock, for connections that are opened from now on. It runs with the real one.
    #[cfg(feature = "postgres")]
    pub(crate) fn clock(&self) -> Option<postgres_server::Clock> {
        let clock = self.place.on_server()?.clock();
        clock.go(0);
        Some(clock)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
