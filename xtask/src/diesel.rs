//! `cargo xtask diesel`: diesel's own command runs and reverts the migrations that wallow writes, and prints the table
//! that wallow emits. On SQLite, and on PostgreSQL where its server is installed.
//!
//! Not part of `cargo xtask test`: diesel's command takes minutes to build. What it printed stands in
//! `tests/fixtures/print-schema`, and the tests compare that with the emitted table.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postgres_server::Server;

use crate::cargo::{self, root};

/// A schema with a field of every type, and an example with three migrations.
const SCHEMA: &str = "tests/schemas/contract.toml";
const EXAMPLE: &str = "examples/matching_feedback";

/// Where the command is installed where it is nowhere else.
const TOOLS: &str = "target/tools";

/// A folder to work in, gone when this is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over does not matter.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs every check, and prints a line for each; with `bless`, writes what is printed.
pub(crate) fn check(bless: bool) -> Result<(), String> {
    let diesel = diesel()?;
    cargo::run(&["build", "--package", "wallow-cli", "--bin", "wallow"])?;
    let folder = root().join("target/xtask-diesel");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| told(&folder, &error))?;
    let folder = Folder(folder);
    let file = |name: &str| folder.0.join(name).display().to_string();
    one(
        &diesel,
        &folder.0,
        "sqlite",
        [&file("contract.db"), &file("example.db")],
        bless,
    )?;
    // Where there is no server, that is said.
    let Some(server) = Server::shared() else {
        return Ok(());
    };
    let (contract, example) = (server.fresh(), server.fresh());
    let urls = [contract.url(), example.url()];
    one(&diesel, &folder.0, "postgres", [&urls[0], &urls[1]], bless)
}

/// On one kind of database: a fresh one for each of the two.
fn one(
    diesel: &Path,
    folder: &Path,
    dialect: &str,
    [contract, example]: [&str; 2],
    bless: bool,
) -> Result<(), String> {
    let project = folder.join(dialect);
    let wallow = |arguments: &[&str]| {
        let mut command = Command::new(root().join("target/debug/wallow"));
        succeed(command.args(arguments).current_dir(&project))
    };
    fs::create_dir_all(&project).map_err(|error| told(&project, &error))?;
    // The address of diesel's migrations goes by the URL, and by nothing else.
    let kind = if dialect == "sqlite" {
        "runs.db"
    } else {
        "postgres://host/runs"
    };
    wallow(&["init", "--db", kind])?;
    let schema = project.join("wallow.toml");
    fs::copy(root().join(SCHEMA), &schema).map_err(|error| told(&schema, &error))?;
    wallow(&["migrate", "generate", "initial"])?;
    up_and_down(diesel, &project, contract, None)?;
    println!("ok     {dialect}: the first migration, up, down and up");
    let printed = succeed(
        Command::new(diesel)
            .args(["print-schema", "--database-url", contract])
            .current_dir(&project),
    )?;
    compare(dialect, &printed, bless)?;
    let migrations = root().join(EXAMPLE).join("migrations").join(dialect);
    up_and_down(diesel, &project, example, Some(&migrations))?;
    println!("ok     {dialect}: the three migrations of an example, up, down and up");
    Ok(())
}

/// All migrations up, all down, all up.
fn up_and_down(
    diesel: &Path,
    project: &Path,
    url: &str,
    migrations: Option<&Path>,
) -> Result<(), String> {
    let migration = |arguments: &[&str]| {
        let mut command = Command::new(diesel);
        command
            .arg("migration")
            .args(arguments)
            .args(["--database-url", url]);
        if let Some(migrations) = migrations {
            command.arg("--migration-dir").arg(migrations);
        }
        succeed(command.current_dir(project))
    };
    migration(&["run"])?;
    migration(&["revert", "--all"])?;
    migration(&["run"])?;
    Ok(())
}

/// What was printed beside what the tests compare with the emitted table.
fn compare(dialect: &str, printed: &str, bless: bool) -> Result<(), String> {
    let path = root().join(format!("tests/fixtures/print-schema/{dialect}.rs"));
    if bless {
        return fs::write(&path, printed).map_err(|error| told(&path, &error));
    }
    let expected = fs::read_to_string(&path).map_err(|error| told(&path, &error))?;
    if printed == expected {
        println!("ok     {dialect}: the printed table is the one that the tests compare");
        return Ok(());
    }
    Err(format!(
        "{dialect}: diesel prints another table than {}; write it anew with `cargo xtask diesel --bless`, and run the \
         tests\n{printed}",
        path.display()
    ))
}

/// diesel's command for both databases: named, in the path, or installed here before; else it is installed.
fn diesel() -> Result<PathBuf, String> {
    let named = std::env::var_os("DIESEL").map(PathBuf::from);
    let ours = root().join(TOOLS).join("bin/diesel");
    let places = [PathBuf::from("diesel"), ours.clone()];
    let found = named.into_iter().chain(places).find(|program| {
        let version = succeed(Command::new(program).arg("--version"));
        version.is_ok_and(|text| text.contains("sqlite") && text.contains("postgres"))
    });
    if let Some(found) = found {
        return Ok(found);
    }
    eprintln!("xtask: diesel's command is not here; it is built now, which takes minutes");
    cargo::run(&[
        "install",
        "diesel_cli",
        "--no-default-features",
        "--features",
        "sqlite,postgres",
        "--locked",
        "--root",
        TOOLS,
    ])?;
    Ok(ours)
}

/// What a program printed, having ended well.
fn succeed(command: &mut Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?} could not be started: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!(
        "{command:?} failed:\n{}{}",
        text(&output.stdout),
        text(&output.stderr)
    ))
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
