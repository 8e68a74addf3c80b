//! A hyperparameter sweep that can be stopped at any moment and started again, because wallow remembers what is done.
//!
//! `registry` is the schema, `grid` the combinations, `sweep` the pattern to copy: each combination, done once. The
//! work itself is in `data`, `model`, `optimiser`, `train`, `checkpoint`.

mod analyse;
mod args;
mod checkpoint;
mod data;
mod grid;
mod model;
mod optimiser;
mod registry;
mod sweep;
mod train;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;

use crate::args::{Args, Command};
use crate::registry::Store;

/// The exit status of a program that Ctrl-C ended: 128 plus the number of SIGINT.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        None => sweep(&args),
        Some(Command::Analyse) => analyse(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {}", with_sources(&*error));
        ExitCode::FAILURE
    })
}

/// Trains the runs that are not complete. Exit status: 0 if it reached its end or limit, even if single runs failed.
fn sweep(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        // After the first signal, the current run is put back; a second signal ends the program without waiting for
        // that.
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    })?;

    let file = args.database_file();
    if let Some(folder) = file.as_deref().and_then(std::path::Path::parent) {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    }
    let store = open(args)?;
    if let Some(file) = file {
        print(&format!("registry:  {}\n", file.display()))?;
    }
    print(&format!("artefacts: {}\n", args.artefacts().display()))?;

    let summary = sweep::sweep(&store, args.limit, &stop)?;
    if summary.left > 0 {
        print(&format!(
            "left for the next time: {} combinations\n",
            summary.left
        ))?;
    }
    print(&format!("{summary}\n"))?;
    Ok(if summary.interrupted {
        ExitCode::from(INTERRUPTED)
    } else {
        ExitCode::SUCCESS
    })
}

/// Answers questions. A registry that does not exist is not created.
fn analyse(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    match args.database_file() {
        Some(file) if !file.exists() => print(&format!(
            "no runs yet: there is no registry at {}\n",
            file.display()
        ))?,
        _ => print(&analyse::report(&open(args)?)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn open(args: &Args) -> Result<Store, wallow::Error> {
    Store::options()
        .artefacts_root(args.artefacts())
        .open(&args.db)
}

/// Writes to stdout. It is no error if the reader has closed it (`ml_sweep analyse | head -1`).
fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// An error and its causes in one line. A cause that the text contains already is not repeated.
fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
