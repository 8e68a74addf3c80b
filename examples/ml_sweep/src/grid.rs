//! The combinations of the sweep, and the training settings of each.

use crate::model::Architecture;
use crate::optimiser::Rule;
use crate::registry::Identifying;
use crate::train::Settings;

const ARCHITECTURES: [&str; 3] = ["linear", "mlp-16", "mlp-32x16"];
const OPTIMISERS: [&str; 3] = ["sgd", "momentum", "adamw"];
const LEARNING_RATES: [f64; 2] = [0.003, 0.03];
const BATCH_SIZES: [i64; 2] = [16, 64];
const WEIGHT_DECAYS: [f64; 2] = [0.0, 0.1];
const EPOCHS: [i64; 2] = [20, 60];
const SEEDS: [i64; 2] = [0, 1];

/// Every combination, in the order in which they are trained.
pub(crate) fn combinations() -> Vec<Identifying> {
    let mut keys = Vec::new();
    for architecture in ARCHITECTURES {
        for optimiser in OPTIMISERS {
            for learning_rate in LEARNING_RATES {
                for batch_size in BATCH_SIZES {
                    for weight_decay in WEIGHT_DECAYS {
                        for num_epochs in EPOCHS {
                            keys.extend(SEEDS.map(|seed| {
                                Identifying::builder()
                                    .architecture(architecture)
                                    .optimiser(optimiser)
                                    .learning_rate(learning_rate)
                                    .batch_size(batch_size)
                                    .weight_decay(weight_decay)
                                    .num_epochs(num_epochs)
                                    .seed(seed)
                                    .build()
                            }));
                        }
                    }
                }
            }
        }
    }
    keys
}

/// The settings of a key. The registry accepts any text and any number; this function decides which of them can be
/// trained.
///
/// # Errors
/// A sentence on the first field that makes no sense.
pub(crate) fn settings(key: &Identifying) -> Result<Settings, String> {
    Ok(Settings {
        architecture: Architecture::parse(key.architecture())
            .ok_or_else(|| format!("unknown architecture `{}`", key.architecture()))?,
        rule: Rule::parse(key.optimiser())
            .ok_or_else(|| format!("unknown optimiser `{}`", key.optimiser()))?,
        learning_rate: key.learning_rate(),
        batch_size: usize::try_from(key.batch_size())
            .ok()
            .filter(|&size| size > 0)
            .ok_or_else(|| format!("batch_size is {}, not positive", key.batch_size()))?,
        weight_decay: key.weight_decay(),
        num_epochs: u32::try_from(key.num_epochs())
            .ok()
            .filter(|&epochs| epochs > 0)
            .ok_or_else(|| format!("num_epochs is {}, not positive", key.num_epochs()))?,
        seed: key.seed().cast_unsigned(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn combinations_differ_and_can_all_be_trained() {
        let keys = combinations();
        assert_eq!(keys.len(), 288);
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        for key in &keys {
            settings(key).unwrap();
        }
    }

    #[test]
    fn nonsense_is_named() {
        let key = |architecture, optimiser, batch_size| {
            Identifying::builder()
                .architecture(architecture)
                .optimiser(optimiser)
                .learning_rate(0.1)
                .batch_size(batch_size)
                .build()
        };
        for (key, problem) in [
            (key("resnet50", "sgd", 8), "unknown architecture `resnet50`"),
            (key("linear", "lion", 8), "unknown optimiser `lion`"),
            (key("linear", "sgd", -8), "batch_size is -8, not positive"),
        ] {
            assert_eq!(settings(&key).unwrap_err(), problem);
        }
    }
}
