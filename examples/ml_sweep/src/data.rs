//! The data set: 1,599 red wines of `linfa-datasets`, split and standardised in the same way for every run.
//!
//! Inputs are eleven laboratory measurements; the output is the grade of the tasters, 3 to 8, so there are six classes.
//! 240 rows of the file repeat another row. The copies are dropped, because a copy in the validation part could have
//! its answer in the training part.

use std::collections::HashSet;

/// Measurements per wine.
pub(crate) const FEATURES: usize = 11;

/// Grades 3 to 8, counted from 0 here.
pub(crate) const GRADES: usize = 6;

/// The grade that class 0 stands for.
const LOWEST_GRADE: usize = 3;

/// The seed of the split. Another split would be another experiment, so this is a constant and not an option.
const SPLIT_SEED: u64 = 2009;

/// Some wines: shape `[len, FEATURES]` in rows, and a class for each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    measurements: Vec<f64>,
    classes: Vec<usize>,
}

impl Part {
    /// How many wines there are.
    pub(crate) fn len(&self) -> usize {
        self.classes.len()
    }

    /// The measurements and the class of wine `index`.
    pub(crate) fn wine(&self, index: usize) -> (&[f64], usize) {
        let row = &self.measurements[index * FEATURES..(index + 1) * FEATURES];
        (row, self.classes[index])
    }

    /// All wines in order.
    pub(crate) fn wines(&self) -> impl Iterator<Item = (&[f64], usize)> {
        self.measurements
            .chunks_exact(FEATURES)
            .zip(self.classes.iter().copied())
    }

    fn push(&mut self, measurements: &[f64], class: usize) {
        self.measurements.extend_from_slice(measurements);
        self.classes.push(class);
    }
}

/// The three parts: 60 % for training, 20 % for choosing, and 20 % only for the final result.
#[derive(Debug, Clone)]
pub(crate) struct Wines {
    /// The part for training.
    pub(crate) train: Part,
    /// The part by which epochs and settings are compared.
    pub(crate) validation: Part,
    /// Held out: `analyse` measures only the best run on it.
    pub(crate) test: Part,
}

impl Wines {
    /// Reads the data set that is compiled into `linfa-datasets`.
    pub(crate) fn load() -> Self {
        let dataset = linfa_datasets::winequality();
        let mut seen = HashSet::new();
        let mut wines: Vec<(Vec<f64>, usize)> = dataset
            .records()
            .outer_iter()
            .zip(dataset.targets())
            .map(|(row, grade)| (row.to_vec(), grade.saturating_sub(LOWEST_GRADE)))
            .filter(|(row, _)| seen.insert(row.iter().map(|x| x.to_bits()).collect::<Vec<_>>()))
            .collect();
        fastrand::Rng::with_seed(SPLIT_SEED).shuffle(&mut wines);

        let (train, rest) = wines.split_at(wines.len() * 3 / 5);
        let (validation, test) = rest.split_at(rest.len() / 2);
        let scale = Scale::of(train);
        Self {
            train: scale.apply(train),
            validation: scale.apply(validation),
            test: scale.apply(test),
        }
    }
}

/// Mean and standard deviation of each measurement, from the training part alone.
struct Scale {
    mean: [f64; FEATURES],
    deviation: [f64; FEATURES],
}

impl Scale {
    fn of(wines: &[(Vec<f64>, usize)]) -> Self {
        let mut mean = [0.0; FEATURES];
        let mut deviation = [0.0; FEATURES];
        for (index, (mean, deviation)) in mean.iter_mut().zip(&mut deviation).enumerate() {
            let column = || wines.iter().map(|(row, _)| row[index]);
            *mean = column().sum::<f64>() / real(wines.len());
            *deviation =
                (column().map(|x| (x - *mean).powi(2)).sum::<f64>() / real(wines.len())).sqrt();
        }
        Self { mean, deviation }
    }

    fn apply(&self, wines: &[(Vec<f64>, usize)]) -> Part {
        let mut part = Part::default();
        for (row, class) in wines {
            let standardised: Vec<f64> = row
                .iter()
                .zip(self.mean.iter().zip(&self.deviation))
                .map(|(x, (mean, deviation))| (x - mean) / deviation)
                .collect();
            part.push(&standardised, *class);
        }
        part
    }
}

/// A count as a float.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts here are of wines and weights, far below 2^53"
)]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_hold_every_different_wine_once() {
        let wines = Wines::load();
        let sizes = [&wines.train, &wines.validation, &wines.test].map(Part::len);
        assert_eq!(sizes, [815, 272, 272]);

        let mut rows: Vec<Vec<u64>> = [&wines.train, &wines.validation, &wines.test]
            .iter()
            .flat_map(|part| part.wines())
            .map(|(row, _)| row.iter().map(|x| x.to_bits()).collect())
            .collect();
        rows.sort();
        rows.dedup();
        assert_eq!(rows.len(), 1359);
    }

    #[test]
    fn the_training_part_is_standardised() {
        let train = Wines::load().train;
        for index in 0..FEATURES {
            let column: Vec<f64> = train.wines().map(|(row, _)| row[index]).collect();
            let mean = column.iter().sum::<f64>() / real(column.len());
            let variance =
                column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / real(column.len());
            assert!(mean.abs() < 1e-9, "mean {mean} of measurement {index}");
            assert!(
                (variance - 1.0).abs() < 1e-9,
                "variance {variance} of measurement {index}"
            );
        }
    }

    #[test]
    fn every_grade_occurs_and_none_other() {
        let train = Wines::load().train;
        let mut counts = [0; GRADES];
        for (_, class) in train.wines() {
            counts[class] += 1;
        }
        assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    }
}
