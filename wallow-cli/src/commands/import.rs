//! `wallow import`: runs out of files and other programs' databases, all or none.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use wallow_runtime::RunStatus;
use wallow_runtime::dynamic::import::OnConflict;
use wallow_schema::redact;

use crate::args::{Place, assignment, normal};
use crate::import::attempts::Histories;
use crate::import::csv::separator;
use crate::import::mapping::Names;
use crate::import::recognise::{self, Program};
use crate::import::report::Report;
use crate::import::run::{Rules, import_all, stage};
use crate::import::sniff::{self, is_optuna_journal};
use crate::import::{FileFormat, Source, mlflow};
use crate::output::{self, Failure, Status};
use crate::project::{Named, Project};

/// `wallow import`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) source: ImportSource,

    /// The format of the file [default: by its ending]
    #[arg(long, requires = "from")]
    pub(crate) format: Option<FileFormat>,

    /// Import only the runs of this MLflow experiment
    #[arg(long, value_name = "NAME")]
    pub(crate) experiment: Option<String>,

    /// Import only the trials of this Optuna study
    #[arg(long, value_name = "NAME")]
    pub(crate) study: Option<String>,

    /// Import the value THEIRS into the field OURS; `THEIRS=` leaves it out
    #[arg(long, value_name = "THEIRS=OURS", value_parser = mapped)]
    pub(crate) map: Vec<(String, String)>,

    /// Set a field in runs that have no value for it
    #[arg(long, value_name = "FIELD=VALUE", value_parser = assignment)]
    pub(crate) set: Vec<(String, String)>,

    /// Use the defaults of identifying fields in runs that have no value for them; else such runs are refused
    #[arg(long)]
    pub(crate) defaults: bool,

    /// Map a status of the source to pending, running, completed or failed
    #[arg(long, value_name = "THEIRS=OURS", value_parser = status)]
    pub(crate) status: Vec<(String, RunStatus)>,

    /// The separator of CSV, such as `;` or `tab` [default: detected from the header]
    #[arg(long, value_name = "CHARACTER", value_parser = separator, requires = "from")]
    pub(crate) separator: Option<u8>,

    /// What to do with a run that exists already; `overwrite` keeps a value if the source has none
    #[arg(long, value_name = "POLICY", default_value = "skip", value_parser = policies())]
    pub(crate) on_duplicate: OnConflict,

    /// Import the other runs if some are refused
    #[arg(long)]
    pub(crate) skip_refused: bool,

    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Overwrite without asking
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Where runs come from: one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ImportSource {
    /// A file: .csv, .tsv, .jsonl, .json (also .gz or .zst of these), .parquet, .arrow; or a SQLite database, whose
    /// program is recognised
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,

    /// A SQLite database of the Python package wallow, or of this one
    #[arg(long, value_name = "DB")]
    pub(crate) from_python: Option<PathBuf>,

    /// A SQLite database of MLflow
    #[arg(long, value_name = "DB")]
    pub(crate) from_mlflow: Option<PathBuf>,

    /// A SQLite database of Optuna
    #[arg(long, value_name = "DB")]
    pub(crate) from_optuna: Option<PathBuf>,
}

pub(crate) fn run(place: &Place, import: &Import) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let (source, recognised) = source(import)?;
    refuse_meaningless(import, &source)?;
    project.look_at_runs(place)?;
    let store = project.open_store(place)?;
    let database = project.database(place)?;
    let names = Names {
        map: import.map.clone(),
        set: import.set.clone(),
        defaults: import.defaults,
        status: import.status.clone(),
        grid: None,
    };
    let mut rules = Rules {
        on_conflict: import.on_duplicate,
        skip_refused: import.skip_refused,
        dry_run: import.dry_run,
        agreed: None,
    };
    let mut staged = stage(&store, &source, &names)?;
    let histories = Histories::of(&source, store.schema())?;
    if let Some(what) = recognised {
        staged.recognised(what);
    }
    if rules.on_conflict == OnConflict::Overwrite && !rules.dry_run && !import.yes {
        let dry_run = true;
        let report = import_all(&store, &mut staged, &histories, Rules { dry_run, ..rules })?;
        if !may_overwrite(&report, &database)? {
            output::line("nothing was changed");
            return Ok(Status::Finding);
        }
        rules.agreed = Some(report.overwritten);
    }
    let report = import_all(&store, &mut staged, &histories, rules)?;
    report.print();
    if report.refused > 0 && !(rules.skip_refused && report.has_others()) {
        return Err(Failure::finding(nothing_imported(&report)));
    }
    output::line(&if rules.dry_run {
        format!("dry run: nothing was changed in {database}")
    } else {
        format!("into {database}")
    });
    Ok(Status::Fine)
}

