//! A PostgreSQL server for the time of a command, with data that stays in a folder.
//!
//! What enters: a folder, a command, PostgreSQL's own programs. What leaves: the data and a dump in the folder, and the exit
//! status of the command.
//!
//! Invariants: at most one server uses the data, also among machines that share the folder; the server listens on
//! addresses that were asked for alone, and nobody connects without the password; an initialised folder is complete, and
//! a dump replaces the last one completely or not at all; no server outlives this process, and nothing in the session of
//! the command outlives the server.

mod address;
mod clients;
mod command;
mod course;
mod dump;
mod folder;
mod lock;
mod programs;
mod server;

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use wallow_runtime::DatabaseUrl;

use crate::advice::shell_path;
use crate::output::{self, Failure, Status, display_path};
use address::Address;
use course::Course;
use dump::Dumped;
use folder::Folder;
use lock::Lock;
use programs::Programs;
use server::{DATABASE, Server, Started, USER};

/// What a person may choose.
#[derive(Debug)]
pub(crate) struct Options {
    /// The folder of the data.
    pub(crate) data: PathBuf,
    /// The name of this machine for other ones; `None` if only this one connects.
    pub(crate) host: Option<String>,
    /// `None`: any that is free.
    pub(crate) port: Option<u16>,
    /// The folder of PostgreSQL's programs.
    pub(crate) programs: Option<PathBuf>,
    /// Whether a dump is written at the end.
    pub(crate) dumps: bool,
    /// The time between TERM and KILL.
    pub(crate) grace: Duration,
}

/// The variable that names the database for the command.
const DATABASE_VARIABLE: &str = "WALLOW_DATABASE_URL";

/// The variable that names the folder, so that what a command advises is typed in the form that has this database.
const FOLDER_VARIABLE: &str = "WALLOW_SERVE_DB_DATA";

/// How the database gets its first runs, if this process is the command of `wallow serve-db` or was started by it: at its
/// end the server is gone, and without it the commands would use another database.
pub(crate) fn how_to_fill() -> Option<String> {
    let folder = PathBuf::from(std::env::var_os(FOLDER_VARIABLE)?);
    let folder = shell_path(&folder);
    Some(format!(
        "fill it with `wallow serve-db --data {folder} -- wallow enqueue FIELD=VALUES…`, or with the runs of a file: `wallow \
         serve-db --data {folder} -- sh -c 'wallow copy --from FILE --to \"$WALLOW_DATABASE_URL\"'`"
    ))
}

/// What to do about a URL at which no server answers, if it looks like that of a server which this command started: it stays in
/// the folder if the command was killed.
pub(crate) fn on_stale_url(url: &DatabaseUrl) -> Option<String> {
    let text = url.to_string();
    let is_ours =
        text.starts_with(&format!("postgres://{USER}:")) && text.ends_with(&format!("/{DATABASE}"));
    is_ours.then(|| {
        "if this is the URL of a `wallow serve-db` that was killed, its server has ended with it: start it again with the \
         same folder; its new URL is in the file `url` there"
            .to_owned()
    })
}

/// Starts the server, executes the command, writes a dump, and stops the server.
///
/// # Errors
/// Wrong usage; the folder is in use; the server does not start, or ends by itself; the dump cannot be written.
pub(crate) fn serve(
    options: &Options,
    program: &Path,
    arguments: &[OsString],
) -> Result<Status, Failure> {
    let folder = Folder::look(&options.data)?;
    let programs = Programs::find(options.programs.as_deref(), &folder, options.dumps)?;
    let address = Address::choose(options.host.as_deref(), options.port)?;
    if rustix::process::geteuid().is_root() {
        return Err(Failure::usage(format!(
            "PostgreSQL refuses to run as root; run this command as another user who may write `{0}`, such as `runuser -u \
             USER -- wallow serve-db --data {1} -- COMMAND`",
            display_path(&options.data),
            shell_path(&options.data)
        )));
    }
    let folder = folder.create()?;
    if let Some(kind) = wallow_runtime::network_file_system(folder.path()) {
        output::warning(&folder.on_network(kind));
    }
    let mut course = Course::new();
    let lock = Lock::take(&folder, course.sender())?;
    folder.forget_url();
    let outcome = session(
        options,
        &folder,
        &programs,
        address,
        &mut course,
        |url, course| {
            let environment = [
                (DATABASE_VARIABLE, OsString::from(url)),
                (FOLDER_VARIABLE, folder.path().into()),
                ("PATH", programs.behind_path()),
            ];
            command::execute(program, arguments, environment, course, options.grace)
        },
    );
    lock.release(course.is_taken());
    outcome
}

