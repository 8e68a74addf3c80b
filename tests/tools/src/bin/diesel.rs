//! diesel's own command runs and reverts the migrations that wallow writes, and prints the table that wallow emits, on
//! SQLite and, if its server is installed, on PostgreSQL. With `--bless` the printed tables are stored.
//!
//! The printed tables are in `tests/fixtures/print-schema`, and the tests compare them with the emitted table.

use std::env::{args, current_exe, var_os};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postgres_server::Server;
use tool_checks::{Result, answer, read, root, run};

/// A schema with a field of every type, and an example with three migrations.
const SCHEMA: &str = "tests/schemas/contract.toml";
const EXAMPLE: &str = "examples/matching_feedback";

/// The folder in which the command is installed if it is not found elsewhere.
const TOOLS: &str = "target/tools";

/// A folder to work in, which is removed when this is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // It does not matter if something is left.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs every check, and prints a line for each.
fn main() -> Result<()> {
    let diesel = diesel()?;
    run("cargo", "build --package wallow-cli --bin wallow")?;
    let folder = Folder(root().join("target/xtask-diesel"));
    // It may not exist.
    let _ = fs::remove_dir_all(&folder.0);
    let file = |name: &str| folder.0.join(name).display().to_string();
    let (contract, example) = (file("contract.db"), file("example.db"));
    check(&diesel, &folder.0.join("sqlite"), &contract, &example)?;
    // If there is no server, this says so.
    let Some(server) = Server::shared() else {
        return Ok(());
    };
    let (contract, example) = (server.fresh(), server.fresh());
    check(
        &diesel,
        &folder.0.join("postgres"),
        &contract.url(),
        &example.url(),
    )
}

/// Checks one kind of database, with the project folder of that name and a fresh database for each of the two schemas.
fn check(diesel: &Path, project: &Path, contract: &str, example: &str) -> Result<()> {
    let dialect = project
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let command = current_exe()?.with_file_name("wallow");
    let wallow =
        |arguments: &[&str]| answer(Command::new(&command).args(arguments).current_dir(project));
    fs::create_dir_all(project)?;
    // `wallow` chooses the folder of diesel's migrations, which diesel.toml names, only by the URL.
    wallow(&[
        "init",
        "--diesel",
        "--db",
        if dialect == "sqlite" {
            "runs.db"
        } else {
            "postgres://host/runs"
        },
    ])?;
    fs::write(project.join("wallow.toml"), read(&root().join(SCHEMA))?)?;
    wallow(&["migrate", "generate", "initial"])?;
    up_and_down(diesel, project, contract, None)?;
    println!("ok     {dialect}: the first migration, up, down and up");
    let print = ["print-schema", "--database-url", contract];
    compare(
        dialect,
        &answer(Command::new(diesel).args(print).current_dir(project))?,
    )?;
    let migrations = root().join(EXAMPLE).join("migrations").join(dialect);
    up_and_down(diesel, project, example, Some(&migrations))?;
    println!("ok     {dialect}: the three migrations of an example, up, down and up");
    Ok(())
}

/// All migrations up, all down, all up.
fn up_and_down(diesel: &Path, project: &Path, url: &str, migrations: Option<&Path>) -> Result<()> {
    for direction in ["run", "revert --all", "run"] {
        let mut command = Command::new(diesel);
        command
            .arg("migration")
            .args(direction.split(' '))
            .args(["--database-url", url]);
        if let Some(migrations) = migrations {
            command.arg("--migration-dir").arg(migrations);
        }
        answer(command.current_dir(project))?;
    }
    Ok(())
}

/// Compares the printed table with the stored one, which the tests compare with the emitted table.
fn compare(dialect: &str, printed: &str) -> Result<()> {
    let path = root().join(format!("tests/fixtures/print-schema/{dialect}.rs"));
    if args().any(|argument| argument == "--bless") {
        return Ok(fs::write(&path, printed)?);
    }
    if printed == read(&path)? {
        println!("ok     {dialect}: the printed table is the one that the tests compare");
        return Ok(());
    }
    let path = path.display();
    let todo = "write it anew with `cargo xtask diesel --bless`, and run the tests";
    Err(format!("{dialect}: diesel prints another table than {path}; {todo}\n{printed}").into())
}

/// diesel's command for both databases: the named one, the one in the path, or the one that was installed here before;
/// else it is installed.
fn diesel() -> Result<PathBuf> {
    let ours = root().join(TOOLS).join("bin/diesel");
    let named = var_os("DIESEL").map(PathBuf::from);
    let mut places = named
        .into_iter()
        .chain([PathBuf::from("diesel"), ours.clone()]);
    let found = places.find(|program| {
        let version = answer(Command::new(program).arg("--version"));
        version.is_ok_and(|text| text.contains("sqlite") && text.contains("postgres"))
    });
    if let Some(found) = found {
        return Ok(found);
    }
    eprintln!("diesel's command is not here; it is built now, which takes minutes");
    let features = "--no-default-features --features sqlite,postgres";
    run(
        "cargo",
        &format!("install diesel_cli {features} --locked --root {TOOLS}"),
    )?;
    Ok(ours)
}
