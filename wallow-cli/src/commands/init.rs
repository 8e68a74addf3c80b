//! `wallow init`: a first schema, and what belongs to it.
//!
//! What enters: a folder, perhaps with a Cargo package in it. What leaves: the same folder with what was missing.
//! Invariant: what is there stays as it is, so the command can be repeated. Only `--force` replaces wallow.toml, of which a
//! copy stays, or, with `--python`, the client if nobody has edited it; a program is replaced only if it is the one that cargo writes into every new
//! package.

mod client;
mod folder;
mod from_db;
mod ignored;
mod manifest;
mod texts;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use wallow_runtime::DatabaseUrl;
use wallow_schema::ddl::Dialect;
use wallow_schema::{FieldType, Schema, redact};

use self::folder::{Folder, keep_former, kept};
use self::manifest::{BUILD_DEPENDENCIES, DEPENDENCIES, Manifest};
use crate::args::{Place, refuse_database};
use crate::files::advice;
use crate::output::{self, Failure, Status};
use crate::project::SCHEMA;

/// The version of the crates that belong to this command.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `wallow init`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Init {
    /// Write into this folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,

    /// Write the wallow.toml that the table of this database implies
    #[arg(long, value_name = "URL", conflicts_with_all = ["code", "db", "python"])]
    pub(crate) from_db: Option<String>,

    /// Overwrite wallow.toml and keep a copy; with --python only `wallow_run.py`, unless it was edited
    #[arg(long)]
    pub(crate) force: bool,

    /// Also write build.rs, src/main.rs, and this command as a program of the package, src/bin/wallow.rs
    #[arg(long)]
    pub(crate) code: bool,

    /// Also write `wallow_run.py`, by which Python programs talk to `wallow work`
    #[arg(long)]
    pub(crate) python: bool,

    /// Also write diesel.toml, for diesel's own command
    #[arg(long)]
    pub(crate) diesel: bool,
}

pub(crate) fn run(place: &Place, init: &Init) -> Result<Status, Failure> {
    refuse_database("--dir", "folder", &init.dir)?;
    if place.schema.is_some() {
        return Err(Failure::usage(format!(
            "`wallow init` writes {SCHEMA} into a folder, which `--dir` names, so `--schema` says nothing here: leave it \
             out, and give the file another name afterwards"
        )));
    }
    if Folder(&init.dir).path(SCHEMA).is_dir() {
        return Err(Failure::finding(format!(
            "`{}` is a folder, and nothing was written: give it another name, or name another folder with `--dir`",
            Folder(&init.dir).display(SCHEMA)
        )));
    }
    if let Some(url) = &init.from_db {
        return from_db::run(url, &init.dir, init.force);
    }
    let given = place.db.as_deref().unwrap_or("runs.db");
    DatabaseUrl::parse(given)?;
    let url = redact::without_password(given);
    if redact::names_secret(&url) {
        return Err(Failure::usage(
            "the database that `--db` names has a password in a place where no database reads one: give the URL without \
             it (`postgres://USER@HOST/DATABASE`), because everyone who gets wallow.toml would get it, too",
        ));
    }
    let folder = Folder(&init.dir);
    let manifest = folder.manifest()?;
    if init.code && manifest.is_none() {
        return Err(Failure::finding(format!(
            "there is no Cargo.toml of a package in `{}`, and nothing was written; make a package with `cargo init`, \
             then say `wallow init --code` again",
            init.dir.display()
        )));
    }
    let name = manifest.as_ref().and_then(Manifest::name);
    // A link that leads nowhere is no schema, and is refused when it is written.
    // With `--python` the option is about the client, which a newer version of this command may have to write again.
    if init.force && !init.python || !folder.path(SCHEMA).exists() {
        let text = folder.first_schema(name, &url, init.python);
        keep_former(&folder.path(SCHEMA), &text)?;
        folder.put(SCHEMA, &text, folder.has(SCHEMA))?;
        warn_of_password(&url, given);
    } else {
        kept(&folder.display(SCHEMA));
        if place.db.is_some() {
            output::warning(
                "the database that `--db` names was not written, because wallow.toml is kept; write it as `url` into \
                 `[database]` there, or overwrite the whole file with `--force` (and without `--python`)",
            );
        }
    }
    // A schema that is there may have mistakes. They are for `wallow check`; what does not depend on it is written.
    let schema = wallow_schema::load(&folder.path(SCHEMA)).ok();
    let url = schema
        .as_ref()
        .and_then(|schema| schema.database.url.as_deref());
    let url = DatabaseUrl::parse(url.unwrap_or("runs.db")).ok();
    let dialect = url.as_ref().map_or(Dialect::Sqlite, DatabaseUrl::dialect);
    if init.diesel {
        let text = texts::DIESEL.replace("DIALECT", dialect.as_str());
        folder.add("diesel.toml", &text)?;
    }
    if init.python {
        client::write(&folder, init.force)?;
    }
    let mut advice = Vec::new();
    if let Some(mut manifest) = manifest {
        if init.code {
            folder.write_code(&mut manifest, schema.as_ref(), &mut advice)?;
        } else {
            folder.advise(&manifest, &mut advice);
        }
        folder.add_dependencies(&mut manifest, dialect, init.code)?;
        folder.ignore(&ignored::generated(url.as_ref(), schema.as_ref()))?;
    }
    next_steps(init, schema.as_ref(), &advice);
    Ok(Status::Fine)
}

