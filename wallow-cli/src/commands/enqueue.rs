//! `wallow enqueue`: adds the combinations of a grid as pending runs.

use std::path::PathBuf;

use serde_json::json;
use wallow_runtime::RunStatus;
use wallow_runtime::dynamic::{Store, Value};
use wallow_runtime::value::RunState;

use crate::args::{Place, normal};
use crate::grid::Grid;
use crate::history::History;
use crate::import::rows::Rows;
use crate::output::{self, Failure, Status};
use crate::project::Project;

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow enqueue learning_rate=1e-4,3e-4,1e-3 seed=0..5
  wallow enqueue learning_rate=log:1e-5..1e-1/9 batch_size=16,32 width=64,128 --zip batch_size,width
  wallow enqueue --from settings.csv seed=0..=4 --dry-run

Values: a list (`1e-4,3e-4`), a range as in Rust (`0..10`, `0..=9`), a range with a step (`0..100/10`),
or a number of values between both ends, evenly or in a logarithmic scale (`lin:0..1/11`, `log:1e-5..1e-1/9`). A text with a comma is a JSON string
(`'\"a, b\",c'`). The last list varies fastest. Fields with a default may be left out.";

/// `wallow enqueue`.
#[derive(Debug, clap::Args)]
pub(crate) struct Enqueue {
    /// Values of identifying fields; every combination of the lists is added
    #[arg(value_name = "FIELD=VALUES", value_parser = list)]
    pub(crate) lists: Vec<(String, String)>,

    /// Walk these lists side by side instead of combining them
    #[arg(long, value_name = "FIELD,FIELD", value_parser = names)]
    pub(crate) zip: Vec<Names>,

    /// Combine the lists with the rows of this file (.csv, .tsv, .jsonl, .json, .parquet, .arrow); `-` is JSON lines from
    /// stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,

    /// Print what would be added, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The names of lists.
#[derive(Debug, Clone)]
pub(crate) struct Names(Vec<String>);

/// How many keys go into one transaction.
const CHUNK: usize = 1000;

/// Keys by the state of their runs.
#[derive(Debug, Default)]
struct Counts {
    new: u64,
    pending: u64,
    running: u64,
    completed: u64,
    failed: u64,
    unknown: u64,
}

pub(crate) fn run(place: &Place, enqueue: &Enqueue) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let schema = &project.schema;
    let zips = enqueue.zip.iter().map(|names| names.0.clone());
    let grid = Grid::read(schema, &enqueue.lists, &zips.collect::<Vec<_>>())?;
    let from = enqueue.from.as_deref();
    let mut rows = from
        .map(|path| Rows::read(schema, path, |place| grid.lists(place)))
        .transpose()?;
    if !rows.as_ref().is_some_and(Rows::is_empty) {
        grid.refuse_gaps(schema, rows.as_ref().map_or(&[], Rows::places))?;
    }
    project.refuse_other_precision(place)?;
    let mut counts = Counts::default();
    let store = open(&project, place, enqueue.dry_run)?;
    let mut chunks = Chunks {
        store: store.as_ref(),
        dry_run: enqueue.dry_run,
        keys: Vec::with_capacity(CHUNK),
        counts: &mut counts,
    };
    match &mut rows {
        // There is no database, and no list has a value twice, so every key would be new.
        None if store.is_none() => counts.new = u64::try_from(grid.len()).unwrap_or(u64::MAX),
        None => {
            chunks.add(grid.keys(&[]))?;
            chunks.finish()?;
        }
        Some(rows) => {
            for row in rows.entries()? {
                let row = row?;
                chunks.add(grid.keys(&row))?;
            }
            chunks.finish()?;
        }
    }
    report(&project, place, enqueue, rows.as_ref(), &counts)?;
    Ok(Status::Fine)
}

/// The store to add to; `None` if nothing is to be changed and there is no database.
fn open(project: &Project, place: &Place, dry_run: bool) -> Result<Option<Store>, Failure> {
    if dry_run {
        let Some(database) = project.look_at_database(place)? else {
            return Ok(None);
        };
        return if database.table()?.is_none() {
            Ok(None)
        } else {
            project.open_to_read(place).map(Some)
        };
    }
    project.refuse_other(place)?;
    let history = History::load(project, place)?;
    let is_new = match project.look_at_database(place)? {
        None => true,
        Some(database) => {
            crate::project::refuse_vanished(&database)?;
            database.table()?.is_none()
        }
    };
    if is_new && !history.entries.is_empty() {
        // A new database is managed by migrations from the start, as in a program that has them.
        let database = project.open_database(place)?;
        history.apply(&database, history.entries.len(), |_| ())?;
    }
    project.open_store(place).map(Some)
}

