//! One file for each command.

mod check;

use crate::args::{Args, Command};
use crate::output::{Failure, Status};

/// Does what was asked.
pub(crate) fn run(args: &Args) -> Result<Status, Failure> {
    match args.command {
        Command::Check => check::run(args),
    }
}