/// Why nothing was imported, and what leads out.
fn nothing_imported(report: &Report) -> &'static str {
    if report.has_others() {
        "nothing was imported, because of what is refused; correct it, or import the others with `--skip-refused`"
    } else if report.refuses_duplicates_alone() {
        "nothing was imported: every run is registered already, which `--on-duplicate error` refuses; leave them as they \
         are with `--on-duplicate skip`, or write to them with `--on-duplicate overwrite`"
    } else {
        "nothing was imported: every record is refused; correct what the reasons name, or say how the records are to be \
         read: `--map THEIRS=OURS` for names, `--set FIELD=VALUE` for gaps, `--format` and `--separator` for the file"
    }
}

/// Whether existing runs may be overwritten; asks if there is a person to answer.
fn may_overwrite(report: &Report, named: &Named) -> Result<bool, Failure> {
    if report.overwritten == 0 {
        return Ok(true);
    }
    let count = usize::try_from(report.overwritten).unwrap_or(usize::MAX);
    let runs = output::counted(count, "run");
    if !output::can_ask() {
        return Err(Failure::finding(format!(
            "{runs} would be overwritten in {named}; say so with `--yes`, or look first with `--dry-run`"
        )));
    }
    let answer = output::ask(&format!("overwrite {runs} in {named}? [y/N]"));
    Ok(matches!(answer.as_str(), "y" | "Y" | "yes"))
}

/// Refuses options that say nothing about what is imported.
fn refuse_meaningless(import: &Import, source: &Source) -> Result<(), Failure> {
    let options = [
        (
            "--experiment",
            import.experiment.is_some() && !matches!(source, Source::Mlflow(..)),
            "a database of MLflow (`--from-mlflow`)",
        ),
        (
            "--study",
            import.study.is_some() && !matches!(source, Source::Optuna(..)),
            "a database of Optuna (`--from-optuna`)",
        ),
        (
            "--format",
            import.format.is_some() && !matches!(source, Source::File(..)),
            "a file (`--from`)",
        ),
        (
            "--separator",
            import.separator.is_some() && !matches!(source, Source::File(_, FileFormat::Csv, _)),
            "CSV",
        ),
    ];
    match options
        .iter()
        .find(|(_, is_meaningless, _)| *is_meaningless)
    {
        Some((option, _, what)) => Err(Failure::usage(format!(
            "`{option}` is for {what} alone; leave it out"
        ))),
        None => Ok(()),
    }
}

/// The source that was named, and what was recognised if nobody said what it is.
fn source(import: &Import) -> Result<(Source, Option<String>), Failure> {
    let from = &import.source;
    let named = [
        (&from.from_python, Program::Python),
        (&from.from_mlflow, Program::Mlflow),
        (&from.from_optuna, Program::Optuna),
    ];
    for (path, program) in named {
        if let Some(path) = path {
            refuse_server(path)?;
            return Ok((of_program(import, path, program)?, None));
        }
    }
    let path = from.from.clone().unwrap_or_default();
    refuse_server(&path)?;
    if path.to_string_lossy().contains("://") && !path.exists() {
        return Err(Failure::finding(format!(
            "`{}` is a URL, and only files are read: download it first",
            output::display_path(&path)
        )));
    }
    mlflow::refuse_file_store(&path)?;
    if import.format.is_none() && recognise::is_database(&path) {
        let program = recognise::program(&path)?;
        let displayed = redact::database(&path.to_string_lossy());
        let what = format!("`{displayed}` is a database of {}", program.name());
        return Ok((of_program(import, &path, program)?, Some(what)));
    }
    let format = import.format.or_else(|| FileFormat::of_path(&path));
    let format = format.ok_or_else(|| unknown_format(&path))?;
    Ok((Source::File(path, format, import.separator), None))
}

