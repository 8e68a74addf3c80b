//! `cargo bench -p wallow-bench --bench peers`: the same runs with wallow and with other programs that keep runs, in turn:
//! runs one after the other, a queue that four processes share, the ten best of 10,000 runs, the start of a process.
//!
//! The other programs are installed into a virtual environment below `target/`, with the versions of
//! `peers/requirements.txt`; `peers/peer.py` says what each of them does. If that is not possible (no Python, no network),
//! nothing is measured, and the program says so.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use clap::{Parser, ValueEnum};
use wallow_bench::Result;

#[path = "peers/own.rs"]
mod own;

/// wallow beside other programs that keep runs
#[derive(Debug, Parser)]
struct Args {
    /// The number of runs one after the other
    #[arg(long, default_value_t = 300)]
    lifecycle: usize,
    /// The number of runs in the queue
    #[arg(long, default_value_t = 400)]
    queue: usize,
    /// The number of runs that are searched
    #[arg(long, default_value_t = 10_000)]
    runs: usize,
    /// The number of rounds; medians are printed
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Set by the program itself, to do this task in a child process
    #[arg(long, value_enum, hide = true, requires = "folder")]
    serve: Option<Task>,
    /// The folder of that task
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
    /// The number of runs of that task
    #[arg(long, hide = true, default_value_t = 0)]
    count: usize,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a child process does; `peer.py` has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Task {
    Lifecycle,
    Queue,
    Drain,
    Fill,
    Query,
    Start,
}

/// A program that keeps runs.
struct Peer {
    /// In the table.
    name: &'static str,
    /// For `peer.py`; `None` is wallow.
    script: Option<&'static str>,
    /// The Python package whose version is printed.
    package: &'static str,
    has_queue: bool,
}

const PEERS: [Peer; 6] = [
    peer("wallow", None, "", true),
    peer("Python wallow", Some("wallow-python"), "wallow", true),
    peer("Optuna, SQLite", Some("optuna-sqlite"), "optuna", true),
    peer("Optuna, journal", Some("optuna-journal"), "optuna", true),
    peer("MLflow, SQLite", Some("mlflow"), "mlflow-skinny", false),
    peer("signac", Some("signac"), "signac", false),
];

const fn peer(
    name: &'static str,
    script: Option<&'static str>,
    package: &'static str,
    has_queue: bool,
) -> Peer {
    Peer {
        name,
        script,
        package,
        has_queue,
    }
}

const PEERS_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

const PROCESSES: usize = 4;

fn main() -> Result<()> {
    let args = Args::parse();
    if let (Some(task), Some(folder)) = (args.serve, &args.folder) {
        return own::serve(task, folder, args.count);
    }
    if !args.bench {
        return Ok(());
    }
    match environment() {
        Ok(python) => compare(&args, &python),
        Err(reason) => {
            println!("\nOther programs are not measured: {reason}");
            Ok(())
        }
    }
}

fn compare(args: &Args, python: &Path) -> Result<()> {
    println!(
        "\n| program | a run, one by one | {} runs, {PROCESSES} processes | executed twice | not executed | the ten best of {} | \
         start of a process |\n|---|--:|--:|--:|--:|--:|--:|",
        args.queue, args.runs
    );
    for peer in &PEERS {
        let one = median(args.rounds, || {
            let folder = tempfile::tempdir()?;
            let text = output(&mut command(
                peer,
                python,
                Task::Lifecycle,
                folder.path(),
                args.lifecycle,
            )?)?;
            Ok(first_number(&text)? / to_f64(args.lifecycle)?)
        })?;
        let queue = if peer.has_queue {
            let mut rounds = Vec::new();
            for _ in 0..args.rounds {
                rounds.push(drain(peer, python, args.queue)?);
            }
            rounds.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
            rounds.get(args.rounds / 2).map(ToString::to_string)
        } else {
            None
        };
        let folder = tempfile::tempdir()?;
        output(&mut command(
            peer,
            python,
            Task::Fill,
            folder.path(),
            args.runs,
        )?)?;
        let query = median(args.rounds, || {
            let text = output(&mut command(peer, python, Task::Query, folder.path(), 0)?)?;
            first_number(&text)
        })?;
        let start = median(args.rounds, || {
            let begun = Instant::now();
            let text = output(&mut command(peer, python, Task::Start, folder.path(), 0)?)?;
            let seconds = begun.elapsed().as_secs_f64();
            if text.trim() == args.runs.to_string() {
                Ok(seconds)
            } else {
                Err(format!("{} has {} runs", peer.name, text.trim()).into())
            }
        })?;
        println!(
            "| {} {} | {} | {} | {} | {} |",
            peer.name,
            version(peer, python)?,
            display(one),
            queue.unwrap_or_else(|| "it has no queue | | ".into()),
            display(query),
            display(start),
        );
    }
    Ok(())
}

/// A queue that several processes shared.
struct Drained {
    seconds: f64,
    twice: usize,
    never: usize,
    /// Errors that ended processes.
    errors: Vec<String>,
}

impl std::fmt::Display for Drained {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} | {} | {}",
            display(self.seconds),
            self.twice,
            self.never
        )?;
        match self.errors.first() {
            Some(error) => write!(f, " ({} processes ended with {error})", self.errors.len()),
            None => Ok(()),
        }
    }
}

