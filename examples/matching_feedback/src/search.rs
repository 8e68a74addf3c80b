//! The search for a rule: change it a little at random, and keep changes that follow the reference better.
//!
//! What enters: a [`Task`]. What leaves: [`Found`]. Invariant: the answer depends only on the task, so that a key has
//! the same result whenever and wherever it is searched for.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::cells::{Match, Rule, Trial};

/// Rules that a search tries.
const PROPOSALS: u32 = 600;

/// A search has settled when its loss is at most this many times that of the reference's own rule, which is not 0 only
/// because of the noise.
const SETTLED: f64 = 1.1;

/// What is searched for, and with which random numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Task {
    /// Number of cells, at least 1.
    pub(crate) cells: usize,
    /// Standard deviation of the noise, not negative.
    pub(crate) sigma: f64,
    /// Steps before the comparison begins.
    pub(crate) warmup: usize,
    /// How often the search continues from its result.
    pub(crate) generation: u32,
    /// Decides the random changes.
    pub(crate) candidate: u64,
    /// Decides the noise.
    pub(crate) seed: u64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// The best rule.
    pub(crate) rule: Rule,
    /// How well it follows the reference with noise that the search has not used.
    pub(crate) validation: Match,
    /// Each improvement: after how many proposals, and the loss that the search saw.
    pub(crate) curve: Vec<(u32, f64)>,
    /// The first improvement that was nearly as good as the noise allows.
    pub(crate) settled: Option<(u32, f64)>,
}

impl Found {
    /// The history of the rule, in the form in which it is recorded.
    pub(crate) fn trajectory(&self) -> Value {
        let point = |&(proposal, loss): &(u32, f64)| json!({"proposal": proposal, "loss": loss});
        let curve: Vec<Value> = self.curve.iter().map(point).collect();
        match &self.settled {
            Some(settled) => json!({"curve": curve, "settled": point(settled)}),
            None => json!({"curve": curve}),
        }
    }
}

/// Searches. A later generation first repeats the earlier ones, and continues with smaller changes.
pub(crate) fn search(task: &Task) -> Found {
    let trial = |part: u8| {
        Trial::new(
            task.cells,
            task.sigma,
            task.warmup,
            &mut noise_of(task, part),
        )
    };
    let (training, validation) = (trial(0), trial(1));
    let mut rng = changes_of(task);
    let mut rule = Rule::random(task.cells, &mut rng);
    let mut loss = training.follow(&rule).loss;
    let enough = SETTLED * training.follow(&Rule::reference(task.cells)).loss;
    let mut curve = Vec::new();
    for generation in 0..=task.generation {
        let mut size = 0.3 / f64::from(generation + 1);
        curve = vec![(0, loss)];
        for proposal in 1..=PROPOSALS {
            let changed = rule.changed(size, &mut rng);
            let proposed = training.follow(&changed).loss;
            // Steps become larger after a success and smaller after a failure, so that about one in five succeeds.
            if proposed < loss {
                (rule, loss) = (changed, proposed);
                curve.push((proposal, loss));
                size *= 1.5;
            } else {
                size *= 0.9;
            }
            size = size.clamp(1e-4, 1.0);
        }
    }
    Found {
        validation: validation.follow(&rule),
        settled: curve.iter().copied().find(|&(_, loss)| loss <= enough),
        rule,
        curve,
    }
}

/// The noise of one part of the task: the same for all candidates and generations of a seed.
fn noise_of(task: &Task, part: u8) -> Rng {
    seeded(&[task.seed, u64::from(part)])
}

/// The random changes, different for each candidate.
fn changes_of(task: &Task) -> Rng {
    seeded(&[task.seed, 2, task.candidate])
}

/// A source of random numbers for a list of numbers: FNV-1a over their bytes, the same with every compiler.
fn seeded(numbers: &[u64]) -> Rng {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Rng::with_seed(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(generation: u32) -> Task {
        Task {
            cells: 2,
            sigma: 0.05,
            warmup: 0,
            generation,
            candidate: 0,
            seed: 0,
        }
    }

    #[test]
    fn a_task_has_one_answer() {
        assert_eq!(search(&task(1)), search(&task(1)));
        for other in [
            Task {
                sigma: 0.1,
                ..task(1)
            },
            Task {
                warmup: 10,
                ..task(1)
            },
            Task {
                candidate: 1,
                ..task(1)
            },
            Task { seed: 1, ..task(1) },
        ] {
            assert_ne!(search(&task(1)).rule, search(&other).rule, "{other:?}");
        }
    }

    #[test]
    fn a_search_only_gets_better_and_a_generation_goes_on_from_the_last() {
        let (first, second) = (search(&task(0)), search(&task(1)));
        for found in [&first, &second] {
            assert!(found.curve.is_sorted_by(|a, b| a.0 < b.0 && a.1 > b.1));
        }
        let (_, last) = *first.curve.last().unwrap();
        assert_eq!(second.curve[0], (0, last));
    }

    #[test]
    fn the_trajectory_says_where_the_search_settled_if_it_did() {
        let mut found = search(&task(0));
        found.curve = vec![(0, 0.5), (7, 0.25)];
        found.settled = Some((7, 0.25));
        let curve = json!([{"proposal": 0, "loss": 0.5}, {"proposal": 7, "loss": 0.25}]);
        let settled = json!({"proposal": 7, "loss": 0.25});
        assert_eq!(
            found.trajectory(),
            json!({"curve": curve, "settled": settled})
        );
        found.settled = None;
        assert_eq!(found.trajectory(), json!({"curve": curve}));
    }
}
