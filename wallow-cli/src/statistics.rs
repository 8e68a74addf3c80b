//! Statistics of runs, for every command and page that shows them.
//!
//! What enters: numbers, and the settings that they were measured at. What leaves: numbers. Pure: nothing here reads a
//! database or prints. The formulas that groups of the database use, too, are in `wallow_runtime::statistics`.

mod forest;
pub(crate) mod importance;
mod variance;

use wallow_runtime::statistics::{ExactSum, Spread, student_t_95};

/// A sample of numbers, such as the results of the seeds of one setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    pub(crate) count: u64,
    /// NaN without numbers.
    pub(crate) mean: f64,
    /// The standard deviation of the sample (n − 1); `None` for fewer than two numbers.
    pub(crate) std_dev: Option<f64>,
}

impl Sample {
    /// The sample of these numbers, in one pass.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let (mut sum, mut spread) = (ExactSum::default(), Spread::default());
        for number in numbers {
            sum.add(number);
            spread.add(number);
        }
        Sample {
            count: sum.count(),
            mean: sum.mean(),
            std_dev: spread.std_dev(),
        }
    }

    /// Half of the width of the 95 % confidence interval of the mean, by Student's t distribution; `None` for fewer than
    /// two numbers.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a table has too few runs for that to matter"
    )]
    pub(crate) fn ci(&self) -> Option<f64> {
        let std_dev = self.std_dev?;
        Some(student_t_95(self.count - 1) * std_dev / (self.count as f64).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.t.interval(0.95, 4, mean, sem)` of `SciPy` 1.17 for these five numbers.
    #[test]
    fn an_interval_is_that_of_scipy() {
        let sample = Sample::of([0.81, 0.83, 0.79, 0.85, 0.80]);
        assert!((sample.mean - 0.816).abs() < 1e-12);
        let ci = sample.ci().unwrap_or_default();
        assert!((ci - 0.029_903_228_938_903_96).abs() < 1e-12, "{ci}");
        assert_eq!(Sample::of([1.0]).ci(), None);
        assert!(Sample::of([]).mean.is_nan());
        let same = Sample::of([1.7e308; 4]);
        assert_eq!((same.mean, same.ci()), (1.7e308, Some(0.0)));
    }
}