/// Adds keys in chunks, and counts them.
struct Chunks<'a> {
    /// None if there is no database, and nothing is to be changed.
    store: Option<&'a Store>,
    dry_run: bool,
    keys: Vec<Vec<Value>>,
    counts: &'a mut Counts,
}

impl Chunks<'_> {
    fn add(&mut self, keys: impl Iterator<Item = Vec<Value>>) -> Result<(), Failure> {
        for key in keys {
            self.keys.push(key);
            if self.keys.len() == CHUNK {
                self.write()?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.write()
    }

    /// Adds the keys so far. Only if some of them exist, their states are looked up, because a new grid is large and its
    /// keys are all new. A new run that a worker has claimed since is counted as new, not as running.
    fn write(&mut self) -> Result<(), Failure> {
        let keys = &self.keys;
        let Some(store) = self.store else {
            self.counts.new += keys.len() as u64;
            self.keys.clear();
            return Ok(());
        };
        let inserted = if self.dry_run || keys.is_empty() {
            0
        } else {
            let added = store.enqueue_chunk(keys);
            added
                .map_err(|error| {
                    Failure::finding(format!(
                        "{error}; {} before that {}",
                        output::counted(self.counts.new, "new combination"),
                        if self.counts.new == 1 {
                            "was added, and stays"
                        } else {
                            "were added, and stay"
                        },
                    ))
                })?
                .inserted
        };
        self.counts.new += inserted;
        if inserted < keys.len() as u64 {
            let mut counts = Counts::default();
            for state in store.states(keys)? {
                counts.count(state);
            }
            let mut left = inserted;
            for own in [&mut counts.pending, &mut counts.running] {
                let taken = left.min(*own);
                *own -= taken;
                left -= taken;
            }
            self.counts.add(&counts);
        }
        self.keys.clear();
        Ok(())
    }
}

impl Counts {
    fn count(&mut self, state: RunState) {
        *match state {
            RunState::New => &mut self.new,
            RunState::Known(RunStatus::Pending) => &mut self.pending,
            RunState::Known(RunStatus::Running) => &mut self.running,
            RunState::Known(RunStatus::Completed) => &mut self.completed,
            RunState::Known(RunStatus::Failed) => &mut self.failed,
            RunState::Unknown => &mut self.unknown,
        } += 1;
    }

    fn add(&mut self, other: &Counts) {
        self.new += other.new;
        self.pending += other.pending;
        self.running += other.running;
        self.completed += other.completed;
        self.failed += other.failed;
        self.unknown += other.unknown;
    }

    fn total(&self) -> u64 {
        self.new + self.pending + self.running + self.completed + self.failed + self.unknown
    }
}

fn report(
    project: &Project,
    place: &Place,
    enqueue: &Enqueue,
    rows: Option<&Rows>,
    counts: &Counts,
) -> Result<(), Failure> {
    if enqueue.json {
        output::json(&json!({
            "new": counts.new,
            "pending": counts.pending,
            "running": counts.running,
            "completed": counts.completed,
            "failed": counts.failed,
            "unknown": counts.unknown,
            "added": if enqueue.dry_run { 0 } else { counts.new },
            "notes": rows.map(Rows::notes).unwrap_or_default(),
        }));
        return Ok(());
    }
    for note in rows.map(Rows::notes).unwrap_or_default() {
        output::line(&note);
    }
    let unknown = match counts.unknown {
        0 => String::new(),
        count => format!(", {count} with a status that wallow does not know"),
    };
    let total = usize::try_from(counts.total()).unwrap_or(usize::MAX);
    output::line(&format!(
        "{}: {} new, {} pending, {} running, {} completed, {} failed{unknown}",
        output::counted(total, "combination"),
        counts.new,
        counts.pending,
        counts.running,
        counts.completed,
        counts.failed,
    ));
    if enqueue.dry_run {
        output::line("dry run: nothing was changed");
    } else if counts.new > 0 {
        let new = usize::try_from(counts.new).unwrap_or(usize::MAX);
        let named = project.database(place)?;
        output::line(&format!("added {} to {named}", output::counted(new, "run")));
    }
    Ok(())
}

fn list(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, values)) if !field.trim().is_empty() => Ok((normal(field), values.into())),
        _ => Err("write `FIELD=VALUES`, such as `seed=0..5` or `learning_rate=1e-4,3e-4`".into()),
    }
}

fn names(text: &str) -> Result<Names, String> {
    let names = text.split(',').map(normal).collect::<Vec<_>>();
    if names.len() < 2 || names.iter().any(String::is_empty) {
        return Err("name at least two fields, such as `batch_size,width`".into());
    }
    Ok(Names(names))
}
