//! Cells that feed back on each other, and the reference that they should follow.
//!
//! In every step each cell takes the weighted sum of all cells, squashed into (-1, 1), plus noise; the first cell is
//! also pushed up and down from outside. Invariant: only `+ - * /` are used, so that a run gives the same bits on every
//! machine.

use fastrand::Rng;

/// Steps over which cells and reference are compared.
const STEPS: usize = 48;

/// A cell that is closer than this follows the reference.
const CLOSE: f64 = 0.15;

/// The push from outside goes this many steps in one direction, then as many in the other.
const PUSH: usize = 9;

/// A feedback rule: `rows[i][j]` is how cell j acts on cell i.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    /// One row for each cell, each as long as there are cells.
    pub(crate) rows: Vec<Vec<f64>>,
}

impl Rule {
    /// The rule of the reference: pairs of cells rotate, and every cell is coupled to the one before.
    pub(crate) fn reference(cells: usize) -> Self {
        let mut rows = vec![vec![0.0; cells]; cells];
        for (i, row) in rows.iter_mut().enumerate() {
            row[(i + cells - 1) % cells] += 0.3;
            row[i] += 0.7;
            let partner = i ^ 1;
            if partner < cells {
                row[partner] += if i < partner { -0.6 } else { 0.6 };
            }
        }
        Rule { rows }
    }

    /// A random rule, unrelated to the reference.
    pub(crate) fn random(cells: usize, rng: &mut Rng) -> Self {
        Rule {
            rows: vec![vec![0.0; cells]; cells],
        }
        .changed(0.5, rng)
    }

    /// This rule with every weight changed by a normal step of that size.
    pub(crate) fn changed(&self, size: f64, rng: &mut Rng) -> Self {
        let row = |row: &Vec<f64>| {
            row.iter()
                .map(|weight| weight + size * normal(rng))
                .collect()
        };
        Rule {
            rows: self.rows.iter().map(row).collect(),
        }
    }

    /// The state after step `number`, without noise.
    fn step(&self, number: usize, state: &[f64]) -> Vec<f64> {
        let forth = (number / PUSH).is_multiple_of(2);
        let push = if forth { 1.0 } else { -1.0 };
        let cell = |(i, row): (usize, &Vec<f64>)| {
            let heard: f64 = row.iter().zip(state).map(|(weight, x)| weight * x).sum();
            let sum = if i == 0 { heard + push } else { heard };
            sum / (1.0 + sum.abs())
        };
        self.rows.iter().enumerate().map(cell).collect()
    }
}

/// The conditions of one experiment: the reference and the noise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trial {
    warmup: usize,
    /// The state of the reference at each step.
    reference: Vec<Vec<f64>>,
    /// The noise of each cell in each step.
    noise: Vec<Vec<f64>>,
}

/// How well a rule follows the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Match {
    /// Mean squared distance over all steps and cells.
    pub(crate) loss: f64,
    /// Share of all steps and cells that are close, 0 to 1.
    pub(crate) accuracy: f64,
}

impl Trial {
    /// A trial of this many cells with noise of deviation `sigma`, compared after `warmup` steps.
    pub(crate) fn new(cells: usize, sigma: f64, warmup: usize, rng: &mut Rng) -> Self {
        let rule = Rule::reference(cells);
        let mut state = vec![0.0; cells];
        let mut reference = Vec::with_capacity(warmup + STEPS);
        let mut noise = Vec::with_capacity(warmup + STEPS);
        for number in 0..warmup + STEPS {
            state = rule.step(number, &state);
            reference.push(state.clone());
            noise.push((0..cells).map(|_| sigma * normal(rng)).collect());
        }
        Trial {
            warmup,
            reference,
            noise,
        }
    }

    /// Simulates the cells with a rule.
    pub(crate) fn follow(&self, rule: &Rule) -> Match {
        let mut state = vec![0.0; rule.rows.len()];
        let (mut squares, mut close, mut count) = (0.0, 0.0, 0.0);
        let steps = self.reference.iter().zip(&self.noise).enumerate();
        for (number, (reference, noise)) in steps {
            state = rule.step(number, &state);
            for ((x, target), heard) in state.iter_mut().zip(reference).zip(noise) {
                *x += heard;
                if number >= self.warmup {
                    let distance = (*x - target).abs();
                    squares += distance * distance;
                    close += f64::from(distance < CLOSE);
                    count += 1.0;
                }
            }
        }
        Match {
            loss: squares / count,
            accuracy: close / count,
        }
    }
}

/// A number from very nearly the standard normal distribution: twelve uniform ones, whose variances add up to 1.
fn normal(rng: &mut Rng) -> f64 {
    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_noise_the_rule_of_the_reference_follows_it_exactly() {
        for cells in [1, 2, 4, 8] {
            let trial = Trial::new(cells, 0.0, 3, &mut Rng::with_seed(1));
            let exact = Match {
                loss: 0.0,
                accuracy: 1.0,
            };
            assert_eq!(trial.follow(&Rule::reference(cells)), exact);
        }
    }

    #[test]
    fn the_reference_keeps_moving() {
        let trial = Trial::new(4, 0.0, 200, &mut Rng::with_seed(1));
        let last = &trial.reference[200..];
        for cell in 0..4 {
            let of_cell = || last.iter().map(|state| state[cell]);
            let range = of_cell().fold(-1.0, f64::max) - of_cell().fold(1.0, f64::min);
            assert!(range > 0.1, "cell {cell}: {range}");
        }
    }

    #[test]
    fn noise_and_warm_up_make_other_trials() {
        let trial = |sigma, warmup| Trial::new(2, sigma, warmup, &mut Rng::with_seed(7));
        let rule = Rule::reference(2);
        let quiet = trial(0.05, 0).follow(&rule);
        assert!(quiet.loss < trial(0.2, 0).follow(&rule).loss);
        assert!(quiet.loss > 0.0 && quiet != trial(0.05, 30).follow(&rule));
        assert_eq!(quiet, trial(0.05, 0).follow(&rule));
    }

    #[test]
    fn what_looks_normal_has_mean_0_and_deviation_1() {
        let mut rng = Rng::with_seed(3);
        let drawn: Vec<f64> = (0..20_000).map(|_| normal(&mut rng)).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.05);
    }
}
