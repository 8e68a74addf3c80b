//! The models: a softmax regression and small multi-layer perceptrons with `ReLU`, and their gradients.
//!
//! All parameters of a network are in one vector, layer by layer, weights (`[outputs, inputs]` in rows) before biases.
//! Optimisers change this vector, and checkpoints store it.

use std::fmt;

use crate::data::{FEATURES, GRADES, Part, real};

/// The `architecture` of a key: `linear`, or `mlp-` and the widths of the hidden layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Architecture {
    hidden: Vec<usize>,
}

impl Architecture {
    /// Reads `linear`, `mlp-16`, `mlp-32x16` and the like; `None` for anything else.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        if name == "linear" {
            return Some(Self { hidden: Vec::new() });
        }
        let hidden: Vec<usize> = name
            .strip_prefix("mlp-")?
            .split('x')
            .map(|width| width.parse().ok().filter(|&width| width > 0))
            .collect::<Option<_>>()?;
        Some(Self { hidden })
    }
}

/// How well a network does on some wines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Score {
    /// Mean cross-entropy, in nats.
    pub(crate) loss: f64,
    /// Share of wines whose grade is named exactly, 0 to 1.
    pub(crate) accuracy: f64,
}

/// A layer's place in the parameter vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    start: usize,
}

impl Layer {
    /// The range of the weights.
    pub(crate) fn weights(self) -> std::ops::Range<usize> {
        self.start..self.start + self.inputs * self.outputs
    }

    /// The range of the biases.
    pub(crate) fn biases(self) -> std::ops::Range<usize> {
        let start = self.weights().end;
        start..start + self.outputs
    }
}

/// A feed-forward network from the measurements to a score per grade.
#[derive(Clone, PartialEq)]
pub(crate) struct Network {
    layers: Vec<Layer>,
    parameters: Vec<f64>,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("layers", &self.layers)
            .finish_non_exhaustive()
    }
}

impl Network {
    /// A network whose weights are drawn from `rng` (uniform, He's bound), with biases of zero.
    pub(crate) fn new(architecture: &Architecture, rng: &mut fastrand::Rng) -> Self {
        let mut widths = vec![FEATURES];
        widths.extend(&architecture.hidden);
        widths.push(GRADES);
        let mut network = Self::zeroed(&widths);
        for layer in &network.layers {
            let bound = (6.0 / real(layer.inputs)).sqrt();
            for weight in &mut network.parameters[layer.weights()] {
                *weight = bound * (2.0 * rng.f64() - 1.0);
            }
        }
        network
    }

    /// An untrained network of these widths, including input and output.
    pub(crate) fn zeroed(widths: &[usize]) -> Self {
        let mut layers: Vec<Layer> = Vec::new();
        for pair in widths.windows(2) {
            layers.push(Layer {
                inputs: pair[0],
                outputs: pair[1],
                start: layers.last().map_or(0, |layer| layer.biases().end),
            });
        }
        let len = layers.last().map_or(0, |layer| layer.biases().end);
        Self {
            layers,
            parameters: vec![0.0; len],
        }
    }

    /// The layers, from the measurements on.
    pub(crate) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// All weights and biases.
    pub(crate) fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// All weights and biases, to be changed.
    pub(crate) fn parameters_mut(&mut self) -> &mut [f64] {
        &mut self.parameters
    }

    /// Loss and accuracy over a whole part.
    pub(crate) fn score(&self, part: &Part) -> Score {
        let (mut loss, mut hits) = (0.0, 0);
        for (measurements, class) in part.wines() {
            let activations = self.forward(measurements);
            let logits = activations.last().map_or(&[][..], Vec::as_slice);
            hits += usize::from(likeliest(logits) == class);
            loss -= log_softmax(logits)[class];
        }
        Score {
            loss: loss / real(part.len()),
            accuracy: real(hits) / real(part.len()),
        }
    }

    /// The mean loss of a batch of wines; its gradient overwrites `gradient`, which is as long as the parameters.
    pub(crate) fn loss_and_gradient(
        &self,
        part: &Part,
        batch: &[usize],
        gradient: &mut [f64],
    ) -> f64 {
        gradient.fill(0.0);
        let mut loss = 0.0;
        for &index in batch {
            let (measurements, class) = part.wine(index);
            let activations = self.forward(measurements);
            let logits = activations.last().map_or(&[][..], Vec::as_slice);
            let log_probabilities = log_softmax(logits);
            loss -= log_probabilities[class];

            // d loss / d logit = probability - 1 for the true class, probability for the others.
            let mut delta: Vec<f64> = log_probabilities.iter().map(|x| x.exp()).collect();
            delta[class] -= 1.0;
            self.backward(measurements, &activations, delta, gradient);
        }
        let scale = 1.0 / real(batch.len());
        for slope in gradient {
            *slope *= scale;
        }
        loss * scale
    }

