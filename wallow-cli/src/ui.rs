//! The server of `wallow ui`.
//!
//! What enters: requests. What leaves: the page, and JSON with what it asks for. Invariants: nothing is written to the
//! database, a request without the token learns nothing, and no path of a file comes from a request.

mod answer;
mod api;
mod connections;
mod cursor;
mod files;
mod groups;
mod guard;
mod parameters;
mod progress;
mod runs;
mod server;

use std::path::PathBuf;
use std::sync::Arc;

use wallow_runtime::Query;
use wallow_runtime::dynamic::{self, Row};

use crate::open::Reading;
use crate::page;
use answer::Refusal;

pub(crate) use guard::{Hosts, host_name};
pub(crate) use server::listen;

/// What a server shows.
pub(crate) struct Shown {
    reading: Reading,
    /// The folder of all artefacts, in which the logs of attempts are.
    artefacts: PathBuf,
    downloads: Arc<runs::Downloads>,
}

impl Shown {
    /// The runs of a database; their logs are in this folder of artefacts.
    pub(crate) fn new(artefacts: PathBuf, reading: Reading) -> Self {
        Shown {
            reading,
            artefacts,
            downloads: Arc::default(),
        }
    }

    /// A query of the runs for which an expression is true; of all, if it is blank.
    fn query(&self, condition: &str) -> Result<Query<Row>, Refusal> {
        let query = self.reading.store.query();
        if condition.trim().is_empty() {
            return Ok(query);
        }
        let condition = dynamic::parse(self.reading.store.schema(), condition)?;
        Ok(query.filter(condition))
    }

    /// The page, as it is before it has asked for anything.
    fn page(&self) -> std::io::Result<Vec<u8>> {
        let store = &self.reading.store;
        let columns = store.columns();
        let mut description =
            page::description::of(store.schema(), columns, &self.reading.database, &[]);
        description.insert("live".into(), true.into());
        let description = page::harmless(serde_json::Value::from(description).to_string());
        let mut html = Vec::new();
        let title = &store.schema().project.name;
        page::write(&mut html, page::Served::ByServer, title, |out| {
            out.write_all(description.as_bytes())
        })?;
        Ok(html)
    }
}
