//! `wallow gc`: artefacts without a run, and runs without artefacts.
//!
//! The folders are read before the runs: a folder is made only for a run that is registered, so a folder that was found
//! first and has no run in the second step has lost it for good. Both are read again after a person has agreed: the
//! answer may take a while, and runs with these uuids may have come in meanwhile.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use wallow_runtime::RunStatus;
use wallow_runtime::dynamic::{self, Store};

use crate::advice;
use crate::args::Place;
use crate::artefacts::{self, Folders, content};
use crate::bulk::agree;
use crate::files::Tree;
use crate::output::{self, Failure, Status};
use crate::progress::Progress;
use crate::project::{Named, Project};

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow gc
  wallow gc --artefacts /data/artefacts --delete

A folder is without a run if its name fits artefacts_layout and no run of the database has it. Folders are
deleted only if the layout has {uuid}. Check before you delete: another database may use the same folder.";

/// `wallow gc`.
#[derive(Debug, clap::Args)]
pub(crate) struct Gc {
    /// The folder of all artefacts [default: `artefacts_root` of the schema, else `artefacts`, beside it]
    #[arg(long, value_name = "DIR")]
    pub(crate) artefacts: Option<PathBuf>,

    /// Delete the folders without a run
    #[arg(long)]
    pub(crate) delete: bool,

    /// Do not ask
    #[arg(long, requires = "delete")]
    pub(crate) yes: bool,

    /// Print JSON
    #[arg(long, conflicts_with = "delete")]
    pub(crate) json: bool,
}

/// What is said if some runs cannot be seen.
const NOTHING: &str = "nothing was compared";

/// At most this many of each are listed; `--json` lists all.
const LISTED: usize = 20;

/// Folders without runs, and runs without folders.
struct Strays {
    root: PathBuf,
    layout: String,
    /// Whether the name of a folder says which run it belongs to.
    named: bool,
    folders: Vec<PathBuf>,
    /// The uuids of runs that have begun, but have no folder.
    runs: Vec<String>,
    /// How many attempts belong to no run.
    attempts: u64,
}

pub(crate) fn run(place: &Place, gc: &Gc) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let root = root(&project, gc.artefacts.as_deref())?;
    project.warn_of_other_precision(place)?;
    let store = project.open_to_read_all(place, NOTHING)?;
    if !root.is_dir() {
        return Err(Failure::finding(format!(
            "there is no folder `{}`; name the folder of the artefacts with `--artefacts DIR`",
            output::visible(&root.display().to_string())
        )));
    }
    // The folder is held open from here on, so that what is deleted later is in the folder that was listed.
    let tree = Tree::open(&root).map_err(|error| {
        let root = output::visible(&root.display().to_string());
        Failure::finding(format!("the folder `{root}` cannot be read: {error}"))
    })?;
    let progress = Progress::of("comparing folders with runs");
    let strays = strays(&store, root)?;
    drop(progress);
    if gc.json {
        output::json(&strays.as_json());
    } else {
        strays.print();
    }
    if gc.delete {
        forget_attempts(&project, place, strays.attempts, gc.yes)?;
    }
    if strays.folders.is_empty() {
        return Ok(if strays.attempts > 0 && !gc.delete {
            Status::Finding
        } else {
            Status::Fine
        });
    }
    if gc.delete {
        return strays.delete(&tree, &store, &project.database(place)?, gc.yes);
    }
    if !gc.json {
        output::line(&advice::complete(
            "nothing was deleted; `wallow gc --delete` deletes the folders without a run",
        ));
    }
    Ok(Status::Finding)
}

/// The root folder of the artefacts.
fn root(project: &Project, named: Option<&Path>) -> Result<PathBuf, Failure> {
    let root = artefacts::root(project, named);
    let is_named = named.is_some() || project.schema.project.artefacts_root.is_some();
    if is_named || root.is_dir() {
        return Ok(root);
    }
    Err(Failure::usage(
        "the schema has no `artefacts_root`; name the folder with `--artefacts DIR`",
    ))
}

fn strays(store: &Store, root: PathBuf) -> Result<Strays, Failure> {
    let layout = &store.schema().project.artefacts_layout;
    let folders = Folders::new(layout);
    let there = folders.below(&root);
    let mut owned = BTreeSet::new();
    let mut runs = Vec::new();
    for row in &store.query() {
        let row = row?;
        // A run whose values do not give a path never had a folder.
        let Ok(folder) = store.artefacts_dir(&root, &row) else {
            continue;
        };
        // A run that waits has no folder yet.
        let waits = dynamic::run_status(store.schema(), &row) == Some(RunStatus::Pending);
        if !waits && !folder.is_dir() {
            runs.push(row.uuid().to_owned());
        }
        owned.insert(folder);
    }
    Ok(Strays {
        root,
        layout: layout.to_string(),
        named: folders.name_runs(),
        folders: there
            .into_iter()
            .filter(|folder| !owned.contains(folder))
            .collect(),
        runs,
        attempts: if store.schema().project.attempts {
            store.orphaned_attempts()?
        } else {
            0
        },
    })
}

