//! Node, with what the page is built from.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The folder of the sources of the page.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../page")
}

/// A command in the folder of the page. `None` if there is no Node.
pub(crate) fn node(arguments: &[&str]) -> Option<Command> {
    if postgres_server::left_out("node") {
        return None;
    }
    let is_there = Command::new("node").arg("--version").output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        postgres_server::missing(&format!(
            "{name} needs Node (on Debian: `apt-get install nodejs npm`)"
        ));
        return None;
    }
    let mut command = Command::new("node");
    command.args(arguments).current_dir(folder());
    Some(command)
}

/// Whether the libraries of the page are installed, as its lock file says. They are installed once.
pub(crate) fn has_libraries() -> bool {
    static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();
    match INSTALLED.get_or_init(install) {
        Ok(()) => true,
        Err(reason) => {
            postgres_server::missing(&format!(
                "that the page is built from its sources needs npm and the network: {reason}"
            ));
            false
        }
    }
}

fn install() -> Result<(), String> {
    // npm writes this file when it has installed everything.
    let installed = std::fs::metadata(folder().join("node_modules/.package-lock.json"));
    let locked = std::fs::metadata(folder().join("package-lock.json"));
    let time =
        |file: std::io::Result<std::fs::Metadata>| file.and_then(|file| file.modified()).ok();
    if time(installed).is_some_and(|installed| Some(installed) >= time(locked)) {
        return Ok(());
    }
    let output = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(said(&output))
    }
}

/// Everything that a program printed.
pub(crate) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
