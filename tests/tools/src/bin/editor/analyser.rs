//! Where rust-analyzer and the sources of the standard library are, or how to get them.

use std::path::{Path, PathBuf};
use std::process::Command;

use tool_checks::{Result, answer, run};

/// What to do if nothing can be installed.
const ADVICE: &str = "install rust-analyzer and the sources of the standard library:\n  \
    with rustup: `rustup component add rust-analyzer rust-src`\n  \
    on Debian 12, as root: `apt-get install rust-web-analyzer rust-web-src`\n  \
    or name them: `RUST_ANALYZER=/path/to/rust-analyzer RUST_SRC_PATH=/path/to/library`";

/// A rust-analyzer that works.
pub(crate) struct Analyser {
    pub(crate) program: PathBuf,
    /// The folder `library` of the sources. It is always given, because otherwise rust-analyzer downloads them.
    pub(crate) library: PathBuf,
    pub(crate) version: String,
}

impl Analyser {
    /// Finds it, or installs it on Debian as root.
    pub(crate) fn get() -> Result<Self> {
        if let Some(found) = find() {
            return Ok(found);
        }
        let is_root = line(Command::new("id").arg("-u")).as_deref() == Some("0");
        if is_root && line(Command::new("apt-get").arg("--version")).is_some() {
            run("apt-get", "update --quiet")?;
            run(
                "apt-get",
                "install --yes --quiet --no-install-recommends rust-web-analyzer rust-web-src",
            )?;
        }
        Ok(find().ok_or_else(|| format!("rust-analyzer was not found; {ADVICE}"))?)
    }
}

fn find() -> Option<Analyser> {
    let named = std::env::var_os("RUST_ANALYZER").map(PathBuf::from);
    let places = ["rust-analyzer", "/usr/bin/rust-analyzer"].map(PathBuf::from);
    let library = library()?;
    named.into_iter().chain(places).find_map(|program| {
        // rustup installs a program of that name that only reports that the component is missing.
        let version = line(Command::new(&program).arg("--version"))?;
        Some(Analyser {
            program,
            library: library.clone(),
            version,
        })
    })
}

/// The sources of the standard library: the named ones, rustup's, or Debian's newest.
fn library() -> Option<PathBuf> {
    let named = std::env::var_os("RUST_SRC_PATH").map(PathBuf::from);
    let sysroot = line(Command::new("rustc").args(["--print", "sysroot"]));
    let component = sysroot.map(|root| Path::new(&root).join("lib/rustlib/src/rust/library"));
    let debian = std::fs::read_dir("/usr/src")
        .into_iter()
        .flatten()
        .flatten();
    let mut debian = debian
        .map(|entry| entry.path().join("library"))
        .collect::<Vec<_>>();
    debian.sort();
    let mut all = named
        .into_iter()
        .chain(component)
        .chain(debian.into_iter().rev());
    all.find(|library| library.join("core/src/lib.rs").is_file())
}

/// The first line that a command prints, if it succeeds.
fn line(command: &mut Command) -> Option<String> {
    answer(command).ok()?.lines().next().map(str::to_owned)
}
