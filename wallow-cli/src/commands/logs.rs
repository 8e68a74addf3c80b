//! `wallow logs`: what the command of a run has printed.

use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use wallow_runtime::dynamic::{Row, Value};

use crate::args::Place;
use crate::artefacts::{self, AttemptNames};
use crate::open::Reading;
use crate::output::{self, Failure, Status};
use crate::project::Project;
use crate::terminal;

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow logs 8fa740691a0a
  wallow logs 17@2
  wallow logs 17 --follow

What the command has written to stdout is written to stdout, and the same for stderr. RUN@N is attempt N of
a run; without N it is the newest that has printed something.";

/// `wallow logs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Logs {
    /// The id or the uuid of a run, and the number of an attempt
    #[arg(value_name = "RUN[@N]")]
    pub(crate) run: String,

    /// Go on until the attempt has ended
    #[arg(long, short)]
    pub(crate) follow: bool,

    /// The folder of all artefacts [default: as for `wallow work`]
    #[arg(long, value_name = "DIR")]
    pub(crate) artefacts: Option<PathBuf>,
}

/// How often a file is read again.
const LOOK: Duration = Duration::from_millis(200);

/// How many looks at files there are for each look at the database.
const RARELY: u32 = 5;

pub(crate) fn run(place: &Place, logs: &Logs) -> Result<Status, Failure> {
    let (name, number) = named(&logs.run)?;
    let project = Project::find(place)?;
    let reading = Reading::open(place)?;
    let run = reading.run(name)?;
    let root = artefacts::root(&project, logs.artefacts.as_deref());
    let dir = reading.store.artefacts_dir(&root, &run);
    let dir = dir.map_err(|error| Failure::finding(error.to_string()))?;
    let names = AttemptNames::of(reading.store.schema(), &run);
    let attempt = match number {
        Some(number) => number,
        None => newest(&dir, &names).ok_or_else(|| nothing(&run, &dir))?,
    };
    let mut stdout = Log::new(dir.join(names.name(attempt, "out")));
    let mut stderr = Log::new(dir.join(names.name(attempt, "err")));
    if !stdout.is_there() && !stderr.is_there() {
        return Err(match newest(&dir, &names) {
            Some(newest) => Failure::finding(format!(
                "run {} has no output of attempt {attempt} in `{}`; its newest there is attempt {newest}",
                output::visible(run.uuid()),
                output::visible(&dir.display().to_string()),
            )),
            None => nothing(&run, &dir),
        });
    }
    let mut to_stdout = terminal::exact_stdout(false);
    let mut to_stderr = terminal::exact_stderr(false);
    let mut looks = 0;
    loop {
        // The end is asked about first, so that what was printed before it is read after it.
        let is_over = !logs.follow
            || looks % RARELY == 0
                && !(is_running(&reading.run(run.uuid())?)
                    && newest(&dir, &names) == Some(attempt));
        stdout.copy(&mut to_stdout)?;
        stderr.copy(&mut to_stderr)?;
        if is_over {
            return Ok(Status::Fine);
        }
        looks += 1;
        thread::sleep(LOOK);
    }
}

/// A run, and the number of an attempt.
fn named(text: &str) -> Result<(&str, Option<i64>), Failure> {
    let Some((run, number)) = text.rsplit_once('@') else {
        return Ok((text, None));
    };
    match number.parse() {
        Ok(number) if number > 0 => Ok((run, Some(number))),
        _ => Err(Failure::usage(format!(
            "`{}` is no number of an attempt; write RUN@N, such as 17@2",
            output::visible(number)
        ))),
    }
}

/// The newest attempt that has files.
fn newest(dir: &Path, names: &AttemptNames) -> Option<i64> {
    let entries = fs::read_dir(dir).ok()?.flatten();
    let numbers = entries.filter_map(|entry| names.attempt(entry.file_name().to_str()?));
    numbers.max()
}

fn nothing(run: &Row, dir: &Path) -> Failure {
    Failure::finding(format!(
        "run {} has no such output in `{}`; `wallow work` writes it, on the machine that executes the run: name the \
         folder of the artefacts with `--artefacts`",
        output::visible(run.uuid()),
        output::visible(&dir.display().to_string()),
    ))
}

fn is_running(run: &Row) -> bool {
    run.get("status") == Some(&Value::Text("running".into()))
}

/// One file, read as far as it goes.
struct Log {
    path: PathBuf,
    file: Option<File>,
}

impl Log {
    fn new(path: PathBuf) -> Self {
        Log {
            file: opened(&path),
            path,
        }
    }

    fn is_there(&self) -> bool {
        self.file.is_some()
    }

    /// Copies what was appended since the last time.
    fn copy(&mut self, to: &mut impl Write) -> Result<(), Failure> {
        if self.file.is_none() {
            self.file = opened(&self.path);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => to.write_all(&buffer[..length])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let path = output::visible(&self.path.display().to_string());
                    return Err(Failure::finding(format!(
                        "`{path}` cannot be read: {error}"
                    )));
                }
            }
        }
        Ok(to.flush()?)
    }
}

/// Opens a log. A link is none: the command of a run may have put it there, and it may lead anywhere.
fn opened(path: &Path) -> Option<File> {
    let is_file = path.symlink_metadata().ok()?.is_file();
    is_file.then(|| File::open(path).ok()).flatten()
}
