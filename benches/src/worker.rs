//! Each side works in a process of its own. In one process, SQLite would share its page cache between the two
//! connections, and one side would profit from the pages of the other.

use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::side::SideName;
use crate::{Operation, Result, Side, Work, with_side};

/// The question for memory.
const MEMORY: &str = "memory";

/// The time of one batch.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// By the wall clock.
    pub wall: Duration,
    /// Processor time, if the system reports it.
    pub cpu: Option<Duration>,
}

/// The process of one side, from the side of its parent.
#[derive(Debug)]
pub struct Worker {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts this program once more, as `--serve SIDE --database URL --rows ROWS`.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(side: SideName, database: &str, rows: usize) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--serve", side.name(), "--database", database])
            .args(["--rows", &rows.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (questions, answers) = pipes.ok_or("the worker has no pipes")?;
        Ok(Worker {
            process,
            questions,
            answers: BufReader::new(answers),
        })
    }

    /// Lets it do the operations of the range.
    ///
    /// # Errors
    /// If the worker has ended; it printed why.
    pub fn run(&mut self, operation: &str, range: &Range<usize>) -> Result<Sample> {
        writeln!(self.questions, "{operation} {} {}", range.start, range.end)?;
        self.questions.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let mut times = answer.split_whitespace();
        let mut nanos = || -> Option<u64> { times.next()?.parse().ok() };
        let wall = nanos().ok_or("a worker has ended")?;
        Ok(Sample {
            wall: Duration::from_nanos(wall),
            cpu: nanos().map(Duration::from_nanos),
        })
    }

    /// The peak memory of the process so far, in KiB, if the system reports it.
    ///
    /// # Errors
    /// If the worker has ended; it printed why.
    pub fn memory(&mut self) -> Result<Option<u64>> {
        writeln!(self.questions, "{MEMORY}")?;
        self.questions.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer.trim().parse().ok())
    }

    /// Ends the process.
    ///
    /// # Errors
    /// If it failed.
    pub fn end(self) -> Result<()> {
        let Worker {
            mut process,
            questions,
            ..
        } = self;
        drop(questions);
        let status = process.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("a worker failed: {status}").into())
        }
    }
}

/// Answers a [`Worker`] until it ends.
///
/// # Errors
/// The error of the database.
pub fn serve(side: SideName, database: &str, rows: usize) -> Result<()> {
    with_side(side, database, Answer { rows })
}

struct Answer {
    rows: usize,
}

impl Work for Answer {
    fn with<S: Side>(self, side: &S) -> Result<()> {
        answer(side, self.rows)
    }
}

fn answer<S: Side>(side: &S, rows: usize) -> Result<()> {
    answer_with(|operation, range| {
        measured(Operation::from_str(operation, false)?, side, rows, range)
    })
}

/// Answers a [`Worker`] until it ends: with the times of the operation of this name, for a range of keys.
pub(crate) fn answer_with(
    mut measured: impl FnMut(&str, Range<usize>) -> Result<Sample>,
) -> Result<()> {
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line == MEMORY {
            println!(
                "{}",
                memory().map_or_else(String::new, |kib| kib.to_string())
            );
            continue;
        }
        let mut words = line.split(' ');
        let mut word = || words.next().ok_or("a question is cut short");
        let sample = measured(word()?, word()?.parse()?..word()?.parse()?)?;
        let mut answer = std::io::stdout().lock();
        write!(answer, "{}", sample.wall.as_nanos())?;
        if let Some(cpu) = sample.cpu {
            write!(answer, " {}", cpu.as_nanos())?;
        }
        writeln!(answer)?;
        answer.flush()?;
    }
    Ok(())
}

fn measured<S: Side>(
    operation: Operation,
    side: &S,
    rows: usize,
    range: Range<usize>,
) -> Result<Sample> {
    let mut batch = operation.batch(side, rows);
    batch.prepare(range);
    timed(|| batch.run())
}

/// The time that the work takes.
pub(crate) fn timed(work: impl FnOnce() -> Result<()>) -> Result<Sample> {
    let cpu = processor_time();
    let wall = Instant::now();
    work()?;
    let wall = wall.elapsed();
    let cpu = processor_time()
        .zip(cpu)
        .and_then(|(end, start)| end.checked_sub(start));
    Ok(Sample { wall, cpu })
}

/// The peak memory of this process so far, in KiB, if the system reports it.
pub fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix(" kB")?.parse().ok()
}

/// How long this process has been on a processor, all its threads.
#[cfg(unix)]
fn processor_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ProcessCPUTime).try_into().ok()
}

/// How long this process has been on a processor, all its threads.
#[cfg(not(unix))]
fn processor_time() -> Option<Duration> {
    None
}
