//! `cargo bench -p wallow-bench --bench workers`: 1 to 64 processes empty one queue, claiming and completing each run,
//! beside the same statements by hand: rusqlite in as many processes, and pgbench with as many connections.
//!
//! The runs do nothing, so that only the database is busy.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use postgres_server::Server;
use wallow::{ClaimOptions, Reclaim};
use wallow_bench::Result;

wallow::wallow_schema!("peers/schema.toml");

/// Processes that share a queue, beside the same statements by hand
#[derive(Debug, Parser)]
struct Args {
    /// The number of runs in the queue
    #[arg(long, default_value_t = 4_000)]
    runs: usize,
    /// How many processes
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 16, 64])]
    workers: Vec<usize>,
    /// Set by the program itself, to empty the queue in a child process in this way
    #[arg(long, value_enum, hide = true, requires = "database")]
    serve: Option<Way>,
    /// The database of that way
    #[arg(long, hide = true)]
    database: Option<String>,
    /// The folder for what that process reports
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
    /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// How the queue is emptied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Wallow,
    ByHand,
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let (Some(way), Some(database), Some(folder)) = (args.serve, &args.database, &args.folder) {
        return serve(way, database, folder);
    }
    if !args.bench {
        return Ok(());
    }
    println!(
        "\n| database | processes | wallow | by hand | ratio | executed twice | of a worker, least to most |\n\
         |---|--:|--:|--:|--:|--:|--:|"
    );
    for &workers in &args.workers {
        let rate = |way| -> Result<Emptied> {
            let folder = tempfile::tempdir()?;
            let database = folder.path().join("runs.db");
            let database = database.to_string_lossy().into_owned();
            fill(&database, args.runs)?;
            empty(way, workers, &database, folder.path())
        };
        let (wallow, by_hand) = (rate(Way::Wallow)?, rate(Way::ByHand)?);
        row("SQLite", workers, &wallow, by_hand.rate());
    }
    let Some(server) = Server::shared() else {
        return Ok(());
    };
    for &workers in &args.workers {
        let folder = tempfile::tempdir()?;
        let database = server.fresh();
        fill(&database.url(), args.runs)?;
        let wallow = empty(Way::Wallow, workers, &database.url(), folder.path())?;
        let database = server.fresh();
        // pgbench cannot end when nothing is left, so more is there than it takes.
        fill(&database.url(), args.runs + 2 * workers)?;
        let by_hand = pgbench(server, database.name(), args.runs / workers, workers)?;
        row("PostgreSQL", workers, &wallow, by_hand);
    }
    Ok(())
}

fn row(database: &str, workers: usize, wallow: &Emptied, by_hand: f64) {
    println!(
        "| {database} | {workers} | {:.0} runs/s | {by_hand:.0} runs/s | **{:.2}** | {wallow} |",
        wallow.rate(),
        wallow.rate() / by_hand,
    );
}

/// What the processes of one way did.
struct Emptied {
    seconds: f64,
    /// For each process, the runs that it executed.
    executed: Vec<Vec<i64>>,
}

impl Emptied {
    fn count(&self) -> usize {
        self.executed.iter().map(Vec::len).sum()
    }

    fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.count()).unwrap_or(u32::MAX)) / self.seconds
    }
}

impl fmt::Display for Emptied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let different = self
            .executed
            .iter()
            .flatten()
            .collect::<BTreeSet<_>>()
            .len();
        let counts = self.executed.iter().map(Vec::len);
        let (least, most) = (counts.clone().min(), counts.max());
        let [least, most] = [least, most].map(Option::unwrap_or_default);
        write!(f, "{} | {least} to {most}", self.count() - different)
    }
}

/// Puts runs into the queue of a database.
fn fill(database: &str, runs: usize) -> Result<()> {
    let store = Store::open(database)?;
    store.enqueue((0..runs).map(|n| {
        let key = Identifying::builder().learning_rate(0.1);
        key.layers(n % 8).seed(n / 8).build()
    }))?;
    Ok(())
}

/// Starts the processes, and lets them begin together.
fn empty(way: Way, workers: usize, database: &str, folder: &Path) -> Result<Emptied> {
    let way = way.to_possible_value().ok_or("a way has a name")?;
    let mut children = Vec::new();
    for _ in 0..workers {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([
            "--serve",
            way.get_name(),
            "--database",
            database,
            "--folder",
        ]);
        command
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        children.push((child, BufReader::new(stdout)));
    }
    for (_, stdout) in &mut children {
        stdout.read_line(&mut String::new())?;
    }
    let begun = Instant::now();
    for (child, _) in &mut children {
        // Dropped at once, which closes it.
        child.stdin.take().ok_or("no stdin")?.write_all(b"go\n")?;
    }
    for (mut child, mut stdout) in children {
        stdout.read_to_string(&mut String::new())?;
        let status = child.wait()?;
        if !status.success() {
            return Err(format!("a worker ended with {status}").into());
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let mut executed = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            executed.push(serde_json::from_str(&fs::read_to_string(path)?)?);
        }
    }
    Ok(Emptied { seconds, executed })
}

