//! The runs of the search, and the task of each key.

use crate::registry::Identifying;
use crate::search::Task;

const CELLS: [i64; 3] = [2, 4, 8];
const SIGMAS: [f64; 3] = [0.05, 0.1, 0.2];
const GENERATIONS: [i64; 2] = [0, 1];
const CANDIDATES: [i64; 4] = [0, 1, 2, 3];
const SEEDS: [i64; 2] = [0, 1];

/// Every run, in the order in which they are done. `warmup_steps` is the same for all of them.
pub(crate) fn keys(warmup_steps: i64) -> Vec<Identifying> {
    let mut keys = Vec::new();
    for cell_k in CELLS {
        for cell_sigma in SIGMAS {
            for generation in GENERATIONS {
                for candidate_id in CANDIDATES {
                    keys.extend(SEEDS.map(|seed| {
                        Identifying::builder()
                            .cell_k(cell_k)
                            .cell_sigma(cell_sigma)
                            .generation(generation)
                            .candidate_id(candidate_id)
                            .seed(seed)
                            .warmup_steps(warmup_steps)
                            .build()
                    }));
                }
            }
        }
    }
    keys
}

/// The task of a key. The registry accepts any number; this function decides which values are possible.
///
/// # Errors
/// A sentence on the first field that makes no sense.
pub(crate) fn task(key: &Identifying) -> Result<Task, String> {
    let nonsense = |field: &str, value: i64| format!("{field} is {value}, which cannot be");
    Ok(Task {
        cells: usize::try_from(key.cell_k())
            .ok()
            .filter(|&cells| cells > 0)
            .ok_or_else(|| nonsense("cell_k", key.cell_k()))?,
        sigma: Some(key.cell_sigma())
            .filter(|sigma| sigma.is_finite() && *sigma >= 0.0)
            .ok_or_else(|| format!("cell_sigma is {}, which cannot be", key.cell_sigma()))?,
        warmup: usize::try_from(key.warmup_steps())
            .map_err(|_| nonsense("warmup_steps", key.warmup_steps()))?,
        generation: u32::try_from(key.generation())
            .map_err(|_| nonsense("generation", key.generation()))?,
        candidate: key.candidate_id().cast_unsigned(),
        seed: key.seed().cast_unsigned(),
    })
}

/// A key in one short line.
pub(crate) fn describe(key: &Identifying) -> String {
    format!(
        "k={} sigma={} generation={} candidate={} seed={} warmup={}",
        key.cell_k(),
        key.cell_sigma(),
        key.generation(),
        key.candidate_id(),
        key.seed(),
        key.warmup_steps(),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_keys_differ_and_can_all_be_searched_for() {
        let both: Vec<Identifying> = [keys(0), keys(500)].concat();
        assert_eq!(both.iter().collect::<BTreeSet<_>>().len(), 2 * 144);
        for key in &both {
            task(key).unwrap();
        }
    }

    #[test]
    fn without_a_word_on_it_there_is_no_warm_up() {
        let key = Identifying::builder().cell_k(2).cell_sigma(0.05);
        let key = key.generation(0).candidate_id(0).build();
        assert_eq!(key, keys(0)[0]);
    }

    #[test]
    fn nonsense_is_named() {
        let key = |cell_k, cell_sigma, warmup| {
            let key = Identifying::builder().cell_k(cell_k).cell_sigma(cell_sigma);
            key.generation(0)
                .candidate_id(0)
                .warmup_steps(warmup)
                .build()
        };
        for (key, problem) in [
            (key(0, 0.1, 0), "cell_k is 0, which cannot be"),
            (key(2, -0.1, 0), "cell_sigma is -0.1, which cannot be"),
            (key(2, 0.1, -1), "warmup_steps is -1, which cannot be"),
        ] {
            assert_eq!(task(&key).unwrap_err(), problem);
        }
    }
}
