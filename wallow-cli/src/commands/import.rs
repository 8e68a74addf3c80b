//! `wallow import`: runs out of files and other programs' databases, all or none.

use wallow_runtime::dynamic::Store;
use wallow_runtime::dynamic::import::OnConflict;

use crate::args::{Import, OnDuplicate, Place};
use crate::import::mapping::Names;
use crate::import::report::Report;
use crate::import::run::{Rules, import_all, stage};
use crate::import::{FileFormat, Source, mlflow};
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(crate) fn run(place: &Place, import: &Import) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let origin = origin(import)?;
    project.look_at_runs(place)?;
    let store = Store::open(&project.schema, &project.url(place)?)?;
    let names = Names {
        map: import.map.clone(),
        set: import.set.clone(),
        defaults: import.defaults,
        status: import.status.clone(),
    };
    let mut rules = Rules {
        present: match import.on_duplicate {
            OnDuplicate::Skip => OnConflict::Leave,
            OnDuplicate::Overwrite => OnConflict::Overwrite,
            OnDuplicate::Error => OnConflict::Refuse,
        },
        skip_refused: import.skip_refused,
        dry_run: import.dry_run,
        agreed: None,
    };
    let mut staged = stage(&store, &origin, &names)?;
    if rules.present == OnConflict::Overwrite && !rules.dry_run && !import.yes {
        let dry_run = true;
        let report = import_all(&store, &mut staged, Rules { dry_run, ..rules })?;
        if !may_overwrite(&report)? {
            output::line("nothing was changed");
            return Ok(Status::Finding);
        }
        rules.agreed = Some(report.overwritten);
    }
    let report = import_all(&store, &mut staged, rules)?;
    report.print();
    if report.refused > 0 && !rules.skip_refused {
        return Err(Failure::finding(if report.has_others() {
            "nothing was imported, because of what is refused; correct it, or import the others with \
             `--skip-refused`"
        } else {
            "nothing was imported: every record is refused; correct what the reasons name, or say how the records are to be \
             read: `--map THEIRS=OURS` for names, `--set FIELD=VALUE` for gaps, `--format` and `--separator` for the file"
        }));
    }
    if rules.dry_run {
        output::line("dry run: nothing was changed");
    }
    Ok(Status::Fine)
}

/// Whether runs may be written that are there already: asks where somebody can answer.
fn may_overwrite(report: &Report) -> Result<bool, Failure> {
    if report.overwritten == 0 {
        return Ok(true);
    }
    let count = usize::try_from(report.overwritten).unwrap_or(usize::MAX);
    let runs = output::counted(count, "run");
    if !output::can_ask() {
        return Err(Failure::finding(format!(
            "{runs} would be overwritten; say so with `--yes`, or look first with `--dry-run`"
        )));
    }
    let answer = output::ask(&format!("overwrite {runs}? [y/N]"));
    Ok(matches!(answer.as_str(), "y" | "Y" | "yes"))
}

/// What was named.
fn origin(import: &Import) -> Result<Source, Failure> {
    let from = &import.source;
    if let Some(path) = &from.from_python {
        return Ok(Source::Python(path.clone()));
    }
    if let Some(path) = &from.from_mlflow {
        mlflow::refuse_file_store(path)?;
        return Ok(Source::Mlflow(path.clone(), import.experiment.clone()));
    }
    if let Some(path) = &from.from_optuna {
        return Ok(Source::Optuna(path.clone(), import.study.clone()));
    }
    let path = from.from.clone().unwrap_or_default();
    mlflow::refuse_file_store(&path)?;
    let format = import.format.or_else(|| FileFormat::of_path(&path));
    let format = format.ok_or_else(|| {
        Failure::usage(format!(
            "the name `{}` does not tell a format; name one with `--format`",
            path.display()
        ))
    })?;
    Ok(Source::File(path, format, import.separator))
}