/// Empties the queue in this process.
fn serve(way: Way, database: &str, folder: &Path) -> Result<()> {
    let executed = match way {
        Way::Wallow => {
            let store = Store::open(database)?;
            wait()?;
            with_wallow(&store)?
        }
        Way::ByHand => {
            let connection = rusqlite::Connection::open(database)?;
            connection.busy_timeout(Duration::from_secs(60))?;
            connection.pragma_update(None, "synchronous", "normal")?;
            wait()?;
            by_hand(&connection)?
        }
    };
    let file = folder.join(format!("{}.json", std::process::id()));
    fs::write(file, serde_json::to_string(&executed)?)?;
    Ok(())
}

/// Tells the parent that this process is ready, and waits for the others.
fn wait() -> Result<()> {
    println!("ready");
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

fn with_wallow(store: &Store) -> Result<Vec<i64>> {
    let mut executed = Vec::new();
    let stale = Reclaim::WhenStale(Duration::from_secs(300));
    while let Some(claim) = store.claim_next(ClaimOptions::new(stale))? {
        executed.push(claim.run().id);
        claim.complete(Annotating::new().val_loss(0.5).val_accuracy(0.9))?;
    }
    Ok(executed)
}

const CLAIM: &str = "UPDATE runs SET updated_at = strftime('%Y-%m-%d %H:%M:%f000', 'now'), \
    _wallow_attempt = _wallow_attempt + 1, status = 'running', \
    started_at = strftime('%Y-%m-%d %H:%M:%f000', 'now'), completed_at = NULL, wallclock_seconds = NULL, \
    error_excerpt = NULL \
    WHERE id = (SELECT id FROM runs WHERE status = 'pending' ORDER BY id LIMIT 1) RETURNING id, _wallow_attempt";

const COMPLETE: &str = "UPDATE runs SET updated_at = strftime('%Y-%m-%d %H:%M:%f000', 'now'), status = 'completed', \
    completed_at = strftime('%Y-%m-%d %H:%M:%f000', 'now'), wallclock_seconds = 0.001, val_loss = 0.5, \
    val_accuracy = 0.9 WHERE id = ?1 AND _wallow_attempt = ?2 AND status = 'running'";

fn by_hand(connection: &rusqlite::Connection) -> Result<Vec<i64>> {
    let mut executed = Vec::new();
    let mut claim = connection.prepare(CLAIM)?;
    let mut complete = connection.prepare(COMPLETE)?;
    loop {
        let mut rows = claim.query([])?;
        let mut found = None::<(i64, i64)>;
        while let Some(row) = rows.next()? {
            found = Some((row.get(0)?, row.get(1)?));
        }
        let Some((id, attempt)) = found else {
            return Ok(executed);
        };
        complete.execute([id, attempt])?;
        executed.push(id);
    }
}

/// A claim and its end, as pgbench runs them.
const SCRIPT: &str = "\
UPDATE runs SET updated_at = clock_timestamp() AT TIME ZONE 'UTC', _wallow_attempt = _wallow_attempt + 1, \
status = 'running', started_at = clock_timestamp() AT TIME ZONE 'UTC', completed_at = NULL, wallclock_seconds = NULL, \
error_excerpt = NULL WHERE id = (SELECT id FROM runs WHERE status = 'pending' ORDER BY id LIMIT 1 \
FOR NO KEY UPDATE SKIP LOCKED) RETURNING id, _wallow_attempt AS attempt \\gset
UPDATE runs SET updated_at = clock_timestamp() AT TIME ZONE 'UTC', status = 'completed', \
completed_at = clock_timestamp() AT TIME ZONE 'UTC', wallclock_seconds = 0.001, val_loss = 0.5, val_accuracy = 0.9 \
WHERE id = :id AND _wallow_attempt = :attempt AND status = 'running';
";

/// The runs per second of pgbench, without the time in which it connects.
fn pgbench(server: &Server, database: &str, each: usize, clients: usize) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("script.sql");
    fs::write(&script, SCRIPT)?;
    let mut pgbench = postgres_server::client("pgbench")?;
    pgbench.args([
        "--no-vacuum",
        "--protocol=prepared",
        "--username=postgres",
        "--host",
    ]);
    pgbench.arg(server.folder());
    pgbench.arg(format!("--client={clients}"));
    // More threads than cores only wait for each other.
    pgbench.arg(format!("--jobs={}", clients.min(2)));
    pgbench
        .arg(format!("--transactions={each}"))
        .arg("--file")
        .arg(&script)
        .arg(database);
    let output = pgbench.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| {
        let rate = line.strip_prefix("tps = ")?;
        rate.split_whitespace().next()?.parse().ok()
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    rate.filter(|_| output.status.success())
        .ok_or_else(|| format!("pgbench: {}\n{text}{errors}", output.status).into())
}