    /// The output of every layer, after `ReLU` except in the last.
    fn forward(&self, measurements: &[f64]) -> Vec<Vec<f64>> {
        let mut activations: Vec<Vec<f64>> = Vec::with_capacity(self.layers.len());
        for (depth, layer) in self.layers.iter().enumerate() {
            let input = activations.last().map_or(measurements, Vec::as_slice);
            let is_last = depth + 1 == self.layers.len();
            let output = self.parameters[layer.weights()]
                .chunks_exact(layer.inputs)
                .zip(&self.parameters[layer.biases()])
                .map(|(weights, bias)| {
                    let sum = bias + dot(weights, input);
                    // Not `max`, which would turn a NaN into 0 and so hide it.
                    if !is_last && sum < 0.0 { 0.0 } else { sum }
                })
                .collect();
            activations.push(output);
        }
        activations
    }

    /// Adds one wine's gradient; `delta` is the slope of its loss at the last layer's output.
    fn backward(
        &self,
        measurements: &[f64],
        activations: &[Vec<f64>],
        mut delta: Vec<f64>,
        gradient: &mut [f64],
    ) {
        for (depth, layer) in self.layers.iter().enumerate().rev() {
            let input = match depth {
                0 => measurements,
                _ => activations[depth - 1].as_slice(),
            };
            for (slopes, delta) in gradient[layer.weights()]
                .chunks_exact_mut(layer.inputs)
                .zip(&delta)
            {
                for (slope, x) in slopes.iter_mut().zip(input) {
                    *slope += delta * x;
                }
            }
            for (slope, delta) in gradient[layer.biases()].iter_mut().zip(&delta) {
                *slope += delta;
            }
            if depth == 0 {
                return;
            }
            let mut below = vec![0.0; layer.inputs];
            for (weights, delta) in self.parameters[layer.weights()]
                .chunks_exact(layer.inputs)
                .zip(&delta)
            {
                for (below, weight) in below.iter_mut().zip(weights) {
                    *below += delta * weight;
                }
            }
            for (below, &output) in below.iter_mut().zip(input) {
                if output == 0.0 {
                    *below = 0.0;
                }
            }
            delta = below;
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The index of the largest value, the first among equals.
fn likeliest(values: &[f64]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}

/// The logarithms of the probabilities, shifted by the largest value so that nothing overflows.
fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total = logits.iter().map(|x| (x - largest).exp()).sum::<f64>().ln();
    logits.iter().map(|x| x - largest - total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Wines;

    fn network(name: &str, seed: u64) -> Network {
        let architecture = Architecture::parse(name).unwrap();
        Network::new(&architecture, &mut fastrand::Rng::with_seed(seed))
    }

    #[test]
    fn names_of_architectures_are_read() {
        let hidden = |name| Architecture::parse(name).map(|it| it.hidden);
        assert_eq!(hidden("linear"), Some(vec![]));
        assert_eq!(hidden("mlp-16"), Some(vec![16]));
        assert_eq!(hidden("mlp-32x16"), Some(vec![32, 16]));
        for nonsense in ["", "mlp", "mlp-", "mlp-0", "mlp-16x", "mlp-x", "resnet50"] {
            assert_eq!(hidden(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn parameters_are_counted_right() {
        assert_eq!(network("linear", 0).parameters().len(), 11 * 6 + 6);
        assert_eq!(
            network("mlp-32x16", 0).parameters().len(),
            11 * 32 + 32 + 32 * 16 + 16 + 16 * 6 + 6
        );
    }

    #[test]
    fn the_seed_decides_the_weights() {
        assert_eq!(network("mlp-16", 1), network("mlp-16", 1));
        assert_ne!(network("mlp-16", 1), network("mlp-16", 2));
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let wines = Wines::load();
        let batch: Vec<usize> = (0..20).collect();
        for name in ["linear", "mlp-4", "mlp-5x3"] {
            let mut network = network(name, 7);
            let mut gradient = vec![0.0; network.parameters().len()];
            network.loss_and_gradient(&wines.train, &batch, &mut gradient);

            let step = 1e-6;
            let mut scratch = gradient.clone();
            for (index, slope) in gradient.iter().enumerate() {
                let here = network.parameters()[index];
                let mut loss_at = |x| {
                    network.parameters_mut()[index] = x;
                    network.loss_and_gradient(&wines.train, &batch, &mut scratch)
                };
                let measured = (loss_at(here + step) - loss_at(here - step)) / (2.0 * step);
                loss_at(here);
                assert!(
                    (slope - measured).abs() < 1e-6,
                    "{name}, parameter {index}: {slope} but measured {measured}"
                );
            }
        }
    }

    #[test]
    fn softmax_survives_large_values() {
        let logs = log_softmax(&[1e4, 0.0]);
        assert!(logs[0].abs() < 1e-12 && (logs[1] + 1e4).abs() < 1e-9);
    }
}
