//! `cargo bench -p wallow-bench --bench work`: what `wallow work` costs for commands that do nothing, with a history of
//! attempts, on SQLite and, if it is installed, on PostgreSQL, beside xargs and, if it is installed, GNU parallel with a log
//! of jobs: as many commands, as many at once, in the same round. Also the memory of a worker while many runs are queued,
//! and with a large curve.

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::fs::{self, File};
    use std::io;
    use std::path::Path;
    use std::process::{Command, ExitCode, ExitStatus, Stdio};
    use std::time::{Duration, Instant};

    use clap::Parser;
    use postgres_server::{Fresh, Server};
    use wallow_bench::{Kind, Result, memory};

    /// The cost of `wallow work` for commands that do nothing
    #[derive(Debug, Parser)]
    struct Args {
        /// The number of runs
        #[arg(long, default_value_t = 1_000)]
        runs: u32,
        /// How many at once; by default one for each core, and four times as many
        #[arg(long, value_delimiter = ',')]
        slots: Vec<usize>,
        /// The number of rounds; the best ones are printed
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// The numbers of queued runs with which memory is measured
        #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000])]
        queued: Vec<u32>,
        /// The size of the curve with which memory is measured, in MiB
        #[arg(long, default_value_t = 60)]
        curve: u64,
        /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
        #[arg(long, hide = true)]
        bench: bool,
    }

    /// In the environment of this program: it is to be the command `wallow`, and writes its peak of memory here.
    const AS_COMMAND: &str = "WALLOW_BENCH_MEMORY";

    const SCHEMA: &str = "[project]\nname = \"nothing\"\nlifecycle = true\nattempts = true\n\n\
        [identifying.seed]\ntype = \"int\"\n\n[annotating.curve]\ntype = \"json\"\n";

    /// What a run does.
    const NOTHING: &str = "/bin/true";

    pub(crate) fn main() -> Result<ExitCode> {
        if let Some(file) = std::env::var_os(AS_COMMAND) {
            let code = wallow_cli::main();
            fs::write(file, memory().unwrap_or_default().to_string())?;
            return Ok(code);
        }
        let args = Args::parse();
        if args.bench {
            compare(&args)?;
            remember(&args)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The databases that are here.
    fn kinds() -> impl Iterator<Item = Kind> {
        let all = [Kind::Sqlite, Kind::Postgres].into_iter();
        all.filter(|kind| kind.is_there())
    }

    /// The peak of memory of a worker.
    fn remember(args: &Args) -> Result<()> {
        println!("\n| memory of a worker | SQLite | PostgreSQL |\n|---|--:|--:|");
        let print = |what: &str, measure: &dyn Fn(Kind) -> Result<u64>| -> Result<()> {
            let mib = kinds().map(|kind| Ok(format!("{} MiB", measure(kind)? / 1024)));
            let mib = mib.collect::<Result<Vec<_>>>()?;
            println!("| {what} | {} |", mib.join(" | "));
            Ok(())
        };
        for &queued in &args.queued {
            print(&format!("{queued} queued runs, 100 executed"), &|kind| {
                let project = Project::new(kind, queued)?;
                project.wallow(&["work", "--max-runs", "100", "--", NOTHING])?;
                project.memory()
            })?;
        }
        // A point has about 40 bytes.
        let points = (args.curve << 20) / 40;
        let script = format!(
            r#"awk 'BEGIN {{ for (i = 0; i < {points}; i++) printf "{{\"step\": %7d, \"loss\": 0.12345678901}}\n", i }}' >> "$WALLOW_RESULT""#
        );
        print(&format!("a curve of {} MiB", args.curve), &|kind| {
            let project = Project::new(kind, 1)?;
            fs::write(project.folder.path().join("curve.sh"), &script)?;
            project.wallow(&["work", "--", "/bin/sh", "curve.sh"])?;
            project.memory()
        })
    }

    fn compare(args: &Args) -> Result<()> {
        let cores = std::thread::available_parallelism()?.get();
        let slots = if args.slots.is_empty() {
            vec![cores, 4 * cores]
        } else {
            args.slots.clone()
        };
        let has_parallel = Command::new("parallel")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok();
        println!(
            "\n| database | slots | runs | `wallow work` | `xargs -P` | ratio | `parallel --joblog` | ratio |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|"
        );
        for (kind, slots) in kinds().flat_map(|kind| slots.iter().map(move |slots| (kind, *slots)))
        {
            let mut times = [const { Vec::new() }; 3];
            for _ in 0..args.rounds {
                times[0].push(wallow(kind, args.runs, slots)?);
                times[1].push(xargs(args.runs, slots)?);
                if has_parallel {
                    times[2].push(parallel(args.runs, slots)?);
                }
            }
            let [wallow, xargs, parallel] = times.map(fastest);
            let beside = |other: f64| {
                if other > 0.0 {
                    format!("{other:.2} s | **{:.2}**", wallow / other)
                } else {
                    "not installed | ".to_owned()
                }
            };
            println!(
                "| {} | {slots} | {} | {wallow:.2} s | {} | {} |",
                kind.title(),
                args.runs,
                beside(xargs),
                beside(parallel),
            );
        }
        Ok(())
    }

    /// The shortest time in seconds, since noise only adds to it; zero if there are none.
    fn fastest(times: Vec<Duration>) -> f64 {
        times
            .into_iter()
            .min()
            .map_or(0.0, |time| time.as_secs_f64())
    }

    fn wallow(kind: Kind, runs: u32, slots: usize) -> Result<Duration> {
        let project = Project::new(kind, runs)?;
        let slots = slots.to_string();
        let started = Instant::now();
        project.wallow(&["work", "--slots", &slots, "--", NOTHING])?;
        Ok(started.elapsed())
    }

    fn xargs(runs: u32, slots: usize) -> Result<Duration> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new("xargs");
        command.args(["-n", "1", "-P", &slots.to_string(), NOTHING]);
        timed(command.stdin(lines(folder.path(), runs)?))
    }

    fn parallel(runs: u32, slots: usize) -> Result<Duration> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new("parallel");
        command.args(["--jobs", &slots.to_string(), "--joblog"]);
        command.arg(folder.path().join("jobs.log")).arg(NOTHING);
        timed(command.stdin(lines(folder.path(), runs)?))
    }

    /// A line for each run.
    fn lines(folder: &Path, runs: u32) -> Result<File> {
        let path = folder.join("runs");
        let lines = (0..runs).map(|run| run.to_string()).collect::<Vec<_>>();
        fs::write(&path, lines.join("\n"))?;
        Ok(File::open(path)?)
    }

    fn timed(command: &mut Command) -> Result<Duration> {
        let started = Instant::now();
        let status = command.stdout(Stdio::null()).status();
        check(status, command)?;
        Ok(started.elapsed())
    }

    fn check(status: io::Result<ExitStatus>, command: &Command) -> Result<()> {
        let program = command.get_program().to_string_lossy();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`{program}` failed: {status}").into()),
            Err(error) => Err(format!("`{program}` could not be started: {error}").into()),
        }
    }

    /// A folder with a schema, and queued runs.
    struct Project {
        folder: tempfile::TempDir,
        database: Option<Fresh>,
    }

    impl Project {
        fn new(kind: Kind, runs: u32) -> Result<Self> {
            let server = match kind {
                Kind::Sqlite => None,
                Kind::Postgres => Server::shared(),
            };
            let project = Project {
                folder: tempfile::tempdir()?,
                database: server.map(Server::fresh),
            };
            fs::write(project.folder.path().join("wallow.toml"), SCHEMA)?;
            project.wallow(&["enqueue", &format!("seed=0..{runs}")])?;
            Ok(project)
        }

        /// Runs the command, which this program is, too.
        fn wallow(&self, arguments: &[&str]) -> Result<()> {
            let mut command = Command::new(std::env::current_exe()?);
            command
                .args(arguments)
                .current_dir(self.folder.path())
                .env(AS_COMMAND, self.memory_file())
                .env_remove("WALLOW_DATABASE_URL")
                .env_remove("DATABASE_URL")
                .stdout(Stdio::null());
            if let Some(database) = &self.database {
                command.env("WALLOW_DATABASE_URL", database.url());
            }
            let status = command.status();
            check(status, &command)
        }

        fn memory_file(&self) -> OsString {
            self.folder.path().join("memory").into()
        }

        /// The peak of memory of the last command, in KiB.
        fn memory(&self) -> Result<u64> {
            Ok(fs::read_to_string(self.memory_file())?.parse()?)
        }
    }
}

#[cfg(unix)]
fn main() -> wallow_bench::Result<std::process::ExitCode> {
    unix::main()
}

/// `wallow work` exists on Unix.
#[cfg(not(unix))]
fn main() {}
