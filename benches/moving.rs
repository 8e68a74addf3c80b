//! `cargo bench -p wallow-bench --bench moving`: `wallow import` and `wallow copy` of 100,000 runs, beside what the
//! databases' own programs do with the same rows: `.import` and `INSERT … SELECT` of the sqlite3 shell, `\copy` of psql.
//! Those check nothing; wallow checks each value, looks for duplicates, and `copy` compares both databases at the end.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use clap::Parser;
use postgres_server::Server;
use wallow_bench::Result;

/// Moving many runs at once
#[derive(Debug, Parser)]
struct Args {
    /// The number of runs
    #[arg(long, default_value_t = 100_000)]
    runs: usize,
    /// The number of rounds; medians are printed
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// In the environment of this program: it is to be the command `wallow`.
const AS_COMMAND: &str = "WALLOW_BENCH_MOVING";

const SCHEMA: &str = include_str!("peers/schema.toml");

fn main() -> Result<ExitCode> {
    if std::env::var_os(AS_COMMAND).is_some() {
        return Ok(wallow_cli::main());
    }
    let args = Args::parse();
    if !args.bench {
        return Ok(ExitCode::SUCCESS);
    }
    if Command::new("sqlite3").arg("--version").output().is_err() {
        println!("\nMoving runs is not measured: there is no sqlite3 shell");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "\n| {} runs | wallow | by hand | ratio |\n|---|--:|--:|--:|",
        args.runs
    );
    let folder = Folder::new(args.runs)?;
    let (source, csv) = (folder.path("runs.db"), folder.path("runs.csv"));
    let header = fs::read_to_string(&csv)?;
    let columns = header.lines().next().ok_or("no header")?.to_owned();
    let insert = format!(
        "ATTACH '{source}' AS old; INSERT INTO runs ({columns}) SELECT {columns} FROM old.runs"
    );
    let mut number = 0;
    let mut fresh = || -> Result<String> {
        number += 1;
        let database = folder.path(&format!("new-{number}.db"));
        folder.wallow(&["migrate", "push", "--db", &database])?;
        Ok(database)
    };
    let imported = median(args.rounds, || {
        let database = fresh()?;
        timed(&mut folder.command(&["import", "--from", &csv, "--db", &database])?)
    })?;
    let by_hand = median(args.rounds, || {
        let mut shell = Command::new("sqlite3");
        shell
            .arg(fresh()?)
            .args([".mode csv", &format!(".import --schema temp '{csv}' rows")]);
        timed(shell.arg(format!(
            "INSERT INTO runs ({columns}) SELECT {columns} FROM temp.rows"
        )))
    })?;
    row("import CSV into SQLite", imported, "`.import`", by_hand);
    let copied = median(args.rounds, || {
        let database = fresh()?;
        timed(&mut folder.command(&["copy", "--from", &source, "--to", &database])?)
    })?;
    let by_hand = median(args.rounds, || {
        let mut shell = Command::new("sqlite3");
        timed(shell.arg(fresh()?).arg(&insert))
    })?;
    row(
        "copy from SQLite to SQLite",
        copied,
        "`INSERT … SELECT`",
        by_hand,
    );
    if let Some(server) = Server::shared() {
        on_postgres(&args, &folder, server, &columns)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn on_postgres(args: &Args, folder: &Folder, server: &'static Server, columns: &str) -> Result<()> {
    let (source, csv) = (folder.path("runs.db"), folder.path("runs.csv"));
    let fresh = || -> Result<postgres_server::Fresh> {
        let database = server.fresh();
        folder.wallow(&["migrate", "push", "--db", &database.url()])?;
        Ok(database)
    };
    let psql = |database: &str, script: &str| -> Result<Command> {
        let mut psql = postgres_server::client("psql")?;
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]);
        psql.arg(server.folder())
            .args(["-d", database, "-c", script]);
        Ok(psql)
    };
    let copy = format!("\\copy runs ({columns}) FROM '{csv}' WITH (FORMAT csv, HEADER)");
    let imported = median(args.rounds, || {
        let database = fresh()?;
        timed(&mut folder.command(&["import", "--from", &csv, "--db", &database.url()])?)
    })?;
    let by_hand = median(args.rounds, || {
        let database = fresh()?;
        timed(&mut psql(database.name(), &copy)?)
    })?;
    row("import CSV into PostgreSQL", imported, "`\\copy`", by_hand);
    let copied = median(args.rounds, || {
        let database = fresh()?;
        timed(&mut folder.command(&["copy", "--from", &source, "--to", &database.url()])?)
    })?;
    let by_hand = median(args.rounds, || {
        let database = fresh()?;
        let begun = Instant::now();
        let mut shell = Command::new("sqlite3");
        shell.args([
            "-csv",
            "-header",
            &source,
            &format!("SELECT {columns} FROM runs"),
        ]);
        let rows = succeed(&mut shell)?;
        fs::write(folder.path("rows.csv"), rows)?;
        let copy = copy.replace("runs.csv", "rows.csv");
        timed(&mut psql(database.name(), &copy)?)?;
        Ok(begun.elapsed().as_secs_f64())
    })?;
    row(
        "copy from SQLite to PostgreSQL",
        copied,
        "CSV and `\\copy`",
        by_hand,
    );
    Ok(())
}

fn row(what: &str, wallow: f64, how: &str, by_hand: f64) {
    println!(
        "| {what} | {wallow:.1} s | {by_hand:.1} s, {how} | **{:.1}** |",
        wallow / by_hand
    );
}

/// A project, a database with runs, and a file of the same ones.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(runs: usize) -> Result<Self> {
        let folder = Folder(tempfile::tempdir()?);
        fs::write(folder.path("wallow.toml"), SCHEMA)?;
        let mut text =
            String::from("learning_rate,layers,seed,val_loss,val_accuracy,status\n").into_bytes();
        for n in 0..runs {
            writeln!(text, "0.1,{},{},0.25,0.875,completed", n % 8, n / 8)?;
        }
        fs::write(folder.path("first.csv"), text)?;
        folder.wallow(&["migrate", "push", "--db", &folder.path("runs.db")])?;
        let (first, csv) = (folder.path("first.csv"), folder.path("runs.csv"));
        folder.wallow(&["import", "--from", &first, "--db", &folder.path("runs.db")])?;
        folder.wallow(&["export", "--output", &csv, "--db", &folder.path("runs.db")])?;
        Ok(folder)
    }

    fn path(&self, name: &str) -> String {
        let path: PathBuf = self.0.path().join(name);
        path.to_string_lossy().into_owned()
    }

    /// The command, which this program is, too.
    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).env(AS_COMMAND, "1");
        command
            .env_remove("WALLOW_DATABASE_URL")
            .env_remove("DATABASE_URL");
        command.current_dir(self.0.path());
        Ok(command)
    }

    fn wallow(&self, arguments: &[&str]) -> Result<()> {
        timed(&mut self.command(arguments)?).map(drop)
    }
}

/// The seconds that a program takes, which has to succeed.
fn timed(command: &mut Command) -> Result<f64> {
    let begun = Instant::now();
    succeed(command)?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Runs a program; returns its output.
fn succeed(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}\n{errors}", output.status).into())
}

fn median(rounds: usize, mut measure: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..rounds.max(1) {
        times.push(measure()?);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}
