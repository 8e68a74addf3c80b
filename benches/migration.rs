//! `cargo bench -p wallow-bench --bench migration`: adds an identifying field to a full table, by wallow's migration
//! and by the same statements by hand, each in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Parser;
use wallow_bench::{Databases, Floor, Result, SideName, memory};
use wallow_runtime::migrate::{Database, Script};
use wallow_schema::ddl::{Dialect, script};
use wallow_schema::diff::{Hints, diff};
use wallow_schema::operation::reverse;

/// Add an identifying field to a full table, compared with the same statements by hand
#[derive(Debug, Parser)]
struct Args {
    /// Use a small table, to see that everything works
    #[arg(long)]
    quick: bool,
    /// The number of runs; 1000000 by default
    #[arg(long)]
    rows: Option<usize>,
    /// How often the field is added and dropped
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Set by the program itself, to measure this side in a child process
    #[arg(long, value_enum, hide = true, requires = "database")]
    serve: Option<SideName>,
    /// The database of that side
    #[arg(long, hide = true)]
    database: Option<PathBuf>,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which is quick
    #[arg(long, hide = true)]
    bench: bool,
}

const OLD: &str = include_str!("../examples/ml_sweep/wallow.toml");

const FIELD: &str = "\n[identifying.warmup_steps]\ntype = \"int\"\ndefault = 0\n";

const UP_BY_HAND: &str = "BEGIN IMMEDIATE; \
    ALTER TABLE runs ADD COLUMN warmup_steps INTEGER NOT NULL DEFAULT 0; \
    DROP INDEX uq_runs_identifying; \
    CREATE UNIQUE INDEX uq_runs_identifying ON runs (architecture, batch_size, learning_rate, \
    num_epochs, optimiser, seed, warmup_steps, weight_decay); \
    CREATE INDEX ix_runs_warmup_steps ON runs (warmup_steps); \
    COMMIT";

const DOWN_BY_HAND: &str = "BEGIN IMMEDIATE; \
    DROP INDEX ix_runs_warmup_steps; \
    DROP INDEX uq_runs_identifying; \
    CREATE UNIQUE INDEX uq_runs_identifying ON runs (architecture, batch_size, learning_rate, \
    num_epochs, optimiser, seed, weight_decay); \
    ALTER TABLE runs DROP COLUMN warmup_steps; \
    COMMIT";

fn main() -> Result<()> {
    let args = Args::parse();
    if let (Some(side), Some(database)) = (args.serve, &args.database) {
        return serve(side, database);
    }
    let small = args.quick || !args.bench;
    let rows = args.rows.unwrap_or(if small { 1_000 } else { 1_000_000 });
    let databases = Databases::with_rows(rows)?;
    let mut wallow = Side::start(SideName::Wallow, &databases.path(SideName::Wallow))?;
    let mut floor = Side::start(SideName::Floor, &databases.path(SideName::Floor))?;
    println!("| round | rows | wallow | by hand | ratio |\n|--:|--:|--:|--:|--:|");
    for round in 1..=args.rounds {
        let (of_wallow, of_floor) = if round % 2 == 0 {
            (wallow.ask("up")?, floor.ask("up")?)
        } else {
            let of_floor = floor.ask("up")?;
            (wallow.ask("up")?, of_floor)
        };
        println!(
            "| {round} | {rows} | {of_wallow:.2} s | {of_floor:.2} s | **{:.2}** |",
            of_wallow / of_floor,
        );
        if round < args.rounds {
            wallow.ask("down")?;
            floor.ask("down")?;
        }
    }
    println!(
        "\nMost memory: wallow {:.0} MiB, by hand {:.0} MiB",
        wallow.ask("memory")? / 1024.0,
        floor.ask("memory")? / 1024.0,
    );
    Ok(())
}

/// The process of one side.
struct Side {
    questions: std::process::ChildStdin,
    answers: BufReader<std::process::ChildStdout>,
}

impl Side {
    fn start(side: SideName, database: &Path) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--serve", side.name(), "--database"])
            .arg(database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (questions, answers) = pipes.ok_or("the process has no pipes")?;
        Ok(Side {
            questions,
            answers: BufReader::new(answers),
        })
    }

    fn ask(&mut self, question: &str) -> Result<f64> {
        writeln!(self.questions, "{question}")?;
        self.questions.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer.trim().parse()?)
    }
}

fn serve(side: SideName, path: &Path) -> Result<()> {
    let migration = migration()?;
    let database = Database::open(&path.to_string_lossy())?;
    let floor = Floor::open(path)?;
    for question in std::io::stdin().lock().lines() {
        let question = question?;
        let started = Instant::now();
        match (question.as_str(), side) {
            ("up", SideName::Wallow) => drop(database.apply(&migration, None)?),
            ("down", SideName::Wallow) => drop(database.revert(&migration)?),
            ("up", SideName::Floor) => floor.connection().execute_batch(UP_BY_HAND)?,
            ("down", SideName::Floor) => floor.connection().execute_batch(DOWN_BY_HAND)?,
            _ => {
                let kib = memory().and_then(|kib| u32::try_from(kib).ok());
                println!("{}", kib.unwrap_or_default());
                continue;
            }
        }
        println!("{}", started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// What `wallow migrate generate` writes for the field.
fn migration() -> Result<Script> {
    let parse =
        |text: &str| wallow_schema::parse(text, "wallow.toml").map_err(|errors| errors.to_string());
    let (old, new) = (parse(OLD)?, parse(&format!("{OLD}{FIELD}"))?);
    let up = diff(Some(&old), &new, &Hints::default()).map_err(|refusals| refusals.to_string())?;
    let down = reverse(&up);
    Ok(Script {
        version: "20261125000000".into(),
        name: "2026-11-25-000000_add_warmup_steps".into(),
        up: script(Some(&old), &up, Some(&new), Dialect::Sqlite).into(),
        down: script(Some(&new), &down, Some(&old), Dialect::Sqlite).into(),
    })
}
