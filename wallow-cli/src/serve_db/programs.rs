//! PostgreSQL's own programs: where they are, and of which version.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::folder::Folder;
use crate::output::{Failure, display_path};

/// The oldest version that wallow works with.
const OLDEST: u32 = 13;

/// The programs of one version.
#[derive(Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    version: String,
    dump: Option<PathBuf>,
}

impl Programs {
    /// Finds the programs of the version that the data has: in the folder that was named, otherwise in the PATH, where
    /// `pg_config` says, and where Linux distributions put them; of several versions the first one for new data.
    pub(super) fn find(
        named: Option<&Path>,
        data: &Folder,
        with_dump: bool,
    ) -> Result<Self, Failure> {
        let wanted = data.version()?;
        let folders = match named {
            Some(folder) => vec![folder.to_path_buf()],
            None => usual(),
        };
        let found = folders.iter().filter_map(|folder| Programs::of(folder));
        let found = found.collect::<Vec<_>>();
        let versions = found.iter().map(|programs| programs.version.clone());
        let mut versions = versions.collect::<Vec<_>>();
        // One installation is often found by several ways.
        versions.dedup();
        let versions = versions.join(", ");
        let mut fitting = found.into_iter().filter(|programs| match wanted {
            Some(wanted) => programs.major() == Some(wanted),
            None => programs.major() >= Some(OLDEST),
        });
        let Some(programs) = fitting.next() else {
            return Err(missing(named, wanted, data, &versions));
        };
        if with_dump && programs.dump.is_none() {
            return Err(Failure::finding(format!(
                "there is no `pg_dump` in `{}` or in the PATH; install the client programs of PostgreSQL {}, or give \
                 `--no-dump`: the data stays in the folder in any case",
                display_path(&programs.folder),
                programs.version
            )));
        }
        Ok(programs)
    }

    /// The programs in a folder, if it has a server.
    fn of(folder: &Path) -> Option<Self> {
        // It may be a link to one that has the others beside it.
        let server = folder.join("postgres").canonicalize().ok()?;
        let folder = server.parent()?.to_path_buf();
        if !folder.join("initdb").is_file() {
            return None;
        }
        let text = output_of(Command::new(&server).arg("--version"))?;
        // postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)
        let version = text.split_whitespace().nth(2)?.to_owned();
        let beside = folder.join("pg_dump");
        let dump = if beside.is_file() {
            Some(beside)
        } else {
            let found = path_folders()
                .into_iter()
                .map(|folder| folder.join("pg_dump"));
            found.into_iter().find(|path| path.is_file())
        };
        Some(Programs {
            folder,
            version,
            dump,
        })
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The number before the point: data fits servers of the same one alone.
    fn major(&self) -> Option<u32> {
        let digits = self.version.split(|char: char| !char.is_ascii_digit());
        digits.into_iter().next()?.parse().ok()
    }

    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    /// `pg_dump`.
    pub(super) fn dump(&self) -> PathBuf {
        let dump = self.dump.clone();
        dump.unwrap_or_else(|| self.path("pg_dump"))
    }

    /// The PATH for the command: at its end are these programs, for example `psql`.
    pub(super) fn behind_path(&self) -> OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain([self.folder.clone()]);
        std::env::join_paths(folders).unwrap_or(path)
    }
}

/// The error if no programs fit.
fn missing(named: Option<&Path>, wanted: Option<u32>, data: &Folder, versions: &str) -> Failure {
    let place = match named {
        Some(folder) => format!("`{}` has", display_path(folder)),
        None => "the PATH, `pg_config --bindir` and /usr/lib/postgresql have".to_owned(),
    };
    let found = if versions.is_empty() {
        format!("{place} no `postgres` and `initdb`")
    } else {
        format!("{place} PostgreSQL {versions}")
    };
    let cure = "install PostgreSQL, load its module, or name the folder of its programs with `--pg-bin DIR`";
    Failure::finding(match wanted {
        Some(wanted) => format!(
            "the data is of PostgreSQL {wanted}, which other versions cannot read, and {found}; name the folder of the \
             programs of {wanted} with `--pg-bin DIR`; {}",
            data.advice_on_dump()
        ),
        None if versions.is_empty() => format!("{found}; {cure}"),
        None => format!("{found}, and {OLDEST} is the oldest version that works; {cure}"),
    })
}

/// Where the programs may be, in this order.
fn usual() -> Vec<PathBuf> {
    let mut folders = path_folders();
    if let Some(folder) = output_of(Command::new("pg_config").arg("--bindir")) {
        folders.push(folder.trim().into());
    }
    for (root, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")] {
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        let versions = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(prefix)?.parse::<u32>().ok()?;
            Some((version, entry.path().join("bin")))
        });
        let mut versions = versions.collect::<Vec<_>>();
        // The newest first.
        versions.sort_by(|one, other| other.cmp(one));
        folders.extend(versions.into_iter().map(|(_, folder)| folder));
    }
    folders
}

fn path_folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).collect()
}

fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}
