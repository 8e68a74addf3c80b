//! The measurements as rows of a Markdown table.

use std::time::Duration;

use crate::measure::Pair;
use crate::worker::Sample;

/// The head of the table.
pub fn table_head() -> &'static str {
    "| operation | rows | wallow | floor | ratio | quartiles | min–max | processor | total |\n\
     |---|--:|--:|--:|--:|--:|--:|--:|--:|"
}

/// One operation: the medians of each side; the median, the quartiles and the extremes of the ratios of the pairs; and
/// the ratios of all processor time and of all time, including rare expensive operations (checkpoints).
pub fn row(operation: &str, rows: usize, pair: &Pair) -> String {
    let micros = |samples: &[Sample]| {
        let batch = u32::try_from(pair.plan.batch).unwrap_or(u32::MAX);
        let times = samples.iter().map(|sample| sample.wall / batch);
        let times = sorted(times.map(|time| time.as_secs_f64() * 1e6));
        format!("{:.2} µs", quantile(&times, 0.5))
    };
    let sides = || pair.wallow.iter().zip(&pair.floor);
    let ratios = sorted(sides().map(|(wallow, floor)| ratio(wallow.wall, floor.wall)));
    let total = ratio(
        pair.wallow.iter().map(|sample| sample.wall).sum(),
        pair.floor.iter().map(|sample| sample.wall).sum(),
    );
    format!(
        "| {operation} | {rows} | {} | {} | **{:.2}** | {:.2}–{:.2} | {:.2}–{:.2} | {} | {total:.2} |",
        micros(&pair.wallow),
        micros(&pair.floor),
        quantile(&ratios, 0.5),
        quantile(&ratios, 0.25),
        quantile(&ratios, 0.75),
        quantile(&ratios, 0.0),
        quantile(&ratios, 1.0),
        processor(pair),
    )
}

/// The ratio of all processor time.
fn processor(pair: &Pair) -> String {
    let sides = pair.wallow.iter().zip(&pair.floor);
    let times = sides.map(|(wallow, floor)| wallow.cpu.zip(floor.cpu));
    times.collect::<Option<Vec<_>>>().map_or_else(
        || "–".to_owned(),
        |times| {
            let (wallow, floor): (Vec<_>, Vec<_>) = times.into_iter().unzip();
            format!("{:.2}", ratio(wallow.iter().sum(), floor.iter().sum()))
        },
    )
}

/// The head of the table of grids.
pub fn bulk_head() -> &'static str {
    "| operation | keys | wallow, rows/s | floor, rows/s | of the floor's | quartiles | processor | \
     wallow's memory | floor's memory |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
}

/// A grid: rows per second over the whole time; the ratios of these rates, pair by pair; the ratio of processor time;
/// and the peak memory of each side, before and after.
pub fn bulk_row(
    operation: &str,
    keys: usize,
    pair: &Pair,
    before: Option<(u64, u64)>,
    after: Option<(u64, u64)>,
) -> String {
    let rate = |samples: &[Sample]| {
        let time: Duration = samples.iter().map(|sample| sample.wall).sum();
        let rows = u32::try_from(pair.plan.batch * samples.len()).unwrap_or(u32::MAX);
        format!("{:.0}", f64::from(rows) / time.as_secs_f64())
    };
    let sides = || pair.wallow.iter().zip(&pair.floor);
    let rates = sorted(sides().map(|(wallow, floor)| ratio(floor.wall, wallow.wall)));
    let memory = |side: fn((u64, u64)) -> u64| {
        let mebibytes = |kib: Option<(u64, u64)>| {
            kib.map_or_else(|| "–".into(), |kib| (side(kib) / 1024).to_string())
        };
        format!("{} → {} MiB", mebibytes(before), mebibytes(after))
    };
    format!(
        "| {operation} | {keys} | {} | {} | **{:.2}** | {:.2}–{:.2} | {} | {} | {} |",
        rate(&pair.wallow),
        rate(&pair.floor),
        quantile(&rates, 0.5),
        quantile(&rates, 0.25),
        quantile(&rates, 0.75),
        processor(pair),
        memory(|(wallow, _)| wallow),
        memory(|(_, floor)| floor),
    )
}

/// The median times of one operation, in microseconds: wallow's, the floor's.
pub(crate) fn medians(pair: &Pair) -> (f64, f64) {
    let batch = u32::try_from(pair.plan.batch).unwrap_or(u32::MAX);
    let median = |samples: &[Sample]| {
        let times = samples.iter().map(|sample| sample.wall / batch);
        quantile(&sorted(times.map(|time| time.as_secs_f64() * 1e6)), 0.5)
    };
    (median(&pair.wallow), median(&pair.floor))
}

/// The median of the ratios of the pairs.
pub(crate) fn median_ratio(pair: &Pair) -> f64 {
    let sides = pair.wallow.iter().zip(&pair.floor);
    let ratios = sides.map(|(wallow, floor)| ratio(wallow.wall, floor.wall));
    quantile(&sorted(ratios), 0.5)
}

fn ratio(wallow: Duration, floor: Duration) -> f64 {
    wallow.as_secs_f64() / floor.as_secs_f64()
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values = values.collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values
}

/// The quantile at this share, from the smallest to the largest value.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "few values, and a share between 0 and 1"
)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    sorted
        .get((last * share).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}
