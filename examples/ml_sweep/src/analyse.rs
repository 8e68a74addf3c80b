//! A researcher's questions to the registry, answered with diesel on the table that wallow emits.

use std::fmt::Write;

use wallow::diesel::dsl::{avg, count_star, max, sum};
use wallow::diesel::prelude::*;
use wallow::diesel::sqlite::SqliteConnection;

use crate::checkpoint;
use crate::data::Wines;
use crate::grid;
use crate::registry::{Run, Store, runs};
use crate::sweep::describe;

/// How many settings and failures are listed.
const LISTED: i64 = 10;

/// The answers of the registry, read at one time.
#[derive(Debug)]
struct Findings {
    /// Runs of each status, by its name.
    statuses: Vec<(Option<String>, i64)>,
    /// Time spent on runs that ended, in seconds.
    seconds: Option<f64>,
    /// The best completed run of each architecture, the best of all first.
    best: Vec<Run>,
    /// Settings without regard to batch size, decay, epochs and seed, the best mean first.
    settings: Vec<Setting>,
    /// The latest failures first.
    failures: Vec<Run>,
}

/// An architecture, optimiser and learning rate, with the mean and largest validation accuracy and the number of runs.
type Setting = (String, String, f64, Option<f64>, Option<f64>, i64);

/// Asks everything and puts the answers into one text.
///
/// # Errors
/// If the registry cannot be read.
pub(crate) fn report(store: &Store) -> Result<String, wallow::Error> {
    let findings = store.with_sqlite(|conn| conn.transaction(ask))?;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_report(&mut text, store, &findings);
    Ok(text)
}

fn ask(conn: &mut SqliteConnection) -> QueryResult<Findings> {
    Ok(Findings {
        statuses: runs::table
            .group_by(runs::status)
            .select((runs::status, count_star()))
            .order_by(runs::status)
            .load(conn)?,
        seconds: runs::table
            .select(sum(runs::wallclock_seconds))
            .first(conn)?,
        best: best_of_each_architecture(conn)?,
        settings: runs::table
            .filter(runs::status.eq("completed"))
            .group_by((runs::architecture, runs::optimiser, runs::learning_rate))
            .select((
                runs::architecture,
                runs::optimiser,
                runs::learning_rate,
                avg(runs::val_accuracy),
                max(runs::val_accuracy),
                count_star(),
            ))
            .order_by(avg(runs::val_accuracy).desc())
            .limit(LISTED)
            .load(conn)?,
        failures: runs::table
            .filter(runs::status.eq("failed"))
            .order_by(runs::updated_at.desc())
            .select(Run::as_select())
            .limit(LISTED)
            .load(conn)?,
    })
}

fn best_of_each_architecture(conn: &mut SqliteConnection) -> QueryResult<Vec<Run>> {
    let architectures: Vec<String> = runs::table
        .filter(runs::status.eq("completed"))
        .select(runs::architecture)
        .distinct()
        .load(conn)?;
    let mut best: Vec<Run> = Vec::new();
    for architecture in architectures {
        best.extend(
            runs::table
                .filter(runs::status.eq("completed"))
                .filter(runs::architecture.eq(architecture))
                .order_by((runs::val_accuracy.desc(), runs::val_loss.asc(), runs::id))
                .select(Run::as_select())
                .first(conn)
                .optional()?,
        );
    }
    best.sort_by(|a, b| {
        let key = |run: &Run| {
            (
                run.val_accuracy.unwrap_or(0.0),
                -run.val_loss.unwrap_or(0.0),
            )
        };
        let ((a, a_loss), (b, b_loss)) = (key(a), key(b));
        b.total_cmp(&a).then(b_loss.total_cmp(&a_loss))
    });
    Ok(best)
}

fn write_report(text: &mut String, store: &Store, findings: &Findings) -> std::fmt::Result {
    let of_status = |name: &str| {
        findings
            .statuses
            .iter()
            .find(|(status, _)| status.as_deref() == Some(name))
            .map_or(0, |(_, count)| *count)
    };
    if findings.statuses.is_empty() {
        return writeln!(text, "no runs yet");
    }

    writeln!(text, "progress")?;
    writeln!(
        text,
        "  {} of {} combinations completed, {} failed, {} running, {} pending",
        of_status("completed"),
        grid::combinations().len(),
        of_status("failed"),
        of_status("running"),
        of_status("pending"),
    )?;
    writeln!(
        text,
        "  {:.1} s spent on training",
        findings.seconds.unwrap_or(0.0)
    )?;

    writeln!(text, "\nbest run (validation accuracy, then loss)")?;
    match findings.best.first() {
        Some(run) => write_best(text, store, run)?,
        None => writeln!(text, "  none completed yet")?,
    }

    writeln!(text, "\nbest per architecture")?;
    for run in &findings.best {
        writeln!(
            text,
            "  accuracy {:.3}, loss {:.3}  {}  {}",
            run.val_accuracy.unwrap_or(f64::NAN),
            run.val_loss.unwrap_or(f64::NAN),
            run.uuid,
            describe(&run.identifying()),
        )?;
    }

    writeln!(text, "\nbest settings (mean validation accuracy)")?;
    for (architecture, optimiser, learning_rate, mean, best, count) in &findings.settings {
        writeln!(
            text,
            "  {:.3} (best {:.3}, {count} runs)  {architecture} {optimiser} lr={learning_rate}",
            mean.unwrap_or(f64::NAN),
            best.unwrap_or(f64::NAN),
        )?;
    }

    writeln!(text, "\nfailures")?;
    for run in &findings.failures {
        writeln!(
            text,
            "  {}  {}: {}",
            run.uuid,
            describe(&run.identifying()),
            run.error_excerpt.as_deref().unwrap_or("no reason recorded"),
        )?;
    }
    if findings.failures.is_empty() {
        writeln!(text, "  none")?;
    }
    Ok(())
}

/// Writes the best run, the place of its files, and its score on the wines that no run has seen.
fn write_best(text: &mut String, store: &Store, run: &Run) -> std::fmt::Result {
    writeln!(text, "  {}  {}", run.uuid, describe(&run.identifying()))?;
    writeln!(
        text,
        "  validation: accuracy {:.3}, loss {:.3}",
        run.val_accuracy.unwrap_or(f64::NAN),
        run.val_loss.unwrap_or(f64::NAN),
    )?;
    if let Some(path) = &run.best_checkpoint {
        match checkpoint::load(path) {
            Ok(network) => {
                let held_out = network.score(&Wines::load().test);
                writeln!(
                    text,
                    "  test:       accuracy {:.3}, loss {:.3}",
                    held_out.accuracy, held_out.loss
                )?;
            }
            Err(error) => writeln!(text, "  test:       the checkpoint cannot be read: {error}")?,
        }
        writeln!(text, "  checkpoint: {}", path.display())?;
    }
    match store.artefacts_dir(run) {
        Ok(folder) => writeln!(text, "  artefacts:  {}", folder.display()),
        Err(error) => writeln!(text, "  artefacts:  {error}"),
    }
}
