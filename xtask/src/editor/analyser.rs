//! Where rust-analyzer and the sources of the standard library are, or how to get them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What to do where nothing can be installed.
const ADVICE: &str = "install rust-analyzer and the sources of the standard library:\n  \
    with rustup: `rustup component add rust-analyzer rust-src`\n  \
    on Debian 12, as root: `apt-get install rust-web-analyzer rust-web-src`\n  \
    or name them: `RUST_ANALYZER=/path/to/rust-analyzer RUST_SRC_PATH=/path/to/library`";

/// Packages of Debian 12 that have both.
const PACKAGES: [&str; 2] = ["rust-web-analyzer", "rust-web-src"];

/// A rust-analyzer that runs.
pub(crate) struct Analyser {
    pub(crate) program: PathBuf,
    /// `library` of the sources. Always given: without, it fetches them from the network.
    pub(crate) library: PathBuf,
    pub(crate) version: String,
}

impl Analyser {
    /// Finds it, or installs it where this is Debian and we are root.
    pub(crate) fn get() -> Result<Self, String> {
        if let Some(found) = find() {
            return Ok(found);
        }
        if !may_install() {
            return Err(format!("rust-analyzer was not found; {ADVICE}"));
        }
        install()?;
        find().ok_or_else(|| {
            format!("{PACKAGES:?} are installed, but rust-analyzer was not found; {ADVICE}")
        })
    }
}

fn find() -> Option<Analyser> {
    let named = std::env::var_os("RUST_ANALYZER").map(PathBuf::from);
    let places = ["rust-analyzer", "/usr/bin/rust-analyzer"].map(PathBuf::from);
    let library = library()?;
    named.into_iter().chain(places).find_map(|program| {
        // rustup leaves a program of that name that only says that the component is missing.
        let version = answer(Command::new(&program).arg("--version"))?;
        Some(Analyser {
            program,
            library: library.clone(),
            version,
        })
    })
}

/// The sources of the standard library: named, rustup's, or Debian's newest.
fn library() -> Option<PathBuf> {
    let named = std::env::var_os("RUST_SRC_PATH").map(PathBuf::from);
    let sysroot = answer(Command::new("rustc").args(["--print", "sysroot"]));
    let component = sysroot.map(|root| Path::new(&root).join("lib/rustlib/src/rust/library"));
    let mut debian = std::fs::read_dir("/usr/src")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("library")))
        .collect::<Vec<_>>();
    debian.sort();
    named
        .into_iter()
        .chain(component)
        .chain(debian.into_iter().rev())
        .find(|library| library.join("core/src/lib.rs").is_file())
}

fn may_install() -> bool {
    answer(Command::new("id").arg("-u")).as_deref() == Some("0")
        && answer(Command::new("apt-get").arg("--version")).is_some()
}

fn install() -> Result<(), String> {
    let steps: [&[&str]; 2] = [
        &["update", "--quiet"],
        &["install", "--yes", "--quiet", "--no-install-recommends"],
    ];
    let packages: [&[&str]; 2] = [&[], &PACKAGES];
    for (step, packages) in steps.into_iter().zip(packages) {
        let arguments = [step, packages].concat();
        let shown = arguments.join(" ");
        eprintln!("xtask: apt-get {shown}");
        let status = Command::new("apt-get")
            .args(&arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("apt-get could not be started: {error}"))?;
        if !status.success() {
            return Err(format!("`apt-get {shown}` failed ({status}); {ADVICE}"));
        }
    }
    Ok(())
}

/// The first line that a command prints, where it succeeds.
fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    output.status.success().then_some(line)
}