impl Folder<'_> {
    /// The manifest of the Cargo package, if the folder is one.
    fn manifest(&self) -> Result<Option<Manifest>, Failure> {
        let unreadable = |reason: String| {
            Failure::finding(format!(
                "`{}` cannot be read: {}; correct it, then say `wallow init` again",
                self.display("Cargo.toml"),
                reason.trim_end()
            ))
        };
        match fs::read_to_string(self.path("Cargo.toml")) {
            Ok(text) => Manifest::parse(&text).map_err(|error| unreadable(error.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::finding(format!(
                "`{}` cannot be read: {error}{}",
                self.display("Cargo.toml"),
                advice(&error)
            ))),
        }
    }

    /// The first schema, named after the package, or else after the folder.
    fn first_schema(&self, package: Option<&str>, url: &str, python: bool) -> String {
        let folder = name_of(self.0);
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        // The names come last, because they may contain the other words.
        texts::FIRST
            .replace("CURVE", if python { texts::CURVE } else { "" })
            .replace("NAME", &quoted(package.unwrap_or(&folder)))
            .replace("DATABASE", &quoted(url))
    }

    /// Writes the code that is missing. What a person has to add to files that are there goes into `advice`.
    fn write_code(
        &self,
        manifest: &mut Manifest,
        schema: Option<&Schema>,
        advice: &mut Vec<String>,
    ) -> Result<(), Failure> {
        if manifest.has_usual_build_script() {
            self.add("build.rs", texts::BUILD)?;
        }
        self.advise_build(manifest, advice);
        if self.has("src/bin/wallow") {
            kept(&self.display("src/bin/wallow"));
        } else {
            self.add("src/bin/wallow.rs", texts::COMMAND)?;
        }
        manifest.declare_bin("wallow", "src/bin/wallow.rs");
        let main = self.text("src/main.rs");
        let is_untouched = main.is_some_and(|text| text.replace("\r\n", "\n") == texts::HELLO);
        if is_untouched || !(self.has("src/main.rs") || self.has("src/lib.rs")) {
            let fits = schema.is_some_and(fits_first_program);
            let program = if fits { texts::MAIN } else { texts::COUNT };
            self.put("src/main.rs", program, is_untouched)?;
        } else {
            let programs = ["src/main.rs", "src/lib.rs"];
            let there = programs.into_iter().find(|name| self.has(name));
            kept(&self.display(there.unwrap_or_default()));
            self.advise_program(advice);
        }
        if self.has("src/main.rs") {
            manifest.run_by_default();
        }
        Ok(())
    }

    /// What a person has to add who does not want the code to be written.
    fn advise(&self, manifest: &Manifest, advice: &mut Vec<String>) {
        self.advise_program(advice);
        self.advise_build(manifest, advice);
        if !advice.is_empty() {
            advice.push("(`wallow init --code` writes what is missing of these)".to_owned());
        }
    }

    fn advise_program(&self, advice: &mut Vec<String>) {
        let programs = ["src/main.rs", "src/lib.rs"];
        let mut there = programs
            .into_iter()
            .filter_map(|name| Some((name, self.text(name)?)));
        if there
            .clone()
            .any(|(_, text)| text.contains("wallow_schema!"))
        {
            return;
        }
        let name = there.next().map_or("src/main.rs", |(name, _)| name);
        advice.push(format!(
            "in {}:  wallow::wallow_schema!(\"wallow.toml\");",
            self.display(name)
        ));
    }

    fn advise_build(&self, manifest: &Manifest, advice: &mut Vec<String>) {
        const CHECK: &str = "wallow_schema::build::check(\"wallow.toml\");";
        let text = self.text("build.rs");
        if !manifest.has_usual_build_script() {
            advice.push(format!(
                "in the build script that Cargo.toml names:  {CHECK}"
            ));
        } else if text
            .as_ref()
            .is_none_or(|text| !text.contains("wallow_schema::build"))
        {
            let check = if text.is_some() {
                CHECK.to_owned()
            } else {
                format!("fn main() {{ {CHECK} }}")
            };
            advice.push(format!("in {}:  {check}", self.display("build.rs")));
        }
    }

    /// Adds the crates that belong to this command to the manifest, and writes it if it has changed.
    fn add_dependencies(
        &self,
        manifest: &mut Manifest,
        dialect: Dialect,
        code: bool,
    ) -> Result<(), Failure> {
        let features: &[&str] = match dialect {
            Dialect::Sqlite => &[],
            Dialect::Postgres => &["postgres"],
        };
        let mut wanted = vec![(DEPENDENCIES, "wallow", features)];
        if code {
            wanted.push((DEPENDENCIES, "wallow-cli", features));
        }
        wanted.push((BUILD_DEPENDENCIES, "wallow-schema", &[]));
        let mut added = wanted;
        added.retain(|(kind, package, features)| manifest.depend(kind, package, VERSION, features));
        let text = manifest.to_string();
        let name = self.display("Cargo.toml");
        if self.text("Cargo.toml").as_ref() == Some(&text) {
            kept(&name);
            return Ok(());
        }
        self.write("Cargo.toml", &text, true)?;
        let added = added
            .iter()
            .map(|(_, package, _)| *package)
            .collect::<Vec<_>>();
        output::line(&match added[..] {
            [] => format!("wrote {name}"),
            _ => format!("added {} to {name}", added.join(", ")),
        });
        Ok(())
    }

    /// Adds these paths to `.gitignore`, unless git ignores them already.
    fn ignore(&self, paths: &[String]) -> Result<(), Failure> {
        let lines = ignored::missing(self.0, paths);
        if lines.is_empty() {
            return Ok(());
        }
        let is_there = self.has(".gitignore");
        let text = ignored::with_lines(&self.text(".gitignore").unwrap_or_default(), &lines);
        self.write(".gitignore", &text, is_there)?;
        let name = self.display(".gitignore");
        output::line(&format!("added {} to {name}", lines.join(", ")));
        Ok(())
    }
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

/// Whether the first program compiles with this schema.
fn fits_first_program(schema: &Schema) -> bool {
    let is_float = |name: &str| {
        schema
            .field(name)
            .is_some_and(|field| field.ty == FieldType::Float)
    };
    let mut key = schema.identifying.iter();
    let key_fits = key.all(|field| field.default.is_some() || field.name == "learning_rate");
    let annotates = schema
        .annotating
        .iter()
        .any(|field| field.name == "val_loss");
    let key = schema.key_columns();
    key_fits
        && key.contains(&"learning_rate")
        && annotates
        && ["learning_rate", "val_loss"].into_iter().all(is_float)
        && schema.has_lifecycle()
}

fn warn_of_password(written: &str, given: &str) {
    if written != given {
        output::warning(
            "the password was not written into wallow.toml, which everyone gets who gets the project; keep it in \
             libpq's password file (`~/.pgpass`), or the whole URL in `WALLOW_DATABASE_URL`",
        );
    }
}

fn next_steps(init: &Init, schema: Option<&Schema>, advice: &[String]) {
    let command = if init.code {
        "cargo run --bin wallow --"
    } else {
        "wallow"
    };
    output::line("\nnext:");
    if init.code {
        output::line("  cargo run");
    }
    output::line("  edit wallow.toml");
    if init.python && !init.code {
        // The queue creates its database, which needs no migrations until the schema changes.
        let has_seed = |schema: &&Schema| schema.key_columns().contains(&"seed");
        let lists = if schema.filter(has_seed).is_some_and(fits_first_program) {
            "learning_rate=1e-3,1e-2 seed=0..4"
        } else {
            "FIELD=VALUES…"
        };
        if !init.dir.join("train.py").exists() {
            let file = client::FILE;
            output::line(&format!("  write train.py; the head of {file} shows how"));
        }
        output::line(&format!("  {command} enqueue {lists}"));
        output::line(&format!("  {command} work -- python3 train.py"));
    } else {
        output::line(&format!("  {command} migrate generate \"initial\""));
        output::line(&format!("  {command} migrate apply"));
    }
    for line in advice {
        output::line(&format!("  {line}"));
    }
}
