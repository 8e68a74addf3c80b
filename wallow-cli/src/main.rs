//! The `wallow` command.

mod args;
mod changing;
mod commands;
mod copy;
mod curve;
mod export;
mod folders;
mod history;
mod import;
mod listing;
mod output;
mod project;
mod reading;
mod screen;
mod table;
mod width;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match commands::run(&args) {
        Ok(status) => status.into(),
        Err(failure) => {
            output::failure(&failure);
            failure.status.into()
        }
    }
}
