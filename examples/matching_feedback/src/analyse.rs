//! A researcher's questions to the registry, as typed queries: a misspelt field, or a text for a number, does not
//! compile.

use std::fmt::{self, Write};

use wallow::Expr;

use crate::grid;
use crate::registry::{Run, Store, fields};

/// How many runs or settings a list shows.
const LISTED: usize = 10;

/// The number of cells whose best runs are listed.
const CELLS: i64 = 4;

/// A setting over its seeds: noise, generation, candidate and warm-up; number of runs, mean and standard deviation.
type OverSeeds = ((f64, i64, i64, i64), (i64, Option<f64>, Option<f64>));

/// The answers of the registry.
#[derive(Debug)]
struct Findings {
    runs: u64,
    completed: u64,
    /// The best runs with four cells.
    best: Vec<Run>,
    /// How many runs have a loss above the bound, and the worst of them.
    bad: (u64, Vec<Run>),
    /// How many runs settled, and the quickest of them.
    settled: (u64, Vec<Run>),
    /// The first run of the grid, looked for by its key.
    first: Option<Run>,
    /// Every setting of four cells over its seeds, the best mean accuracy first.
    over_seeds: Vec<OverSeeds>,
}

/// Asks everything and puts the answers into one text.
///
/// # Errors
/// If the registry cannot be read, or the bound is not a number.
pub(crate) fn report(store: &Store, loss_above: f64) -> Result<String, wallow::Error> {
    let findings = ask(store, loss_above)?;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_report(&mut text, &findings, loss_above);
    Ok(text)
}

fn ask(store: &Store, loss_above: f64) -> Result<Findings, wallow::Error> {
    let completed = || fields::status.eq("completed");

    let best = store
        .filter(completed() & fields::cell_k.eq(CELLS))
        .order_by(fields::val_accuracy.desc())
        .order_by(fields::val_loss.asc())
        .limit(LISTED)
        .all()?;

    let bad = store
        .filter(fields::val_loss.gt(loss_above))
        .order_by(fields::val_loss.desc())
        .limit(LISTED);

    // Only searches that came close enough to their reference have it.
    let settled: Expr<Run> = fields::structural_traj
        .json_path("settled.proposal")
        .is_not_null();
    let settled = store
        .filter(settled)
        .order_by(fields::val_loss.asc())
        .limit(LISTED);

    let first = match grid::keys(0).first() {
        Some(key) => store.find(key)?,
        None => None,
    };

    let mut over_seeds = store
        .filter(completed() & fields::cell_k.eq(CELLS))
        .group_by((
            fields::cell_sigma,
            fields::generation,
            fields::candidate_id,
            fields::warmup_steps,
        ))
        .aggregate((
            wallow::count(),
            fields::val_accuracy.mean(),
            fields::val_accuracy.std_dev(),
        ))?;
    over_seeds.sort_by(|(_, (_, a, _)), (_, (_, b, _))| number(*b).total_cmp(&number(*a)));

    Ok(Findings {
        runs: store.count()?,
        completed: store.filter(completed()).count()?,
        best,
        bad: (bad.count()?, bad.all()?),
        settled: (settled.count()?, settled.all()?),
        first,
        over_seeds,
    })
}

fn write_report(text: &mut String, findings: &Findings, loss_above: f64) -> fmt::Result {
    if findings.runs == 0 {
        return writeln!(text, "no runs yet");
    }
    writeln!(
        text,
        "{} of {} runs completed",
        findings.completed, findings.runs
    )?;

    writeln!(text, "\ntop {LISTED} of cell_k = {CELLS} by accuracy")?;
    write_runs(text, &findings.best)?;

    let (count, worst) = &findings.bad;
    writeln!(
        text,
        "\nloss above {loss_above}: {count} runs, the worst first"
    )?;
    write_runs(text, worst)?;

    let (count, settled) = &findings.settled;
    writeln!(text, "\nsettled: {count} runs, the smallest loss first")?;
    write_runs(text, settled)?;

    writeln!(text, "\none run by its key")?;
    write_runs(text, findings.first.as_slice())?;
    if let Some(folder) = findings
        .first
        .as_ref()
        .and_then(|run| run.artefacts_dir.as_ref())
    {
        writeln!(text, "  artefacts: {}", folder.display())?;
    }

    writeln!(
        text,
        "\nsettings of cell_k = {CELLS} over their seeds (accuracy: mean, standard deviation)"
    )?;
    for ((sigma, generation, candidate, warmup), (count, mean, deviation)) in
        findings.over_seeds.iter().take(LISTED)
    {
        writeln!(
            text,
            "  {:.3} ± {:.3} of {count}  sigma={sigma} generation={generation} candidate={candidate} warmup={warmup}",
            number(*mean),
            number(*deviation),
        )?;
    }
    Ok(())
}

fn write_runs(text: &mut String, runs: &[Run]) -> fmt::Result {
    for run in runs {
        writeln!(
            text,
            "  {}  accuracy {:.3}, loss {:.4}  {}",
            run.uuid,
            number(run.val_accuracy),
            number(run.val_loss),
            grid::describe(&run.identifying()),
        )?;
    }
    if runs.is_empty() {
        writeln!(text, "  none")?;
    }
    Ok(())
}

/// A number that may not have been recorded.
fn number(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}