/// Deletes the attempts whose runs another program has deleted.
fn forget_attempts(project: &Project, place: &Place, count: u64, yes: bool) -> Result<(), Failure> {
    if count == 0 {
        return Ok(());
    }
    let named = project.database(place)?;
    let attempts = |count| output::counted(usize::try_from(count).unwrap_or(usize::MAX), "attempt");
    if !yes {
        let question = format!("delete {} without a run in {named}?", attempts(count));
        agree(&question, "nothing was deleted")?;
    }
    let store = project.open_all(place, false, "nothing was deleted")?;
    let deleted = store.remove_orphaned_attempts()?;
    output::line(&format!(
        "deleted {} without a run in {named}",
        attempts(deleted)
    ));
    Ok(())
}

impl Strays {
    fn print(&self) {
        let displayed = output::visible(&self.root.display().to_string());
        output::line(&format!("artefacts: {displayed}/{}", self.layout));
        let folders = self.folders.iter().map(|folder| {
            let (files, bytes) = content(folder);
            let path = output::visible(&folder.display().to_string());
            format!(
                "{path}  ({}, {})",
                output::counted(files, "file"),
                size(bytes)
            )
        });
        list("folder", "without a run", self.folders.len(), folders);
        list(
            "run",
            "without a folder",
            self.runs.len(),
            self.runs.iter().map(Clone::clone),
        );
        if self.attempts > 0 {
            let attempts = usize::try_from(self.attempts).unwrap_or(usize::MAX);
            list("attempt", "without a run", attempts, std::iter::empty());
        }
    }

    fn as_json(&self) -> serde_json::Value {
        json!({
            "root": self.root,
            "layout": self.layout,
            "folders_without_run": self.folders,
            "runs_without_folder": self.runs,
            "attempts_without_run": self.attempts,
        })
    }

    fn delete<'s>(
        &'s self,
        tree: &Tree,
        store: &Store,
        named: &Named,
        yes: bool,
    ) -> Result<Status, Failure> {
        if !self.named {
            return Err(Failure::finding(format!(
                "the layout `{}` has no `{{uuid}}`, so these folders may be anybody's; nothing was \
                 deleted: delete them by hand",
                self.layout
            )));
        }
        let folders = output::counted(self.folders.len(), "folder");
        // While the person answers, another folder may get this name.
        let below = |folder: &'s Path| folder.strip_prefix(&self.root).unwrap_or(folder);
        let looked_at = self.folders.iter();
        let looked_at = looked_at.map(|folder| (folder, tree.identity(below(folder))));
        let looked_at = looked_at.collect::<Vec<_>>();
        if !yes {
            let root = output::visible(&self.root.display().to_string());
            let question = format!("delete {folders} below `{root}`, without a run in {named}?");
            agree(&question, "nothing was deleted")?;
        }
        let still = strays(store, self.root.clone())?.folders;
        let still = BTreeSet::from_iter(&still);
        let mut deleted = 0;
        let mut refused = Vec::new();
        for (folder, identity) in looked_at {
            let removed = if still.contains(folder) {
                identity.and_then(|identity| tree.remove(below(folder), &identity))
            } else {
                Err(io::Error::other("meanwhile it has a run, or is gone"))
            };
            match removed {
                Ok(()) => deleted += 1,
                Err(error) => {
                    let folder = output::visible(&folder.display().to_string());
                    refused.push(format!("{folder}: {error}"));
                }
            }
        }
        output::line(&format!(
            "deleted {} without a run in {named}",
            output::counted(deleted, "folder")
        ));
        if refused.is_empty() {
            return Ok(Status::Fine);
        }
        Err(Failure::finding(format!(
            "these could not be deleted:\n  {}",
            refused.join("\n  ")
        )))
    }
}

fn list(noun: &str, lack: &str, count: usize, lines: impl Iterator<Item = String>) {
    output::line(&format!("{} {lack}", output::counted(count, noun)));
    let mut listed = 0;
    for line in lines.take(LISTED) {
        output::line(&format!("  {line}"));
        listed += 1;
    }
    if listed > 0 && count > listed {
        output::line(&format!("  … and {} more", count - listed));
    }
}

/// `17 B`, `1.2 MiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut whole = bytes;
    let mut tenths = 0;
    while whole >= 1024 && unit + 1 < UNITS.len() {
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit += 1;
    }
    match unit {
        0 => format!("{whole} B"),
        _ => format!("{whole}.{tenths} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_a_unit() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
