//! Counts the instructions of single operations with callgrind, and compares them with the recorded ones, because times
//! are noisy and instructions are not.
//!
//! The record is for the dev profile, with which tests are compiled, and for one compiler; with another compiler
//! nothing is compared. `cargo xtask bless` updates it. BENCHMARKS.md has the optimised program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use wallow_bench::{Combination, Databases, Operation, Result, Results, Side, SideName, Wallow};

const OPERATIONS: [Operation; 6] = [
    Operation::Find,
    Operation::RegisterDuplicate,
    Operation::RegisterNew,
    Operation::Overwrite,
    Operation::Heartbeat,
    Operation::Claim,
];

/// Rows of the table.
const ROWS: usize = 200;

/// Operations that are counted.
const COUNTED: usize = 25;

/// A count may differ by this many percent.
const TOLERANCE: u64 = 10;

/// The variable that says which operation this program does, and on which database.
const OPERATION: &str = "WALLOW_COUNTED_OPERATION";
const DATABASE: &str = "WALLOW_COUNTED_DATABASE";

#[test]
fn operations_take_as_many_instructions_as_recorded() {
    if let Ok(operation) = std::env::var(OPERATION) {
        let database = PathBuf::from(std::env::var_os(DATABASE).unwrap());
        return work(Operation::from_str(&operation, false).unwrap(), &database).unwrap();
    }
    if postgres_server::left_out("valgrind") {
        return;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        postgres_server::not_tested("instructions of operations: valgrind is not installed");
        return;
    }
    let head = head();
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.txt");
    let recorded = std::fs::read_to_string(&record).unwrap_or_default();
    let bless = std::env::var_os("UPDATE_EXPECT").is_some();
    if !bless && !recorded.starts_with(&head) {
        let report = "instructions of operations: they were recorded elsewhere";
        postgres_server::not_tested(&format!("{report}; here it is {}", head.trim_end()));
        return;
    }
    let mut text = head;
    let mut faults = Vec::new();
    for operation in OPERATIONS {
        let (name, count) = (operation.name(), counted(operation).unwrap());
        writeln!(text, "{name} {count}").unwrap();
        let line = recorded.lines().find_map(|line| line.strip_prefix(name));
        let before: Option<u64> = line.and_then(|count| count.trim().parse().ok());
        if before.is_none_or(|before| count.abs_diff(before) * 100 > before * TOLERANCE) {
            faults.push(format!(
                "{name}: {count} instructions, recorded: {before:?}"
            ));
        }
    }
    if bless {
        std::fs::write(record, text).unwrap();
    } else {
        assert!(
            faults.is_empty(),
            "{}\nif that is meant, write the record anew: `cargo xtask bless`",
            faults.join("\n"),
        );
    }
}

/// The tools with which the instructions were counted.
fn head() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output();
    let version = version.map_or_else(|_| Vec::new(), |output| output.stdout);
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "optimised"
    };
    format!(
        "# {} profile, {}, {}\n",
        profile,
        String::from_utf8_lossy(&version).trim(),
        std::env::consts::ARCH,
    )
}

/// Instructions of one operation.
fn counted(operation: Operation) -> Result<u64> {
    let databases = Databases::with_rows(ROWS)?;
    let out = tempfile::tempdir()?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*Batch*run*"])
        .arg(format!(
            "--callgrind-out-file={}",
            out.path().join("counts").display()
        ))
        .arg(std::env::current_exe()?)
        .args([
            "--exact",
            "operations_take_as_many_instructions_as_recorded",
        ])
        .env(OPERATION, operation.name())
        .env(DATABASE, databases.path(SideName::Wallow))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let total = said.lines().find_map(|line| line.split_once("Collected :"));
    let total = total.and_then(|(_, count)| count.trim().parse::<u64>().ok());
    match total.filter(|total| *total > 0 && output.status.success()) {
        Some(total) => Ok(total / COUNTED as u64),
        None => Err(format!("callgrind counted nothing:\n{said}").into()),
    }
}

/// Does the operations, after one that is not counted, which prepares the statements.
fn work(operation: Operation, database: &Path) -> Result<()> {
    let side = Databases::open_wallow(database)?;
    let (first, patch) = (Combination::waiting(0), Wallow::start(&Results::nth(0)));
    side.register_duplicate(&Wallow::key(&first), &patch)?;
    side.find(&Wallow::key(&first))?;
    let new = Wallow::key(&Combination::of_grid(0));
    side.register_new(&new, &patch)?;
    side.overwrite(&new, &Wallow::finish(&Results::nth(0)))?;
    side.heartbeat(&new)?;
    side.claim(&Wallow::key(&first))?;
    let mut batch = operation.batch(&side, ROWS);
    batch.prepare(0..COUNTED);
    batch.run()
}
