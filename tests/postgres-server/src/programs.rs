//! The programs of the server: where they are, and as which user they run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the programs to be used, in the place of those that are installed.
pub const PROGRAMS: &str = "WALLOW_TEST_POSTGRES_PROGRAMS";

/// Whether a server can be started here.
pub fn are_installed() -> bool {
    find().is_ok()
}

/// Installs packages that tests need, on Debian as root.
///
/// # Errors
/// If that is not possible here, or fails: the reason.
pub fn install(packages: &[&str]) -> Result<(), String> {
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Err(format!(
            "some programs are not installed; install what Debian packages as {}",
            packages.join(", ")
        ));
    }
    let install = [&["install", "-y"], packages].concat();
    for arguments in [&["update"][..], &install] {
        let mut command = Command::new("apt-get");
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        super::succeed(&mut command)?;
    }
    Ok(())
}

/// One of the client programs, such as `psql`, of the same version as the server.
///
/// # Errors
/// If PostgreSQL is not installed.
pub fn client(name: &str) -> Result<Command, String> {
    Ok(Command::new(beside(&find()?, name)))
}

/// A program of this folder. A server to be embedded comes without clients: then the installed one is used.
pub(crate) fn beside(folder: &Path, name: &str) -> PathBuf {
    let own = folder.join(name);
    let installed = || installed().map(|folder| folder.join(name));
    if own.is_file() {
        own
    } else {
        installed().unwrap_or(own)
    }
}

/// The folder of the programs.
pub(crate) fn find() -> Result<PathBuf, String> {
    match std::env::var_os(PROGRAMS) {
        Some(folder) => Ok(folder.into()),
        None => installed(),
    }
}

fn installed() -> Result<PathBuf, String> {
    let versions = fs::read_dir("/usr/lib/postgresql");
    let versions = versions.into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    // The newest version first.
    folders.sort_by(|one, other| other.cmp(one));
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file())
        .ok_or_else(|| "there is no `initdb` in the PATH or under /usr/lib/postgresql".into())
}

pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

/// A program of the server, which does not run as root.
pub(crate) fn command(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}
