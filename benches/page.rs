//! `cargo bench -p wallow-bench --bench page`: how long `wallow report` takes and how large the file is; how long `wallow
//! ui` takes for a page of the table, beside the same SQL, and how much memory.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use clap::Parser;
use rusqlite::{Connection, params};
use wallow_bench::Result;

/// The time and the size of the page
#[derive(Debug, Parser)]
struct Args {
    /// The number of runs in a report, each with curves of 100 points
    #[arg(long, default_value_t = 10_000)]
    report: u32,
    /// The numbers of runs that are served
    #[arg(long, value_delimiter = ',', default_values_t = [100_000, 1_000_000])]
    served: Vec<u32>,
    /// The number of rounds; medians are printed
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// In the environment of this program: it is to be the command `wallow`.
const AS_COMMAND: &str = "WALLOW_BENCH_PAGE";

const SCHEMA: &str = include_str!("../examples/ml_sweep/wallow.toml");

/// What the page asks for, and the same SQL.
const PAGES: [(&str, &str, &str); 4] = [
    ("first page", "", "SELECT * FROM runs ORDER BY id LIMIT 51"),
    (
        "sorted by an indexed field",
        "&sort=-val_accuracy",
        "SELECT * FROM runs ORDER BY val_accuracy DESC NULLS LAST, id DESC LIMIT 51",
    ),
    (
        "sorted by another field",
        "&sort=train_loss",
        "SELECT * FROM runs ORDER BY train_loss NULLS LAST, id LIMIT 51",
    ),
    (
        "filtered, and sorted",
        "&sort=-val_accuracy&where=optimiser+%3D%3D+%22adamw%22+and+val_loss+%3C+0.5",
        "SELECT * FROM runs WHERE optimiser = 'adamw' AND val_loss < 0.5 \
         ORDER BY val_accuracy DESC NULLS LAST, id DESC LIMIT 51",
    ),
];

fn main() -> Result<ExitCode> {
    if std::env::var_os(AS_COMMAND).is_some() {
        return Ok(wallow_cli::main());
    }
    let args = Args::parse();
    if args.bench {
        report(&args)?;
        for &runs in &args.served {
            serve(&args, runs)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn report(args: &Args) -> Result<()> {
    let folder = tempfile::tempdir()?;
    fill(folder.path(), args.report, true)?;
    let mut times = Vec::new();
    for _ in 0..args.rounds {
        let started = Instant::now();
        let status = wallow(folder.path(), &["report", "-o", "report.html"]).status()?;
        times.push(started.elapsed().as_secs_f64());
        if !status.success() {
            return Err("`wallow report` failed".into());
        }
    }
    let bytes = fs::metadata(folder.path().join("report.html"))?.len();
    let (runs, time) = (args.report, median(times));
    let (whole, tenths) = (bytes / 1_000_000, bytes / 100_000 % 10);
    println!(
        "\nA report of {runs} runs, each with three curves of 100 points: {whole}.{tenths} MB in {time:.2} s"
    );
    Ok(())
}

fn serve(args: &Args, runs: u32) -> Result<()> {
    let folder = tempfile::tempdir()?;
    fill(folder.path(), runs, false)?;
    let server = Server::start(folder.path())?;
    let connection = Connection::open(folder.path().join("runs.db"))?;
    println!("\n| {runs} runs | `wallow ui` | the same SQL | ratio |\n|---|--:|--:|--:|");
    let columns = "%5B%22id%22,%22architecture%22,%22val_loss%22,%22val_accuracy%22%5D";
    for (name, parameters, sql) in PAGES {
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..args.rounds {
            let started = Instant::now();
            server.ask(&format!("rows?columns={columns}&limit=50{parameters}"))?;
            ours.push(started.elapsed().as_secs_f64());
            let started = Instant::now();
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
            floor.push(started.elapsed().as_secs_f64());
        }
        let (ours, floor) = (median(ours) * 1e3, median(floor) * 1e3);
        println!(
            "| {name} | {ours:.1} ms | {floor:.1} ms | **{:.2}** |",
            ours / floor
        );
    }
    println!("\nMemory of the server at its peak: {}", server.memory()?);
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// This program as the command.
fn wallow(folder: &Path, arguments: &[&str]) -> Command {
    // A path that can always be executed; the own name is only missing on a broken system.
    let program = std::env::current_exe().unwrap_or_else(|_| "wallow".into());
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env(AS_COMMAND, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A database with random runs.
fn fill(folder: &Path, runs: u32, has_curves: bool) -> Result<()> {
    let (schema, _) = SCHEMA
        .split_once("# For the `wallow` command")
        .unwrap_or((SCHEMA, ""));
    fs::write(folder.join("wallow.toml"), schema)?;
    if !wallow(folder, &["migrate", "push", "--yes"])
        .status()?
        .success()
    {
        return Err("the table could not be made".into());
    }
    let mut connection = Connection::open(folder.join("runs.db"))?;
    let transaction = connection.transaction()?;
    let mut random = Random(1);
    {
        let mut insert = transaction.prepare(
            "INSERT INTO runs (uuid, created_at, updated_at, architecture, optimiser, learning_rate, batch_size, \
             weight_decay, num_epochs, seed, status, val_loss, val_accuracy, train_loss, training_curve, host) \
             VALUES (?1, ?2, ?2, ?3, ?4, ?5, 16, 0, 20, ?6, 'completed', ?7, ?8, ?9, ?10, 'node')",
        )?;
        for run in 0..runs {
            let [one, two, three] = [(); 3].map(|()| random.share());
            let curve = has_curves.then(|| {
                let points = (1..=100).map(|epoch| {
                    let [train, loss, accuracy] = [(); 3].map(|()| random.share());
                    format!(r#"{{"epoch": {epoch}, "train_loss": {train}, "val_loss": {loss}, "val_accuracy": {accuracy}}}"#)
                });
                format!("[{}]", points.collect::<Vec<_>>().join(", "))
            });
            let uuid = format!("{:012x}", random.next() >> 16);
            let time = format!(
                "2026-11-25 13:{:02}:{:02}.{:06}",
                run / 60 % 60,
                run % 60,
                run % 1_000_000
            );
            let optimiser = ["sgd", "momentum", "adamw"][(run % 3) as usize];
            insert.execute(params![
                uuid,
                time,
                format!("mlp-{}", run % 4),
                optimiser,
                0.01,
                run,
                one,
                two,
                three,
                curve
            ])?;
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Numbers that are different each time, and the same in each round (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Between 0 and 1.
    fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
    }
}

/// `wallow ui`, which ends with the value.
struct Server {
    child: Child,
    port: u16,
    token: String,
}

impl Server {
    fn start(folder: &Path) -> Result<Self> {
        let mut child = wallow(folder, &["ui", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut url)?;
        }
        let (address, token) = url.trim_end().split_once("/?token=").ok_or("no address")?;
        let port = address.rsplit(':').next().unwrap_or_default().parse()?;
        let token = token.to_owned();
        Ok(Server { child, port, token })
    }

    fn ask(&self, what: &str) -> Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let token = &self.token;
        write!(
            stream,
            "GET /api/{what} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200") {
            Ok(())
        } else {
            Err(answer.into())
        }
    }

    /// As Linux reports it.
    fn memory(&self) -> Result<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        Ok(peak.unwrap_or("unknown").trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
