//! One file for each command.

pub(crate) mod attempts;
mod check;
pub(crate) mod claim;
mod collisions;
pub(crate) mod copy;
mod count;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod enqueue;
pub(crate) mod export;
pub(crate) mod fenced;
pub(crate) mod gc;
pub(crate) mod grants;
pub(crate) mod import;
pub(crate) mod importance;
pub(crate) mod init;
pub(crate) mod logs;
pub(crate) mod ls;
pub(crate) mod migrate;
pub(crate) mod near;
pub(crate) mod pivot;
pub(crate) mod plot;
pub(crate) mod report;
pub(crate) mod retry;
pub(crate) mod rm;
#[cfg(unix)]
pub(crate) mod serve_db;
pub(crate) mod set;
mod show;
mod status;
pub(crate) mod top;
pub(crate) mod ui;
pub(crate) mod watch;
#[cfg(unix)]
pub(crate) mod work;

pub(crate) use show::value_as_json;

use std::io::Write as _;

use clap::CommandFactory as _;

use crate::advice;
use crate::args::{Args, Command};
use crate::output::{Failure, Status};
use crate::terminal;

/// Runs the command that was typed.
pub(crate) fn run(args: &Args) -> Result<Status, Failure> {
    let place = &args.place;
    advice::remember(place);
    match &args.command {
        Command::Init(init) => init::run(place, init),
        Command::Check => check::run(place),
        Command::Migrate(command) => migrate::run(place, command),
        Command::Status { json } => status::run(place, *json),
        #[cfg(unix)]
        Command::Work(work) => work::run(place, work),
        #[cfg(unix)]
        Command::ServeDb(serve) => serve_db::run(serve),
        Command::Attempts(attempts) => attempts::run(place, attempts),
        Command::Logs(logs) => logs::run(place, logs),
        Command::Claim(claim) => claim::run(place, claim),
        Command::Heartbeat(heartbeat) => fenced::heartbeat(place, heartbeat),
        Command::Complete(complete) => fenced::complete(place, complete),
        Command::Fail(fail) => fenced::fail(place, fail),
        Command::Release(held) => fenced::release(place, held),
        Command::Set(set) => set::run(place, set),
        Command::Enqueue(enqueue) => enqueue::run(place, enqueue),
        Command::Ls(ls) => ls::run(place, ls),
        Command::Count(selection) => count::run(place, selection),
        Command::Pivot(pivot) => pivot::run(place, pivot),
        Command::Importance(args) => importance::run(place, args),
        Command::Plot(plot) => plot::run(place, plot),
        Command::Top(top) => top::run(place, top),
        Command::Show { run, json } => show::run(place, run, *json),
        Command::Diff(diff) => diff::run(place, diff),
        Command::Near(near) => near::run(place, near),
        Command::Watch(watch) => watch::run(place, watch),
        Command::Collisions { fields, json } => collisions::run(place, fields, *json),
        Command::Export(export) => export::run(place, export),
        Command::Report(report) => report::run(place, report),
        Command::Ui(options) => ui::run(place, options),
        Command::Rm(rm) => rm::run(place, rm),
        Command::Retry(retry) => retry::run(place, retry),
        Command::Gc(gc) => gc::run(place, gc),
        Command::Grants(grants) => grants::run(place, grants),
        Command::Doctor(doctor) => doctor::run(place, doctor),
        Command::Copy(copy) => copy::run(place, copy),
        Command::Import(import) => import::run(place, import),
        Command::Completions { shell } => {
            // clap would panic on a closed pipe; our own stream does not.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "wallow", &mut script);
            let mut stdout = terminal::exact_stdout(false);
            stdout.write_all(&script)?;
            stdout.flush()?;
            Ok(Status::Fine)
        }
    }
}
