//! The command, and what it starts: all of it is asked to end, and all of it has ended before the server stops.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::course::{Course, Event};
use super::system;
use crate::output::{self, Failure};
use crate::work::child::Process;
use crate::work::guard::{self, Tie};
use crate::work::watchdog::Watchdog;

/// How often is asked whether what the command has started is still at work.
const LOOK: Duration = Duration::from_millis(50);

/// What the command leaves at work may end by itself within this time, as the `tee` that reads its output does.
const MOMENT: Duration = Duration::from_secs(1);

/// Executes the command in a session of its own; returns how it has ended, when nothing in that session is left.
pub(super) fn execute(
    program: &Path,
    arguments: &[OsString],
    environment: [(&str, OsString); 3],
    course: &mut Course,
    grace: Duration,
) -> Result<ExitStatus, Failure> {
    let failed = |error: io::Error| system("the command", &error);
    let watchdog = Watchdog::start().map_err(failed)?;
    let mut command = guard::command(program, arguments, Tie::Job).map_err(failed)?;
    command.envs(environment);
    let mut process = Process::start(&mut command).map_err(failed)?;
    watchdog.note(process.id());
    course.watch(process.pid(), Event::CommandEnded);
    follow(&process, course, grace);
    let status = process.end().map_err(failed);
    watchdog.forget(process.id());
    status
}

/// Waits for the end of everything in the session of the command. It gets TERM when this process is asked to end, when the
/// server is lost, and when the command has ended without it; KILL at the next signal, or after the grace.
fn follow(process: &Process, course: &mut Course, grace: Duration) {
    let (mut ended, mut asked) = (None::<Instant>, None::<Instant>);
    loop {
        if course.command_has_ended() {
            let ended = *ended.get_or_insert_with(Instant::now);
            if !process.has_left_others() {
                return;
            }
            if asked.is_none() && ended.elapsed() >= MOMENT {
                output::warning(
                    "the command has ended, and left programs at work that it has started; they are asked to end now: have \
                     the command wait for them (`wait` in a shell)",
                );
                process.terminate();
                asked = Some(Instant::now());
            }
        }
        let rest = asked.map(|asked| grace.saturating_sub(asked.elapsed()));
        if rest == Some(Duration::ZERO) {
            break;
        }
        let look = course.command_has_ended().then_some(LOOK);
        match course.next(look.into_iter().chain(rest).min()) {
            Some(Event::Signal(_)) if asked.is_some() => break,
            Some(Event::Signal(_) | Event::ServerEnded | Event::Taken) if asked.is_none() => {
                process.terminate();
                asked = Some(Instant::now());
            }
            _ => {}
        }
    }
    process.kill();
    while !course.command_has_ended() {
        course.next(None);
    }
}