fn drain(peer: &Peer, python: &Path, count: usize) -> Result<Drained> {
    let folder = tempfile::tempdir()?;
    output(&mut command(
        peer,
        python,
        Task::Queue,
        folder.path(),
        count,
    )?)?;
    let mut workers = Vec::new();
    for _ in 0..PROCESSES {
        let mut command = command(peer, python, Task::Drain, folder.path(), count)?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        workers.push((child, BufReader::new(stdout)));
    }
    for (_, stdout) in &mut workers {
        let mut line = String::new();
        stdout.read_line(&mut line)?;
    }
    let begun = Instant::now();
    for (child, _) in &mut workers {
        // Dropped at once, which closes it.
        child.stdin.take().ok_or("no stdin")?.write_all(b"go\n")?;
    }
    let mut errors = Vec::new();
    for (child, stdout) in workers {
        errors.extend(ended(child, stdout)?);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let mut executed = Vec::new();
    for entry in fs::read_dir(folder.path())? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.starts_with("drained-") {
            executed.extend(serde_json::from_str::<Vec<usize>>(&fs::read_to_string(
                path,
            )?)?);
        }
    }
    let different = executed.iter().collect::<BTreeSet<_>>().len();
    Ok(Drained {
        seconds,
        twice: executed.len() - different,
        never: count - different,
        errors,
    })
}

/// Waits for a worker; returns the error that has ended it.
fn ended(
    mut child: Child,
    mut stdout: BufReader<std::process::ChildStdout>,
) -> Result<Option<String>> {
    let mut text = String::new();
    stdout.read_to_string(&mut text)?;
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("a worker ended with {status}").into());
    }
    Ok(text.split_whitespace().nth(1).map(str::to_owned))
}

fn command(peer: &Peer, python: &Path, task: Task, folder: &Path, count: usize) -> Result<Command> {
    let task = task.to_possible_value().ok_or("a task has a name")?;
    let count = count.to_string();
    Ok(match peer.script {
        None => {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["--serve", task.get_name(), "--count", &count, "--folder"]);
            command.arg(folder);
            command
        }
        Some(name) => {
            let mut command = Command::new(python);
            command.arg(Path::new(PEERS_FOLDER).join("peer.py"));
            command.args([name, task.get_name()]).arg(folder).arg(count);
            command
        }
    })
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}\n{errors}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn first_number(text: &str) -> Result<f64> {
    let word = text.split_whitespace().next().unwrap_or_default();
    Ok(word.parse()?)
}

fn median(rounds: usize, mut measure: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..rounds.max(1) {
        times.push(measure()?);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

fn to_f64(count: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(count)?))
}

fn display(seconds: f64) -> String {
    if seconds >= 1.0 {
        format!("{seconds:.1} s")
    } else if seconds >= 0.001 {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{:.0} µs", seconds * 1e6)
    }
}

fn version(peer: &Peer, python: &Path) -> Result<String> {
    if peer.script.is_none() {
        return Ok(env!("CARGO_PKG_VERSION").to_owned());
    }
    let script = "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))";
    let mut command = Command::new(python);
    Ok(output(command.args(["-c", script, peer.package]))?
        .trim()
        .to_owned())
}

/// The interpreter of a virtual environment with the other programs, which is created if it does not exist.
fn environment() -> Result<PathBuf> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let interpreter = if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    };
    let python = place.join(interpreter);
    let requirements = Path::new(PEERS_FOLDER).join("requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    // Written last: an environment without this file is incomplete.
    let done = place.join("done.txt");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    output(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&place),
    )?;
    let mut install = Command::new(&python);
    output(
        install
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(&requirements),
    )?;
    fs::write(done, wanted)?;
    Ok(python)
}
