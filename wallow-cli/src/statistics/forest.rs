//! Functional analysis of variance by a random forest (Hutter, Hoos and Leyton-Brown 2014).
//!
//! A forest of regression trees is a function of all settings, also of those that nobody ran. A leaf of a tree is a box:
//! a range of levels of each field. So means over all other fields, and their variance, are sums over boxes, without
//! sampling. A share is the mean over the trees, as in Optuna.
//!
//! It is written here because the crates that have forests do not show their leaves (smartcore, linfa), or weigh the
//! first and the last level of a field half (fanova): a grid of three values that lacks one run would have other shares
//! than the full one.

use fastrand::Rng;

use super::importance::Settings;

/// As many as Optuna uses.
const TREES: usize = 64;

/// A fixed seed: the same runs give the same shares.
const SEED: u64 = 0;

/// A field is divided into at most this many ranges of levels.
const MOST_LEVELS: usize = 64;

/// No tree is deeper.
const DEEPEST: usize = 64;

/// The shares of the fields in the variance of a forest that was fitted to the settings.
pub(super) fn main_effects(settings: &Settings) -> Vec<f64> {
    let data = Data::new(settings);
    let mut random = Rng::with_seed(SEED);
    let mut shares = vec![0.0; data.weights.len()];
    let mut trees = 0.0;
    for _ in 0..TREES {
        let boxes = data.tree(&mut random);
        if let Some(of_tree) = data.shares(&boxes) {
            trees += 1.0;
            for (share, of_tree) in shares.iter_mut().zip(of_tree) {
                *share += of_tree;
            }
        }
    }
    // No tree has a variance if every sample had one result only.
    shares
        .iter()
        .map(|share| share / f64::max(trees, 1.0))
        .collect()
}

/// The settings by their levels, in an order in which neighbours are alike.
struct Data {
    /// For each field, the level of each setting.
    columns: Vec<Vec<usize>>,
    results: Vec<f64>,
    /// For each field, the part of the settings that have each level.
    weights: Vec<Vec<f64>>,
}

/// A leaf of a tree: the levels of each field from the first up to, but not including, the second.
struct Leaf {
    ranges: Vec<(usize, usize)>,
    value: f64,
}

