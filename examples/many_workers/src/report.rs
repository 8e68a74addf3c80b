//! The progress of the sweep, and its results.

use std::fmt::Write as _;

use wallow::count;

use crate::grid;
use crate::registry::{Store, fields};

/// Both as one text.
///
/// # Errors
/// If the registry cannot be read.
pub(crate) fn report(store: &Store) -> Result<String, wallow::Error> {
    let plan = store.plan(grid::keys())?;
    let completed = store.filter(fields::status.eq("completed"));
    let groups = completed
        .group_by((fields::lattice, fields::temperature))
        .aggregate((
            count(),
            fields::magnetisation.mean(),
            fields::magnetisation.std_dev(),
        ))?;
    // Writing to a String cannot fail.
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} new, {} pending, {} running, {} completed, {} failed",
        plan.new.len(),
        plan.pending.len(),
        plan.running.len(),
        plan.completed.len(),
        plan.failed.len(),
    );
    if !groups.is_empty() {
        let _ = writeln!(text, "lattice  temperature  runs  magnetisation");
    }
    for ((lattice, temperature), (runs, mean, spread)) in groups {
        let _ = writeln!(
            text,
            "{lattice:>7}  {temperature:>11}  {runs:>4}  {:.3} ± {:.3}",
            mean.unwrap_or(f64::NAN),
            spread.unwrap_or(0.0),
        );
    }
    Ok(text)
}
