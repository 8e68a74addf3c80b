//! The optimisers: plain gradient descent, momentum, and `AdamW`.
//!
//! Weight decay is decoupled in all three: parameters shrink by `learning_rate * weight_decay` in each step, separately
//! from the gradient, so that it means the same whatever the optimiser does with the gradient.

/// Share of the old velocity that momentum keeps.
const MOMENTUM: f64 = 0.9;
/// Memory of Adam's running mean of gradients.
const BETA_1: f64 = 0.9;
/// Memory of Adam's running mean of squared gradients.
const BETA_2: f64 = 0.999;
/// Prevents a division by zero in Adam.
const EPSILON: f64 = 1e-8;

/// The `optimiser` of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Down the gradient.
    Sgd,
    /// Down a decaying sum of gradients.
    Momentum,
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    AdamW,
}

impl Rule {
    /// Reads `sgd`, `momentum` or `adamw`; `None` for anything else.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "sgd" => Some(Self::Sgd),
            "momentum" => Some(Self::Momentum),
            "adamw" => Some(Self::AdamW),
            _ => None,
        }
    }
}

/// A rule applied to one network, with its state from earlier steps.
#[derive(Debug)]
pub(crate) struct Optimiser {
    rule: Rule,
    /// Length of the next step; a schedule may change it.
    pub(crate) learning_rate: f64,
    weight_decay: f64,
    steps: i32,
    /// Velocity, or Adam's mean of gradients.
    first: Vec<f64>,
    /// Adam's mean of squared gradients.
    second: Vec<f64>,
}

impl Optimiser {
    /// An optimiser for `parameters` weights and biases.
    pub(crate) fn new(
        rule: Rule,
        learning_rate: f64,
        weight_decay: f64,
        parameters: usize,
    ) -> Self {
        Self {
            rule,
            learning_rate,
            weight_decay,
            steps: 0,
            first: vec![0.0; parameters],
            second: vec![0.0; parameters],
        }
    }

    /// One step: changes `parameters` according to `gradient`.
    pub(crate) fn step(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        self.steps = self.steps.saturating_add(1);
        let keep = 1.0 - self.learning_rate * self.weight_decay;
        for parameter in parameters.iter_mut() {
            *parameter *= keep;
        }
        match self.rule {
            Rule::Sgd => {
                for (parameter, slope) in parameters.iter_mut().zip(gradient) {
                    *parameter -= self.learning_rate * slope;
                }
            }
            Rule::Momentum => {
                for ((parameter, slope), velocity) in
                    parameters.iter_mut().zip(gradient).zip(&mut self.first)
                {
                    *velocity = MOMENTUM * *velocity + slope;
                    *parameter -= self.learning_rate * *velocity;
                }
            }
            Rule::AdamW => self.step_adam(parameters, gradient),
        }
    }

    fn step_adam(&mut self, parameters: &mut [f64], gradient: &[f64]) {
        // Both means start at zero; the corrections undo that bias of the first steps.
        let correction_1 = 1.0 - BETA_1.powi(self.steps);
        let correction_2 = 1.0 - BETA_2.powi(self.steps);
        let memory = self.first.iter_mut().zip(&mut self.second);
        for ((parameter, slope), (mean, square)) in parameters.iter_mut().zip(gradient).zip(memory)
        {
            *mean = BETA_1 * *mean + (1.0 - BETA_1) * slope;
            *square = BETA_2 * *square + (1.0 - BETA_2) * slope * slope;
            let scaled = (*mean / correction_1) / ((*square / correction_2).sqrt() + EPSILON);
            *parameter -= self.learning_rate * scaled;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_finds_the_bottom_of_a_bowl() {
        for (rule, learning_rate) in [
            (Rule::Sgd, 0.1),
            (Rule::Momentum, 0.02),
            (Rule::AdamW, 0.05),
        ] {
            let mut optimiser = Optimiser::new(rule, learning_rate, 0.0, 2);
            let mut point = [5.0, -3.0];
            for _ in 0..1000 {
                let slopes = [2.0 * (point[0] - 1.0), 6.0 * (point[1] - 2.0)];
                optimiser.step(&mut point, &slopes);
            }
            assert!(
                (point[0] - 1.0).abs() < 1e-3 && (point[1] - 2.0).abs() < 1e-3,
                "{rule:?} ended at {point:?}"
            );
        }
    }

    #[test]
    fn adam_moves_by_the_learning_rate_at_first() {
        let mut optimiser = Optimiser::new(Rule::AdamW, 0.01, 0.0, 2);
        let mut point = [0.0, 0.0];
        optimiser.step(&mut point, &[1234.0, -1e-3]);
        assert!((point[0] + 0.01).abs() < 1e-6 && (point[1] - 0.01).abs() < 1e-6);
    }

    #[test]
    fn decay_shrinks_beside_the_gradient() {
        for rule in [Rule::Sgd, Rule::Momentum, Rule::AdamW] {
            let mut optimiser = Optimiser::new(rule, 0.1, 0.5, 1);
            let mut point = [2.0];
            optimiser.step(&mut point, &[0.0]);
            assert!((point[0] - 1.9).abs() < 1e-12, "{rule:?}: {point:?}");
        }
    }
}
