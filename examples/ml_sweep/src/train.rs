//! One training: from settings and wines to the network of the best epoch and a curve.
//!
//! Everything random comes from the seed, so the same settings give the same network on every rerun.

use std::f64::consts::PI;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::data::{Wines, real};
use crate::model::{Architecture, Network, Score};
use crate::optimiser::{Optimiser, Rule};

/// The settings of one training: a key of the registry whose names and numbers were parsed.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The shape of the network.
    pub(crate) architecture: Architecture,
    /// How it learns.
    pub(crate) rule: Rule,
    /// Length of a step in the first epoch. It falls to zero along half a cosine.
    pub(crate) learning_rate: f64,
    /// Wines in each step, at least one.
    pub(crate) batch_size: usize,
    /// Strength of the decoupled weight decay.
    pub(crate) weight_decay: f64,
    /// Passes through the training part, at least one.
    pub(crate) num_epochs: u32,
    /// Decides the first weights and the order of the wines.
    pub(crate) seed: u64,
}

/// The result of one pass through the training part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Epoch {
    /// Counted from 1.
    pub(crate) number: u32,
    /// Mean loss over the batches during the pass.
    pub(crate) train_loss: f64,
    /// On the validation part, after the pass.
    pub(crate) validation: Score,
}

/// A finished training.
#[derive(Debug, Clone)]
pub(crate) struct Trained {
    /// The weights after the best epoch.
    pub(crate) network: Network,
    /// The epoch of the smallest validation loss.
    pub(crate) best: Epoch,
    /// Every epoch in order.
    pub(crate) curve: Vec<Epoch>,
}

impl Trained {
    /// The curve as it is recorded: a list with an object per epoch.
    pub(crate) fn curve_json(&self) -> Value {
        self.curve
            .iter()
            .map(|epoch| {
                json!({
                    "epoch": epoch.number,
                    "train_loss": epoch.train_loss,
                    "val_loss": epoch.validation.loss,
                    "val_accuracy": epoch.validation.accuracy,
                })
            })
            .collect()
    }
}

/// Why a training ended without a network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TrainError {
    /// The loss is not finite any more, for example because the learning rate is far too high.
    Diverged {
        /// The epoch in which it happened, counted from 1.
        epoch: u32,
        /// The learning rate that led there.
        learning_rate: f64,
    },
    /// Somebody asked the program to stop.
    Interrupted,
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Diverged {
                epoch,
                learning_rate,
            } => write!(
                f,
                "diverged in epoch {epoch}: the loss is not finite (learning rate {learning_rate})"
            ),
            Self::Interrupted => write!(f, "interrupted"),
        }
    }
}

impl std::error::Error for TrainError {}

