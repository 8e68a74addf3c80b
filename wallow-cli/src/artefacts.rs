//! The folders of artefacts that exist below a root, recognised by their names.
//!
//! Invariant: only folders whose names the layout can make are found; anything else there does not belong to wallow.

use std::fs;
use std::path::{Path, PathBuf};

use wallow_runtime::dynamic::Row;
use wallow_schema::{Layout, LayoutPart, Schema};

use crate::project::Project;

/// The digits of a uuid.
const UUID: usize = 12;

/// The pattern of each part of the path.
pub(crate) struct Folders(Vec<Vec<LayoutPart>>);

impl Folders {
    pub(crate) fn new(layout: &Layout) -> Self {
        let mut path = vec![Vec::new()];
        for part in layout.parts() {
            let LayoutPart::Text(text) = part else {
                push(&mut path, part.clone());
                continue;
            };
            for (index, piece) in text.split('/').enumerate() {
                if index > 0 {
                    path.push(Vec::new());
                }
                if !piece.is_empty() {
                    push(&mut path, LayoutPart::Text(piece.to_owned()));
                }
            }
        }
        path.retain(|component| !component.is_empty());
        Folders(path)
    }

    /// Whether each run has a folder of its own whose name identifies the run.
    pub(crate) fn name_runs(&self) -> bool {
        let mut parts = self.0.iter().flatten();
        parts.any(|part| matches!(part, LayoutPart::Placeholder(name) if name == "uuid"))
    }

    /// The folders that exist, in order. Links are not followed.
    pub(crate) fn below(&self, root: &Path) -> Vec<PathBuf> {
        let mut found = vec![root.to_path_buf()];
        for component in &self.0 {
            found = found
                .iter()
                .flat_map(|folder| inner(folder, component))
                .collect();
        }
        found.sort();
        found
    }
}

fn push(path: &mut [Vec<LayoutPart>], part: LayoutPart) {
    if let Some(last) = path.last_mut() {
        last.push(part);
    }
}

/// The folders in a folder whose names fit. A folder that cannot be read counts as empty.
fn inner(folder: &Path, component: &[LayoutPart]) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name();
        is_folder && name.to_str().is_some_and(|name| fits(component, name))
    });
    folders.map(|entry| entry.path()).collect()
}

/// Whether these parts of the layout can make a name.
fn fits(parts: &[LayoutPart], name: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return name.is_empty();
    };
    match first {
        LayoutPart::Text(text) => name
            .strip_prefix(text.as_str())
            .is_some_and(|name| fits(rest, name)),
        LayoutPart::Placeholder(field) if field == "uuid" => {
            let uuid = name.get(..UUID).unwrap_or_default();
            uuid.len() == UUID
                && uuid
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
                && fits(rest, &name[UUID..])
        }
        LayoutPart::Placeholder(_) => {
            let safe = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
            let length = name.find(|char| !safe(char)).unwrap_or(name.len());
            (1..=length).any(|end| fits(rest, &name[end..]))
        }
    }
}

/// The number of files in a folder, and their total size in bytes.
pub(crate) fn content(folder: &Path) -> (usize, u64) {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                let (more, size) = content(&entry.path());
                files += more;
                bytes += size;
            }
            _ => {
                files += 1;
                bytes += entry.metadata().map_or(0, |file| file.len());
            }
        }
    }
    (files, bytes)
}

/// The names of the files of a run's attempts, in its folder. If the layout has no `{uuid}`, runs share a folder, and the
/// names begin with the uuid, so that no run takes the files of another.
#[derive(Debug)]
pub(crate) struct AttemptNames(String);

impl AttemptNames {
    pub(crate) fn of(schema: &Schema, run: &Row) -> Self {
        let is_own = Folders::new(&schema.project.artefacts_layout).name_runs();
        AttemptNames(if is_own {
            "attempt-".to_owned()
        } else {
            format!("{}.attempt-", run.uuid())
        })
    }

    /// The name of a file; `ending` is without its dot.
    pub(crate) fn name(&self, attempt: i64, ending: &str) -> String {
        format!("{}{attempt}.{ending}", self.0)
    }

    /// The number of the attempt whose output has this name.
    pub(crate) fn attempt(&self, name: &str) -> Option<i64> {
        let name = name.strip_prefix(&self.0)?;
        let number = name.strip_suffix(".out").or(name.strip_suffix(".err"))?;
        number.parse().ok()
    }
}

/// Where artefacts are if the schema does not say.
const ARTEFACTS: &str = "artefacts";

/// The folder of all artefacts: the one that was named, that of the schema, or `artefacts` beside it.
pub(crate) fn root(project: &Project, named: Option<&Path>) -> PathBuf {
    if let Some(root) = named {
        return root.to_path_buf();
    }
    let declared = project.schema.project.artefacts_root.as_deref();
    project.beside(declared.unwrap_or(ARTEFACTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(layout: &str) -> Folders {
        let text = format!(
            "[project]\nname = 'x'\nartefacts_layout = '{layout}'\n[identifying.arch]\ntype = 'string'\n"
        );
        let schema = wallow_schema::parse(&text, "wallow.toml").unwrap();
        Folders::new(&schema.project.artefacts_layout)
    }

    #[test]
    fn only_names_that_the_layout_makes_fit() {
        let Folders(path) = folders("runs/{arch}-x/{uuid}");
        assert_eq!(path.len(), 3);
        for (component, name, fit) in [
            (0, "runs", true),
            (0, "plots", false),
            (1, "mlp-16-x", true),
            (1, "-x", false),
            (1, "a b-x", false),
            (2, "8fa740691a0a", true),
            (2, "8fa740691a0A", false),
            (2, "8fa740691a0", false),
            (2, "8fa740691a0ab", false),
            (2, "é8fa740691a0", false),
        ] {
            assert_eq!(fits(&path[component], name), fit, "{name}");
        }
    }

    #[test]
    fn a_layout_without_uuid_names_no_runs() {
        assert!(folders("{arch}/{uuid}").name_runs());
        assert!(!folders("{arch}").name_runs());
    }
}
