//! `cargo bench -p wallow-bench --bench work`: what `wallow work` costs for commands that do nothing, beside xargs and,
//! if it is installed, GNU parallel with a log of jobs: as many commands, as many at once, in the same round. Also the
//! memory of a worker while many runs are queued.

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::fs::{self, File};
    use std::io;
    use std::path::Path;
    use std::process::{Command, ExitCode, ExitStatus, Stdio};
    use std::time::{Duration, Instant};

    use clap::Parser;
    use wallow_bench::{Result, memory};

    /// The cost of `wallow work` for commands that do nothing
    #[derive(Debug, Parser)]
    struct Args {
        /// The number of runs
        #[arg(long, default_value_t = 1_000)]
        runs: u32,
        /// How many at once; by default one for each core, and four times as many
        #[arg(long, value_delimiter = ',')]
        slots: Vec<usize>,
        /// The number of rounds; medians are printed
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// The numbers of queued runs with which memory is measured
        #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000])]
        queued: Vec<u32>,
        /// Set by `cargo bench`, but not by `cargo test --all-targets`, which measures nothing
        #[arg(long, hide = true)]
        bench: bool,
    }

    /// In the environment of this program: it is to be the command `wallow`, and writes its peak of memory here.
    const AS_COMMAND: &str = "WALLOW_BENCH_MEMORY";

    const SCHEMA: &str =
        "[project]\nname = \"nothing\"\nlifecycle = true\n\n[identifying.seed]\ntype = \"int\"\n";

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
            for &queued in &args.queued {
                let project = Project::new(queued)?;
                project.wallow(&["work", "--max-runs", "100", "--", NOTHING])?;
                let mib = project.memory()? / 1024;
                println!("\nMemory with {queued} queued runs, 100 of them executed: {mib} MiB");
            }
        }
        Ok(ExitCode::SUCCESS)
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
            "\n| slots | runs | `wallow work` | `xargs -P` | ratio | `parallel --joblog` | ratio |\n\
             |--:|--:|--:|--:|--:|--:|--:|"
        );
        for slots in slots {
            let mut times = [const { Vec::new() }; 3];
            for _ in 0..args.rounds {
                times[0].push(wallow(args.runs, slots)?);
                times[1].push(xargs(args.runs, slots)?);
                if has_parallel {
                    times[2].push(parallel(args.runs, slots)?);
                }
            }
            let [wallow, xargs, parallel] = times.map(median);
            let beside = |other: f64| {
                if other > 0.0 {
                    format!("{other:.2} s | **{:.2}**", wallow / other)
                } else {
                    "not installed | ".to_owned()
                }
            };
            println!(
                "| {slots} | {} | {wallow:.2} s | {} | {} |",
                args.runs,
                beside(xargs),
                beside(parallel),
            );
        }
        Ok(())
    }

    /// In seconds; zero if there are none.
    fn median(mut times: Vec<Duration>) -> f64 {
        times.sort();
        times
            .get(times.len() / 2)
            .map_or(0.0, Duration::as_secs_f64)
    }

    fn wallow(runs: u32, slots: usize) -> Result<Duration> {
        let project = Project::new(runs)?;
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
    struct Project(tempfile::TempDir);

    impl Project {
        fn new(runs: u32) -> Result<Self> {
            let project = Project(tempfile::tempdir()?);
            fs::write(project.0.path().join("wallow.toml"), SCHEMA)?;
            project.wallow(&["enqueue", &format!("seed=0..{runs}")])?;
            Ok(project)
        }

        /// Runs the command, which this program is, too.
        fn wallow(&self, arguments: &[&str]) -> Result<()> {
            let mut command = Command::new(std::env::current_exe()?);
            command
                .args(arguments)
                .current_dir(self.0.path())
                .env(AS_COMMAND, self.memory_file())
                .env_remove("WALLOW_DATABASE_URL")
                .env_remove("DATABASE_URL")
                .stdout(Stdio::null());
            let status = command.status();
            check(status, &command)
        }

        fn memory_file(&self) -> OsString {
            self.0.path().join("memory").into()
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
