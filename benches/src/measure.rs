//! Paired measurements: both sides in turn, in short batches, so that other work of the machine affects both in the
//! same way.

use crate::Result;
use crate::worker::{Sample, Worker};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Operations in a row on one side.
    pub batch: usize,
    /// Batches of each side. One more comes before them, and does not count.
    pub rounds: usize,
}

/// The samples of both sides, pair by pair.
#[derive(Debug)]
pub struct Pair {
    /// How it was measured.
    pub plan: Plan,
    /// wallow's.
    pub wallow: Vec<Sample>,
    /// The floor's.
    pub floor: Vec<Sample>,
}

/// Lets both sides do the operation of this name, as often as the plan says.
///
/// # Errors
/// If a side has failed.
pub fn measure(
    operation: &str,
    plan: Plan,
    wallow: &mut Worker,
    floor: &mut Worker,
) -> Result<Pair> {
    let mut pair = Pair {
        plan,
        wallow: Vec::with_capacity(plan.rounds),
        floor: Vec::with_capacity(plan.rounds),
    };
    for round in 0..=plan.rounds {
        let range = round * plan.batch..(round + 1) * plan.batch;
        let (of_wallow, of_floor);
        if round % 2 == 0 {
            of_wallow = wallow.run(operation, &range)?;
            of_floor = floor.run(operation, &range)?;
        } else {
            of_floor = floor.run(operation, &range)?;
            of_wallow = wallow.run(operation, &range)?;
        }
        if round > 0 {
            pair.wallow.push(of_wallow);
            pair.floor.push(of_floor);
        }
    }
    Ok(pair)
}
