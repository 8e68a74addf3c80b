//! A search whose schema grew while its registry filled: old runs are kept, stay unique, and are not done again.
//!
//! `registry` is the schema with its migrations, `grid` the keys, `dispatch` one key done once, `work` all of them,
//! `analyse` the questions. The search itself does not use wallow: `search`, `cells`.

mod analyse;
mod args;
mod cells;
mod dispatch;
mod grid;
mod registry;
mod search;
mod work;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use wallow::ErrorKind;

use crate::args::{Args, Command};
use crate::registry::Store;

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.command {
        None => search_all(&args),
        Some(Command::Analyse { loss_above }) => analyse(&args, loss_above),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does the runs that are not done. Exit status: 1 if a run failed, else 0.
fn search_all(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(folder) = args
        .database_file()
        .as_deref()
        .and_then(|file| file.parent())
    {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    }
    let store = open(args)?;
    let keys = grid::keys(i64::from(args.warmup_steps));
    let summary = work::work(&store, &keys, Duration::from_secs(args.stale_after.into()))?;
    print(&format!("{summary}\n"))?;
    Ok(if summary.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Answers questions. A registry that does not exist is not created.
fn analyse(args: &Args, loss_above: f64) -> Result<ExitCode, Box<dyn Error>> {
    match args.database_file() {
        Some(file) if !file.exists() => print(&format!(
            "no runs yet: there is no registry at {}\n",
            file.display()
        ))?,
        _ => print(&analyse::report(&open(args)?, loss_above)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the registry. If migrations are missing, they are applied if that was asked for; else the error says how to
/// apply them.
fn open(args: &Args) -> Result<Store, Box<dyn Error>> {
    let options = Store::options().artefacts_root(args.artefacts());
    if args.migrate {
        let behind = options.clone().check_schema(false).open(&args.db)?;
        for migration in behind.migrate()? {
            print(&format!("applied {migration}\n"))?;
        }
    }
    options.open(&args.db).map_err(|error| match error.kind() {
        ErrorKind::PendingMigration => {
            format!("{error}\nhint: `--migrate` does that here; every run is kept").into()
        }
        _ => error.into(),
    })
}

/// Writes to stdout. It is no error if the reader has closed it (`matching_feedback analyse | head -1`).
fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
