//! The process that becomes a command which this program starts.
//!
//! Between `fork` and `exec` a program may do very little, and only in unsafe code. So the command is started by way of
//! this program itself: it puts itself into a session of its own, asks the kernel for its death with its parent, and
//! then becomes the command.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::program::refusal;
use super::watchdog;

/// The hidden argument that starts this process; no person types it.
const WORD: &str = "__run-command";

/// The exit status of a shell for a command that cannot be executed.
const NOT_EXECUTABLE: u8 = 126;

/// How a command is tied to the process that starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tie {
    /// The command of a run, and any other program that ends by itself: in a session of its own, and killed with its
    /// parent.
    Run,
    /// A PostgreSQL server: in a session of its own. It ends with its parent as after a crash, because a clean end may
    /// take long, and meanwhile another job could start a server on the same data.
    Server,
    /// The command of `wallow serve-db`: as that of a run, but with the input of its parent, which tells the watchdog of it.
    Job,
}

impl Tie {
    const ALL: [Tie; 3] = [Tie::Run, Tie::Server, Tie::Job];

    /// The argument for it.
    const fn word(self) -> &'static str {
        match self {
            Tie::Run => "run",
            Tie::Server => "server",
            Tie::Job => "job",
        }
    }

    /// What the kernel sends when the parent has ended.
    #[cfg(target_os = "linux")]
    const fn signal(self) -> rustix::process::Signal {
        match self {
            Tie::Run | Tie::Job => rustix::process::Signal::KILL,
            Tie::Server => rustix::process::Signal::QUIT,
        }
    }
}

/// This program, with what makes it become a command.
pub(crate) fn command(
    program: &Path,
    arguments: &[OsString],
    tie: Tie,
) -> std::io::Result<Command> {
    let mut command = Command::new(own_program()?);
    command.arg(WORD).arg(std::process::id().to_string());
    command.arg(tie.word()).arg(program).args(arguments);
    Ok(command)
}

/// The path of this program. On Linux it is the one that runs, even if its file was replaced meanwhile.
pub(super) fn own_program() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok("/proc/self/exe".into())
    } else {
        std::env::current_exe()
    }
}

/// Becomes the command, if this process was started for that.
pub(crate) fn serve(mut args: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    if args.nth(1)? != WORD {
        return None;
    }
    let parent = args.next();
    let parent = parent
        .as_deref()
        .and_then(|id| id.to_str()?.parse::<i32>().ok());
    let tie = args.next()?;
    let tie = Tie::ALL.into_iter().find(|known| tie == known.word())?;
    let program = args.next()?;
    // A signal from the terminal is for the parent, which passes it on.
    if let Err(error) = rustix::process::setsid() {
        return Some(failed(&format!("no session of its own: {error}")));
    }
    #[cfg(target_os = "linux")]
    {
        let signal = Some(tie.signal());
        if let Err(error) = rustix::process::set_parent_process_death_signal(signal) {
            return Some(failed(&format!("it would outlive its parent: {error}")));
        }
    }
    // The worker may have ended before the kernel knew.
    let now = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().get());
    if now != parent {
        return Some(failed("its parent has ended"));
    }
    if tie == Tie::Run
        && let Err(error) = watchdog::report()
    {
        return Some(failed(&format!("no empty input: {error}")));
    }
    let error = Command::new(&program).args(args).exec();
    let program = Path::new(&program);
    Some(failed(
        &if error.kind() == std::io::ErrorKind::ArgumentListTooLong {
            // That is because of the values of this run.
            let program = program.display();
            format!("the arguments of `{program}` are too long: {error}")
        } else {
            format!("{UNABLE}{}", refusal(program, &error))
        },
    ))
}

/// How the message begins of a command that no run can have executed: its interpreter is missing, for example.
const UNABLE: &str = "the command cannot be executed: ";

/// Why the command cannot be executed, from its exit status and what is on stderr, if that is so.
pub(super) fn unable(status: std::process::ExitStatus, stderr: &str) -> Option<&str> {
    let reason = stderr.strip_prefix(PREFIX)?;
    (status.code() == Some(NOT_EXECUTABLE.into()) && reason.starts_with(UNABLE)).then_some(reason)
}

/// What begins every message of this process.
const PREFIX: &str = "wallow: ";

fn failed(reason: &str) -> ExitCode {
    // There is nobody else to tell if this fails.
    let _ = writeln!(std::io::stderr(), "{PREFIX}{reason}");
    ExitCode::from(NOT_EXECUTABLE)
}
