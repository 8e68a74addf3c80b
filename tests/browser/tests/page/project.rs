//! A project in a temporary folder, the command in it, and its server.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A folder with a wallow.toml and a database.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A database with these runs (JSON lines).
    pub(crate) fn with(schema: &str, runs: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("wallow.toml"), schema).unwrap();
        fs::write(folder.path().join("runs.jsonl"), runs).unwrap();
        let project = Project { folder };
        project.wallow(&["migrate", "push", "--yes"]);
        if !runs.is_empty() {
            project.wallow(&["import", "--from", "runs.jsonl"]);
        }
        project
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `wallow …`, and returns what it printed.
    pub(crate) fn wallow(&self, arguments: &[&str]) -> String {
        wallow(self.folder(), arguments)
    }

    /// The address of a report.
    pub(crate) fn report(&self) -> String {
        self.wallow(&["report", "--output", "report.html"]);
        address(&self.folder().join("report.html"))
    }

    pub(crate) fn serve(&self) -> Server {
        Server::start(self.folder(), &[])
    }
}

/// The address of a file.
pub(crate) fn address(path: &Path) -> String {
    format!("file://{}", path.canonicalize().unwrap().display())
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wallow-in-browser"));
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("WALLOW_DATABASE_URL")
        .env_remove("DATABASE_URL");
    command
}

/// Runs `wallow …` in a folder, and returns what it printed.
pub(crate) fn wallow(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// `wallow ui`, which ends with the value.
pub(crate) struct Server {
    child: Child,
    /// The address that it printed.
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(folder: &Path, options: &[&str]) -> Self {
        let arguments = [&["ui", "--port", "0"], options].concat();
        let mut child = command(folder, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut url).unwrap();
        let url = url.trim_end().to_owned();
        Server { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that cargo built beside this test.
pub(crate) fn beside(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.parent().unwrap().parent().unwrap().join(name)
}