/// A database of a program.
fn of_program(import: &Import, path: &Path, program: Program) -> Result<Source, Failure> {
    let path = path.to_owned();
    Ok(match program {
        Program::Wallow | Program::Python => Source::Python(path),
        Program::Mlflow => {
            mlflow::refuse_file_store(&path)?;
            Source::Mlflow(path, import.experiment.clone())
        }
        Program::Optuna => Source::Optuna(path, import.study.clone()),
    })
}

/// An error if the database of another program is named that a server has.
fn refuse_server(path: &Path) -> Result<(), Failure> {
    let name = path.to_string_lossy();
    let is_server = match name.split_once("://") {
        Some((scheme, _)) => {
            let scheme = scheme.to_ascii_lowercase();
            let servers = ["postgres", "mysql", "maria", "mssql"];
            servers.iter().any(|server| scheme.starts_with(server))
        }
        // `me:s3cret@db/runs`
        None => redact::has_password(&name) && !name.starts_with("file:") && !path.exists(),
    };
    if !is_server {
        return Ok(());
    }
    Err(Failure::usage(
        "only SQLite files are read from other programs, not the database of a server; copy one of wallow with \
         `wallow copy --from URL --to URL`, and one of another program into a file first \
         (`mlflow` and Optuna: with a tool such as `db-to-sqlite URL FILE --all`), or write its runs as CSV or JSON and read \
         them with `wallow import --from FILE`",
    ))
}

/// The error for a file whose name has no ending that names a format. What it is may be known nevertheless.
fn unknown_format(path: &Path) -> Failure {
    let displayed = output::display_path(path);
    let text = path.to_string_lossy();
    let what = if text == "-" {
        "no file; stdin is `--from /dev/stdin --format csv` (or another format)"
    } else if path.is_dir() {
        "a folder; name a file in it"
    } else if !path.exists() {
        return Failure::finding(format!(
            "`{displayed}` cannot be read: there is no such file"
        ));
    } else if is_optuna_journal(path) {
        "a journal of Optuna; copy the study into a database first, with `optuna.copy_study(…, \
         to_storage=\"sqlite:///study.db\")`, and import that"
    } else if let Some(what) = sniff::of_file(path) {
        what
    } else if path
        .extension()
        .is_some_and(|end| end == "yaml" || end == "yml")
    {
        "YAML, which is not read; write it as JSON or CSV"
    } else {
        return output::no_format(path);
    };
    Failure::finding(format!("`{displayed}` is {what}"))
}

/// The words of `--on-duplicate`.
fn policies() -> impl TypedValueParser<Value = OnConflict> {
    PossibleValuesParser::new(["skip", "overwrite", "error"]).map(|word| match &*word {
        "overwrite" => OnConflict::Overwrite,
        "error" => OnConflict::Refuse,
        _ => OnConflict::Leave,
    })
}

fn mapped(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((theirs, ours)) if !theirs.is_empty() => Ok((theirs.into(), normal(ours))),
        _ => Err("write `THEIRS=OURS`, such as `lr=learning_rate`".into()),
    }
}

fn status(text: &str) -> Result<(String, RunStatus), String> {
    let (theirs, ours) = text.rsplit_once('=').unwrap_or_default();
    match RunStatus::of(&ours.trim().to_lowercase()) {
        Some(status) if !theirs.trim().is_empty() => Ok((theirs.into(), status)),
        _ => Err("write `THEIRS=OURS`, such as `FINISHED=completed`; ours is pending, running, completed or failed".into()),
    }
}
