//! `wallow serve-db`: a PostgreSQL server for the time of a command.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use wallow_runtime::DatabaseUrl;

use crate::args::duration;
use crate::output::{Failure, Status};
use crate::serve_db::{self, Options};
use crate::work;

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow serve-db --data sweep-db -- wallow enqueue seed=0..64
  wallow serve-db --data sweep-db -- wallow work --slots 8 -- python3 train.py {args:=}
  wallow serve-db --data sweep-db -- sh -c 'wallow enqueue seed=0..64 && wallow work -- ./simulate {args:=}'
  wallow serve-db --data sweep-db --host \"$(hostname)\" -- srun wallow work -- ./simulate {args:=}
  wallow serve-db --data sweep-db -- sh -c 'wallow copy --from runs.db --to \"$WALLOW_DATABASE_URL\"'
  WALLOW_DATABASE_URL=\"$(cat sweep-db/url)\" wallow ls     # meanwhile, in another shell

It starts PostgreSQL's own programs, for which no rights of an administrator are needed, and gives COMMAND the URL
in WALLOW_DATABASE_URL. The data stays in DIR: the same command continues with it. When COMMAND has ended, this
database is also in DIR/runs.sql, as SQL. At TERM, INT and HUP, everything that COMMAND has started gets TERM, and
after --grace KILL; the exit status is COMMAND's, or that of the signal. The server stops when nobody is connected
any more, at the latest after --grace. COMMAND has a session of its own, so it cannot control a terminal.";

/// `wallow serve-db`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeDb {
    /// The folder of the data, made if it does not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,

    /// Listen on this name of the machine, too, for workers on other machines [default: only on 127.0.0.1]
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,

    /// The port [default: one that is free]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) port: Option<u16>,

    /// The folder of PostgreSQL's programs [default: in the PATH or below /usr/lib/postgresql]
    #[arg(long, value_name = "DIR")]
    pub(crate) pg_bin: Option<PathBuf>,

    /// Write no dump at the end
    #[arg(long)]
    pub(crate) no_dump: bool,

    /// The time between TERM and KILL
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2m")]
    pub(crate) grace: Duration,

    #[command(flatten)]
    pub(crate) meaningless: Meaningless,

    /// The command
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// The options of every command that mean nothing here. They are declared again to be left out of the help; clap gives
/// them the values that stand before the command, too.
#[derive(Debug, clap::Args)]
pub(crate) struct Meaningless {
    #[arg(long, global = true, hide = true, value_name = "PATH")]
    schema: Option<PathBuf>,

    #[arg(long, global = true, hide = true, value_name = "URL")]
    db: Option<String>,
}

pub(crate) fn run(args: &ServeDb) -> Result<Status, Failure> {
    if args.meaningless.db.is_some() || args.meaningless.schema.is_some() {
        return Err(Failure::usage(
            "`serve-db` has a database of its own and needs no schema; give `--db` and `--schema` to the command \
             behind `--`",
        ));
    }
    refuse_database(&args.data)?;
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Failure::usage("name the command behind `--`"));
    };
    let program = work::find_program(program)?;
    let options = Options {
        data: args.data.clone(),
        host: args.host.clone(),
        port: args.port,
        programs: args.pg_bin.clone(),
        dumps: !args.no_dump,
        grace: args.grace,
    };
    serve_db::serve(&options, &program, arguments)
}

/// Refuses the name of a database, which may contain a password: the error does not repeat it.
fn refuse_database(folder: &Path) -> Result<(), Failure> {
    if folder.to_str().is_none_or(DatabaseUrl::is_like_path) {
        return Ok(());
    }
    Err(Failure::usage(
        "`--data` names the folder of a database of its own, and this looks like a database that is there already: use \
         that one with `--db`, without `wallow serve-db` (a folder of this name is written with `./` before it)",
    ))
}
