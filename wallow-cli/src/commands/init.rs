//! `wallow init`: a first schema, and what belongs to it.

mod from_db;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use wallow_runtime::DatabaseUrl;
use wallow_schema::redact;

use crate::args::Place;
use crate::files::Replacement;
use crate::output::{self, Failure, Status};
use crate::project::SCHEMA;

/// `wallow init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// Write into this folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,

    /// Write the wallow.toml that the table of this database implies
    #[arg(long, value_name = "URL", conflicts_with_all = ["code", "db"])]
    pub(crate) from_db: Option<String>,

    /// Overwrite existing files
    #[arg(long)]
    pub(crate) force: bool,

    /// Also write build.rs and src/main.rs, if they do not exist
    #[arg(long)]
    pub(crate) code: bool,
}

/// The first schema: small, but with an example of every concept.
const FIRST: &str = r#"# What defines an experiment, and what is recorded about it.

[project]
name = "NAME"
# artefacts_root = "artefacts"
# artefacts_layout = "{uuid}"

# Identifying fields make the key: two runs that agree in all of them are one run.
[identifying.learning_rate]
type = "float"
doc = "Length of a step."

[identifying.seed]
type = "int"
default = 0
doc = "Of the random numbers."

# Annotating fields are recorded about a run and never make two runs of one.
[annotating.val_loss]
type = "float"
indexed = true
doc = "Loss on the validation set, after the last epoch."

# These five make the lifecycle: runs can be claimed, and a sweep can be interrupted at any moment.
[annotating.status]
type = "string"
indexed = true

[annotating.started_at]
type = "datetime"

[annotating.completed_at]
type = "datetime"

[annotating.wallclock_seconds]
type = "float"

[annotating.error_excerpt]
type = "string"

[database]
url = "DATABASE"
migrations = "migrations"
"#;

/// The configuration of diesel's own command.
const DIESEL: &str = r#"# For diesel's own command: `diesel migration run --database-url URL`.

[migrations_directory]
dir = "migrations/DIALECT"

# `diesel print-schema` takes SQLite's INTEGER and REAL for types of 32 bits. These types are those that the columns
# have, in the table `runs` that wallow emits. A json field is text on SQLite, and printed as Text.
[print_schema]
filter = { only_tables = ["^runs$"] }
import_types = ["wallow::sql_types::print_schema::*"]
"#;

const BUILD: &str = r#"//! A broken schema fails the build; one that has moved on without a migration is a warning.

fn main() {
    wallow_schema::build::check("wallow.toml");
}
"#;

const MAIN: &str = r#"//! A sweep.

wallow::wallow_schema!("wallow.toml");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::open("runs.db")?;
    let key = Identifying::builder().learning_rate(1e-3).build();
    let options = wallow::LifecycleOptions::new(wallow::Reclaim::Immediately);
    let outcome = store.run_lifecycle(&key, options, |_claim| {
        Ok::<_, wallow::Error>(Annotating::new().val_loss(0.5))
    })?;
    println!("{}", outcome.run().uuid);
    Ok(())
}
"#;

pub(crate) fn run(place: &Place, init: &Init) -> Result<Status, Failure> {
    if let Some(url) = &init.from_db {
        return from_db::run(url, &init.dir, init.force);
    }
    // Shown as a person would type them: `wallow.toml`, not `./wallow.toml`.
    let dir = init.dir.strip_prefix(".").unwrap_or(&init.dir);
    let given = place.db.as_deref().unwrap_or("runs.db");
    let dialect = DatabaseUrl::parse(given)?.dialect();
    let url = redact::without_password(given);
    if redact::names_secret(&url) {
        return Err(Failure::usage(
            "the database that `--db` names has a password in a place where no database reads one: give the URL without \
             it (`postgres://USER@HOST/DATABASE`), because everyone who gets wallow.toml would get it, too",
        ));
    }
    let mut files = vec![
        (dir.join(SCHEMA), first(&init.dir, &url)),
        (
            dir.join("diesel.toml"),
            DIESEL.replace("DIALECT", dialect.as_str()),
        ),
    ];
    let in_package = dir.join("Cargo.toml").is_file();
    if init.code {
        let code = [
            (dir.join("build.rs"), BUILD),
            (dir.join("src/main.rs"), MAIN),
        ];
        // These are never overwritten, because they are the program of the user.
        let missing = code.into_iter().filter(|(path, _)| !is_taken(path));
        files.extend(missing.map(|(path, text)| (path, text.to_owned())));
    }
    let there = files
        .iter()
        .map(|(path, _)| path)
        .filter(|path| is_taken(path));
    let there = there
        .map(|path| format!("`{}`", path.display()))
        .collect::<Vec<_>>();
    if !init.force && !there.is_empty() {
        return Err(Failure::finding(format!(
            "{} is there already; overwrite it with `--force`, or use another `--dir`",
            there.join(" and ")
        )));
    }
    for (path, text) in &files {
        write(path, text, init.force)?;
        output::line(&format!("wrote {}", output::shown(path)));
    }
    if url != given {
        output::warning(
            "the password was not written into wallow.toml, which everyone gets who gets the project; keep it in \
             libpq's password file (`~/.pgpass`), or the whole URL in `WALLOW_DATABASE_URL`",
        );
    }
    next_steps(in_package, init.code);
    Ok(Status::Fine)
}

/// A project is named after its folder.
fn name_of(dir: &Path) -> String {
    let dir = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    let here = dir.canonicalize().unwrap_or_else(|_| PathBuf::from(dir));
    let name = here.file_name().and_then(|name| name.to_str());
    name.unwrap_or("sweep").to_owned()
}

fn first(dir: &Path, url: &str) -> String {
    let name = name_of(dir);
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    FIRST
        .replace("NAME", &quoted(&name))
        .replace("DATABASE", &quoted(url))
}

/// Whether anything has this name; a dangling link counts.
fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Writes a file; an existing file only with `force`, and then it is replaced as a whole.
fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| {
        if force {
            let file = Replacement::of(path)?;
            file.writer()?.write_all(text.as_bytes())?;
            file.keep()
        } else {
            File::create_new(path)?.write_all(text.as_bytes())
        }
    });
    written.map_err(|error| Failure::finding(format!("cannot write `{}`: {error}", path.display())))
}

fn next_steps(in_package: bool, code: bool) {
    output::line("\nnext:");
    output::line("  edit wallow.toml");
    output::line("  wallow migrate generate \"initial\"");
    if in_package && !code {
        output::line("  cargo add wallow && cargo add --build wallow-schema");
        output::line("  in src/main.rs:  wallow::wallow_schema!(\"wallow.toml\");");
        output::line(
            "  in build.rs:     fn main() { wallow_schema::build::check(\"wallow.toml\"); }",
        );
    }
}