/// Trains one network; checks `stop` before every batch.
///
/// # Errors
/// [`TrainError::Diverged`] as soon as a loss is not finite, [`TrainError::Interrupted`] when `stop` is set.
pub(crate) fn train(
    settings: &Settings,
    wines: &Wines,
    stop: &AtomicBool,
) -> Result<Trained, TrainError> {
    let mut rng = fastrand::Rng::with_seed(settings.seed);
    let mut network = Network::new(&settings.architecture, &mut rng);
    let mut optimiser = Optimiser::new(
        settings.rule,
        settings.learning_rate,
        settings.weight_decay,
        network.parameters().len(),
    );
    let mut gradient = vec![0.0; network.parameters().len()];
    let mut order: Vec<usize> = (0..wines.train.len()).collect();
    let mut curve: Vec<Epoch> = Vec::new();
    let mut best: Option<(Epoch, Network)> = None;

    for number in 1..=settings.num_epochs {
        let diverged = TrainError::Diverged {
            epoch: number,
            learning_rate: settings.learning_rate,
        };
        // Because of the schedule, a short training differs from the beginning of a long one.
        let progress = f64::from(number - 1) / f64::from(settings.num_epochs);
        optimiser.learning_rate = settings.learning_rate * 0.5 * (1.0 + (PI * progress).cos());
        rng.shuffle(&mut order);
        let mut total = 0.0;
        for batch in order.chunks(settings.batch_size) {
            if stop.load(Ordering::Relaxed) {
                return Err(TrainError::Interrupted);
            }
            let loss = network.loss_and_gradient(&wines.train, batch, &mut gradient);
            if !loss.is_finite() {
                return Err(diverged);
            }
            total += loss * real(batch.len());
            optimiser.step(network.parameters_mut(), &gradient);
        }

        let epoch = Epoch {
            number,
            train_loss: total / real(order.len()),
            validation: network.score(&wines.validation),
        };
        if !epoch.validation.loss.is_finite() {
            return Err(diverged);
        }
        curve.push(epoch);
        let is_better = best
            .as_ref()
            .is_none_or(|(best, _)| epoch.validation.loss < best.validation.loss);
        if is_better {
            best = Some((epoch, network.clone()));
        }
    }

    // `grid` refuses a setting without epochs, so this does not happen. If it did, there would be no network.
    let (best, network) = best.ok_or(TrainError::Interrupted)?;
    Ok(Trained {
        network,
        best,
        curve,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn settings(architecture: &str) -> Settings {
        Settings {
            architecture: Architecture::parse(architecture).unwrap(),
            rule: Rule::AdamW,
            learning_rate: 0.01,
            batch_size: 32,
            weight_decay: 0.01,
            num_epochs: 8,
            seed: 1,
        }
    }

    fn run(settings: &Settings) -> Result<Trained, TrainError> {
        train(settings, &Wines::load(), &AtomicBool::new(false))
    }

    #[test]
    fn learns_more_than_the_commonest_grade() {
        let wines = Wines::load();
        let mut counts = [0; crate::data::GRADES];
        for (_, class) in wines.validation.wines() {
            counts[class] += 1;
        }
        let commonest = real(*counts.iter().max().unwrap()) / real(wines.validation.len());
        for architecture in ["linear", "mlp-16", "mlp-32x16"] {
            let accuracy = run(&settings(architecture))
                .unwrap()
                .best
                .validation
                .accuracy;
            assert!(
                accuracy > commonest + 0.08,
                "{architecture}: {accuracy}, commonest {commonest}"
            );
        }
    }

    #[test]
    fn the_same_settings_give_the_same_network_and_another_seed_another() {
        let once = run(&settings("mlp-16")).unwrap();
        let again = run(&settings("mlp-16")).unwrap();
        assert_eq!(once.network, again.network);
        assert_eq!(once.curve, again.curve);

        let other = run(&Settings {
            seed: 2,
            ..settings("mlp-16")
        })
        .unwrap();
        assert_ne!(once.network, other.network);
    }

    #[test]
    fn the_network_is_that_of_the_best_epoch() {
        let trained = run(&Settings {
            learning_rate: 0.1,
            ..settings("mlp-32x16")
        })
        .unwrap();
        let smallest = trained
            .curve
            .iter()
            .map(|epoch| epoch.validation.loss)
            .fold(f64::INFINITY, f64::min);
        assert_eq!(trained.curve.len(), 8);
        assert_eq!(
            trained.network.score(&Wines::load().validation),
            trained.best.validation
        );
        assert!((trained.best.validation.loss - smallest).abs() < f64::EPSILON);
        assert_eq!(trained.curve_json()[7]["epoch"], 8);
    }

    #[test]
    fn a_learning_rate_far_too_high_is_an_error() {
        let error = run(&Settings {
            rule: Rule::Sgd,
            learning_rate: 1e9,
            ..settings("mlp-16")
        })
        .unwrap_err();
        assert!(matches!(error, TrainError::Diverged { .. }), "{error:?}");
        assert!(error.to_string().contains("learning rate 1000000000"));
    }

    #[test]
    fn stops_when_asked() {
        let error = train(&settings("linear"), &Wines::load(), &AtomicBool::new(true)).unwrap_err();
        assert_eq!(error, TrainError::Interrupted);
    }
}