/// Everything that happens while the folder is this process's.
fn session(
    options: &Options,
    folder: &Folder,
    programs: &Programs,
    address: Address,
    course: &mut Course,
    execute: impl FnOnce(&str, &mut Course) -> Result<ExitStatus, Failure>,
) -> Result<Status, Failure> {
    folder.initialise(programs)?;
    let password = folder.password(programs)?;
    folder.expect_changes()?;
    course.listen().map_err(|error| system("signals", &error))?;
    let server = match Server::start(programs, folder, address, course)? {
        Started::Ready(server) => server,
        Started::Stopped(status) => return Ok(Status::Stopped(status)),
    };
    let url = server.url(folder, &password)?;
    output::note(&format!(
        "PostgreSQL {} serves `{}` on {}; while it does, its URL is in `{}`",
        programs.version(),
        display_path(folder.path()),
        server.address(),
        display_path(&folder.url()),
    ));
    let ended = execute(&url, course);
    if ended.is_ok() && course.may_dump() {
        clients::wait_for(&url, course, options.grace);
    }
    let dumped = match (&ended, options.dumps && course.may_dump()) {
        (Ok(_), true) => Some(dump::write(programs, folder, &server, course)),
        _ => None,
    };
    let has_died = course.server_has_ended();
    server.stop(course, options.grace);
    if !course.is_taken() {
        // If it is left, whoever uses it finds out that the server is not there.
        folder.forget_url();
    }
    let status = ended?;
    if course.is_taken() {
        return Err(Failure::finding(format!(
            "another process took `{}` over, so this server was stopped; the dump was not written",
            display_path(folder.path())
        )));
    }
    if has_died {
        let failure = died(folder, course);
        let Some(signal) = course.signal() else {
            return Err(failure);
        };
        output::warning(&failure.to_string());
        return Ok(Status::Stopped(of_signal(signal)));
    }
    answer(status, dumped, folder, course)
}

/// The exit status of everything.
fn answer(
    status: ExitStatus,
    dumped: Option<Result<Dumped, Failure>>,
    folder: &Folder,
    course: &Course,
) -> Result<Status, Failure> {
    match dumped {
        Some(Ok(Dumped::Written(bytes))) => output::note(&format!(
            "the dump is `{}`, {bytes} bytes",
            display_path(&folder.dump())
        )),
        Some(Ok(Dumped::Interrupted)) => output::warning(&format!(
            "the dump was interrupted; the data is in `{}`",
            display_path(folder.path())
        )),
        Some(Err(failure)) if status.success() && course.signal().is_none() => return Err(failure),
        Some(Err(failure)) => output::warning(&failure.to_string()),
        None => {}
    }
    if let Some(signal) = course.signal() {
        return Ok(Status::Stopped(of_signal(signal)));
    }
    Ok(match (status.code(), status.signal()) {
        (Some(0), _) => Status::Fine,
        (Some(code), _) => Status::Command(u8::try_from(code).unwrap_or(1)),
        (None, Some(signal)) => Status::Command(of_signal(signal)),
        (None, None) => Status::Finding,
    })
}

/// The exit status of a shell for a signal.
fn of_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(1)
}

/// The error of a server that nobody stopped here.
fn died(folder: &Folder, course: &Course) -> Failure {
    let why = match course.signal() {
        // A scheduler sends its signal to every process of a job.
        Some(_) => {
            "the server was stopped by a signal, too, so there is no new dump; its data is complete"
        }
        None => {
            "the server ended while the command was at work; its data is kept, and the same command continues with it"
        }
    };
    Failure::finding(format!("{why}{}", folder.end_of_log()))
}

/// The error of a call of the system.
fn system(what: &str, error: &std::io::Error) -> Failure {
    Failure::finding(format!("{what}: {error}"))
}
