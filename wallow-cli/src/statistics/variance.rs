//! The analysis of variance of a full grid: exact shares of the main effects.

use super::importance::Settings;

/// The shares of the fields in the variance between the settings, if these are a full grid: each combination of levels
/// occurs once. Then the main effects are independent of each other, and what they leave are interactions.
pub(super) fn main_effects(settings: &Settings) -> Option<Vec<f64>> {
    let combinations = settings
        .factors
        .iter()
        .try_fold(1_usize, |all, factor| all.checked_mul(factor.levels.len()))?;
    if combinations != settings.results.len() {
        return None;
    }
    let total = variance(settings.results.iter().copied());
    let shares = settings.factors.iter().enumerate().map(|(index, factor)| {
        let mut sums = vec![(0.0, 0.0); factor.levels.len()];
        for (place, result) in settings.places.iter().zip(&settings.results) {
            let (sum, count) = &mut sums[place[index]];
            *sum += result;
            *count += 1.0;
        }
        // On a full grid each level has the same number of settings.
        variance(sums.into_iter().map(|(sum, count)| sum / count)) / total
    });
    Some(shares.collect())
}

/// The variance of a population.
#[expect(
    clippy::cast_precision_loss,
    reason = "a table has too few runs for that to matter"
)]
pub(super) fn variance(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut mean, mut squares) = (0_u64, 0.0, 0.0);
    for number in numbers {
        count += 1;
        let off = number - mean;
        mean += off / count as f64;
        squares += off * (number - mean);
    }
    squares / count.max(1) as f64
}