impl Data {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a table has too few runs for that to matter"
    )]
    fn new(settings: &Settings) -> Self {
        let count = settings.results.len();
        let mut columns = Vec::new();
        let mut weights = Vec::new();
        for (index, factor) in settings.factors.iter().enumerate() {
            let level = |place: &Vec<usize>| place[index];
            let order = order(settings, index, factor.is_ordered);
            // Rare levels share a range, so that each range has about as many settings.
            let mut counts = vec![0_usize; factor.levels.len()];
            for place in &settings.places {
                counts[order[level(place)]] += 1;
            }
            let ranges = ranges(&counts, count);
            let column = settings.places.iter();
            let column = column.map(|place| ranges[order[level(place)]]);
            let column = column.collect::<Vec<_>>();
            let mut weight = vec![0.0; ranges.last().map_or(0, |last| last + 1)];
            for level in &column {
                weight[*level] += 1.0 / count as f64;
            }
            columns.push(column);
            weights.push(weight);
        }
        Data {
            columns,
            results: settings.results.clone(),
            weights,
        }
    }

    /// The leaves of a tree that is fitted to a random sample, which has each setting any number of times.
    fn tree(&self, random: &mut Rng) -> Vec<Leaf> {
        let count = self.results.len();
        let sample = (0..count)
            .map(|_| random.usize(..count))
            .collect::<Vec<_>>();
        let whole = self
            .weights
            .iter()
            .map(|levels| (0, levels.len()))
            .collect();
        let mut leaves = Vec::new();
        let mut open = vec![(sample, whole, 1)];
        while let Some((sample, ranges, depth)) = open.pop() {
            let split = if depth < DEEPEST {
                self.split(&sample, random)
            } else {
                None
            };
            let Some((field, level)) = split else {
                let value = self.mean(&sample);
                leaves.push(Leaf { ranges, value });
                continue;
            };
            let column = &self.columns[field];
            let (below, above): (Vec<_>, Vec<_>) =
                sample.into_iter().partition(|place| column[*place] < level);
            let (mut lower, mut upper) = (ranges.clone(), ranges);
            lower[field].1 = level;
            upper[field].0 = level;
            open.push((above, upper, depth + 1));
            open.push((below, lower, depth + 1));
        }
        leaves
    }

    /// The field and the level at which a sample is split best: the squares around the means of both parts are smallest.
    /// Each split looks at half of the fields, so that trees differ.
    fn split(&self, sample: &[usize], random: &mut Rng) -> Option<(usize, usize)> {
        let first = self.results[*sample.first()?];
        if sample
            .iter()
            .all(|place| self.results[*place].total_cmp(&first).is_eq())
        {
            return None;
        }
        let mut fields = (0..self.columns.len()).collect::<Vec<_>>();
        random.shuffle(&mut fields);
        let half = fields.len().div_ceil(2);
        let mut best: Option<(f64, usize, usize)> = None;
        for (tried, field) in fields.into_iter().enumerate() {
            // The other half is only tried if these fields have one level each in the sample.
            if tried >= half && best.is_some() {
                break;
            }
            if let Some((gain, level)) = self.split_of(sample, field)
                && best.is_none_or(|(most, ..)| gain > most)
            {
                best = Some((gain, field, level));
            }
        }
        best.map(|(_, field, level)| (field, level))
    }

    /// The best level at which a field splits a sample, and how good it is.
    fn split_of(&self, sample: &[usize], field: usize) -> Option<(f64, usize)> {
        let mean = self.mean(sample);
        let mut levels = vec![(0.0, 0.0); self.weights[field].len()];
        for place in sample {
            let (count, sum) = &mut levels[self.columns[field][*place]];
            *count += 1.0;
            *sum += self.results[*place] - mean;
        }
        let all = levels.iter().map(|(count, _)| count).sum::<f64>();
        let (mut count, mut sum) = (0.0, 0.0);
        let mut best: Option<(f64, usize)> = None;
        let mut last = None;
        for (level, (of_level, of_sum)) in levels.into_iter().enumerate() {
            if of_level == 0.0 {
                continue;
            }
            if let Some(last) = last {
                // Around the mean of the sample the sums of both parts are opposite.
                let gain = sum * sum / count + sum * sum / (all - count);
                if best.is_none_or(|(most, _)| gain > most) {
                    // In the middle of the levels that the sample lacks.
                    best = Some((gain, usize::midpoint(last, level) + 1));
                }
            }
            count += of_level;
            sum += of_sum;
            last = Some(level);
        }
        best
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a table has too few runs for that to matter"
    )]
    fn mean(&self, sample: &[usize]) -> f64 {
        let sum = sample.iter().map(|place| self.results[*place]).sum::<f64>();
        sum / sample.len().max(1) as f64
    }

    /// The share of each field in the variance of a tree over all settings; `None` if it has none.
    fn shares(&self, leaves: &[Leaf]) -> Option<Vec<f64>> {
        // The weights below each level, so that a range is a difference.
        let below = self.weights.iter().map(|weights| {
            let mut sum = 0.0;
            let sums = weights.iter().map(|weight| {
                sum += weight;
                sum
            });
            std::iter::once(0.0).chain(sums).collect::<Vec<_>>()
        });
        let below = below.collect::<Vec<_>>();
        let part = |field: usize, (from, to): (usize, usize)| below[field][to] - below[field][from];
        let masses = leaves.iter().map(|leaf| {
            let ranges = leaf.ranges.iter().enumerate();
            ranges
                .map(|(field, range)| part(field, *range))
                .product::<f64>()
        });
        let masses = masses.collect::<Vec<_>>();
        let weighted = || leaves.iter().zip(&masses);
        let mean = weighted()
            .map(|(leaf, mass)| leaf.value * mass)
            .sum::<f64>();
        let total = weighted().map(|(leaf, mass)| (leaf.value - mean).powi(2) * mass);
        let total = total.sum::<f64>();
        if total <= 0.0 {
            return None;
        }
        let shares = self.weights.iter().enumerate().map(|(field, weights)| {
            // What each leaf adds to the mean of a level, at its first level, and takes away after its last.
            let mut steps = vec![0.0; weights.len() + 1];
            for (leaf, mass) in weighted() {
                let range = leaf.ranges[field];
                let own = part(field, range);
                if own > 0.0 {
                    let step = (leaf.value - mean) * mass / own;
                    steps[range.0] += step;
                    steps[range.1] -= step;
                }
            }
            let mut off = 0.0;
            let variance = steps.iter().zip(weights).map(|(step, weight)| {
                off += step;
                off * off * weight
            });
            variance.sum::<f64>() / total
        });
        Some(shares.collect())
    }
}

/// The position of each level of a field. Levels without an order of their own are ordered by their mean result, which
/// makes the best division of them one of neighbours (Fisher 1958).
fn order(settings: &Settings, index: usize, is_ordered: bool) -> Vec<usize> {
    let count = settings.factors[index].levels.len();
    if is_ordered {
        return (0..count).collect();
    }
    let mut sums = vec![(0.0, 0.0); count];
    for (place, result) in settings.places.iter().zip(&settings.results) {
        let (sum, count) = &mut sums[place[index]];
        *sum += result;
        *count += 1.0;
    }
    let means = sums.iter().map(|(sum, count)| sum / f64::max(*count, 1.0));
    let mut levels = means.enumerate().collect::<Vec<_>>();
    levels.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let mut order = vec![0; count];
    for (position, (level, _)) in levels.into_iter().enumerate() {
        order[level] = position;
    }
    order
}

/// The range of each level: its own, or one of about as many settings each if there are too many levels.
fn ranges(counts: &[usize], all: usize) -> Vec<usize> {
    if counts.len() <= MOST_LEVELS {
        return (0..counts.len()).collect();
    }
    let mut before = 0;
    let mut ranges = Vec::new();
    let mut range = 0;
    let mut last = None;
    for count in counts {
        let wanted = before * MOST_LEVELS / all.max(1);
        if last.is_some_and(|last| last != wanted) {
            range += 1;
        }
        last = Some(wanted);
        ranges.push(range);
        before += count;
    }
    ranges
}
