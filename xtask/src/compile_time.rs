//! `cargo xtask compile-time`: how long a crate takes to compile that uses wallow, beside the same
//! crate with diesel by hand. The dependencies are compiled before; only the crate itself is timed.

mod by_hand;
mod model;
mod with_wallow;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cargo::{program, root};

/// So many fields, and the feature that diesel by hand needs for the table.
const SIZES: [(usize, &str); 2] = [(20, "32-column-tables"), (100, "128-column-tables")];

/// What is timed: its name, cargo's command, and whether the compiler may use what it kept.
const WORK: [(&str, &str, bool); 4] = [
    ("`cargo check`, whole crate", "check", false),
    ("`cargo check`, one line edited", "check", true),
    ("`cargo build`, whole crate", "build", false),
    ("`cargo build`, one line edited", "build", true),
];

/// Times everything `rounds` times, and prints a table of medians.
pub(crate) fn measure(rounds: usize) -> Result<(), String> {
    let mut table =
        "| fields | work | wallow | diesel by hand | ratio |\n|---|---|---|---|---|\n".to_owned();
    for (size, feature) in SIZES {
        let fields = model::fields(size);
        let dependencies = dependencies(feature);
        let name = format!("wallow_{size}");
        let wallow = Crate::write(&name, &dependencies, with_wallow::SOURCE)?;
        write(
            &wallow.folder.join("wallow.toml"),
            &with_wallow::schema(&fields),
        )?;
        let by_hand = by_hand::source(&fields);
        let by_hand = Crate::write(&format!("by_hand_{size}"), &dependencies, &by_hand)?;
        for (work, command, incremental) in WORK {
            eprintln!("xtask: {size} fields, {work}");
            let [wallow, by_hand] = medians([&wallow, &by_hand], rounds, command, incremental)?;
            let ratio = wallow.as_secs_f64() / by_hand.as_secs_f64();
            // Writing to a `String` cannot fail.
            let _ = writeln!(
                table,
                "| {size} | {work} | {:.2} s | {:.2} s | {ratio:.2} |",
                wallow.as_secs_f64(),
                by_hand.as_secs_f64(),
            );
        }
    }
    println!("{table}");
    Ok(())
}

/// The medians of two crates. Their rounds take turns, so that a busy machine is busy for both.
fn medians(
    crates: [&Crate; 2],
    rounds: usize,
    command: &str,
    incremental: bool,
) -> Result<[Duration; 2], String> {
    let mut times = [const { Vec::new() }; 2];
    // The first round compiles the dependencies and does not count.
    for round in 0..=rounds {
        for (one, times) in crates.iter().zip(&mut times) {
            one.edit(round)?;
            let time = one.compile(command, incremental)?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }))
}

/// A generated crate, a workspace of its own.
struct Crate {
    folder: PathBuf,
    source: String,
}

impl Crate {
    fn write(name: &str, dependencies: &str, source: &str) -> Result<Self, String> {
        let folder = target().join(name);
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [workspace]\n\n[dependencies]\n{dependencies}\n[profile.dev.package.\"*\"]\ndebug = false\n"
        );
        write(&folder.join("Cargo.toml"), &manifest)?;
        let lock = root().join("Cargo.lock");
        fs::copy(&lock, folder.join("Cargo.lock"))
            .map_err(|error| format!("{}: {error}", lock.display()))?;
        Ok(Crate {
            folder,
            source: source.to_owned(),
        })
    }

    /// Edits one line: the last.
    fn edit(&self, number: usize) -> Result<(), String> {
        let source = &self.source;
        let edited = format!(
            "{source}\n/// How often this was edited.\npub const EDITS: usize = {number};\n"
        );
        write(&self.folder.join("src/lib.rs"), &edited)
    }

    /// How long cargo takes.
    fn compile(&self, command: &str, incremental: bool) -> Result<Duration, String> {
        let mut cargo = Command::new(program());
        cargo
            .args([command, "--quiet", "--offline", "--target-dir"])
            .arg(target().join("target"))
            .env("CARGO_INCREMENTAL", if incremental { "1" } else { "0" })
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        let started = Instant::now();
        let status = cargo
            .status()
            .map_err(|error| format!("cargo could not be started: {error}"))?;
        let time = started.elapsed();
        if status.success() {
            Ok(time)
        } else {
            Err(format!(
                "{} does not compile ({status})",
                self.folder.display()
            ))
        }
    }
}

/// What both crates depend on, used or not: so the dependencies have the same features in both and
/// are compiled once.
fn dependencies(feature: &str) -> String {
    let root = root().display();
    format!(
        "wallow = {{ path = '{root}' }}\n\
         chrono = {{ version = \"0.4\", default-features = false, features = [\"clock\", \"std\", \"serde\"] }}\n\
         diesel = {{ version = \"2\", default-features = false, features = [\
         \"sqlite\", \"returning_clauses_for_sqlite_3_35\", \"chrono\", \"serde_json\", \"{feature}\"] }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         serde_json = \"1\"\n"
    )
}

fn target() -> PathBuf {
    root().join("target/compile-time")
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}
