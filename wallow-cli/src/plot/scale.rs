//! Axes: where a value is, and which values have a label.

use chrono::{DateTime, SecondsFormat};

use crate::table::rounded;

/// What an axis shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Number,
    /// Numbers by their logarithm.
    Log,
    /// Seconds since 1970.
    Time,
    /// The values are positions in this list, from 0.
    Words(Vec<String>),
}

/// An axis with its range.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The positions of both ends; see [`Axis::place`].
    low: f64,
    high: f64,
    /// Whether all values are whole numbers, so that no label is between two of them.
    is_whole: bool,
}

/// A position with a label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) place: f64,
    pub(crate) label: String,
}

impl Axis {
    pub(crate) fn new(name: impl Into<String>, kind: Kind) -> Self {
        Axis {
            name: name.into(),
            kind,
            low: 0.0,
            high: 1.0,
            is_whole: false,
        }
    }

    /// Whether a value has a position on the axis.
    pub(crate) fn shows(&self, value: f64) -> bool {
        value.is_finite() && (self.kind != Kind::Log || value > 0.0)
    }

    /// The position of a value on an endless axis: the value, or its logarithm.
    pub(super) fn place(&self, value: f64) -> f64 {
        if self.kind == Kind::Log {
            value.log10()
        } else {
            value
        }
    }

    /// Where the value is between both ends: 0 at the first, 1 at the last.
    pub(super) fn part(&self, value: f64) -> f64 {
        self.part_of_place(self.place(value))
    }

    /// Halves first: the span between the largest floats would overflow.
    pub(super) fn part_of_place(&self, place: f64) -> f64 {
        let span = self.high / 2.0 - self.low / 2.0;
        ((place / 2.0 - self.low / 2.0) / span).clamp(0.0, 1.0)
    }

    /// Widens the range to these values, with some room at both ends. A single value is in the middle.
    pub(super) fn fit(&mut self, values: &[f64]) {
        if let Kind::Words(words) = &self.kind {
            self.low = -0.5;
            self.high = position(words.len()) - 0.5;
            if words.is_empty() {
                self.high = 0.5;
            }
            return;
        }
        let displayed = values.iter().copied().filter(|value| self.shows(*value));
        let is_whole = displayed.clone().all(|value| value.fract() == 0.0);
        let places = displayed.map(|value| self.place(value));
        let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| {
            (low.min(place), high.max(place))
        });
        self.is_whole = is_whole;
        (self.low, self.high) = if low > high {
            (0.0, 1.0)
        } else if low < high {
            let room = (high / 2.0 - low / 2.0) * ROOM;
            (finite(low - room), finite(high + room))
        } else {
            // Far enough for floats of this size to differ.
            let room = f64::max(low.abs() * 0.05, 1e-6);
            let room = if low == 0.0 { 1.0 } else { room };
            (finite(low - room), finite(low + room))
        };
    }

    /// At most about `count` positions with labels.
    pub(super) fn ticks(&self, count: usize) -> Vec<Tick> {
        match &self.kind {
            Kind::Words(words) => {
                let step = words.len().div_ceil(count.max(1)).max(1);
                let words = words.iter().enumerate().step_by(step);
                words
                    .map(|(index, word)| Tick {
                        place: position(index),
                        label: word.clone(),
                    })
                    .collect()
            }
            Kind::Log => self.log_ticks(count),
            Kind::Number | Kind::Time => {
                let step = self.step(count);
                self.multiples(step)
                    .map(|place| Tick {
                        place,
                        label: self.label(place, step),
                    })
                    .collect()
            }
        }
    }

    /// Powers of ten, if at least two are in the range; otherwise round numbers.
    fn log_ticks(&self, count: usize) -> Vec<Tick> {
        let step = f64::max((self.high - self.low) / position(count.max(1)), 1.0).ceil();
        let powers = self.multiples(step).map(|place| Tick {
            place,
            label: short(10_f64.powf(place)),
        });
        let powers = powers.collect::<Vec<_>>();
        if powers.len() >= 2 {
            return powers;
        }
        let (low, high) = (10_f64.powf(self.low), 10_f64.powf(self.high));
        let linear = Axis {
            low,
            high,
            ..Axis::new("", Kind::Number)
        };
        let ticks = linear.ticks(count).into_iter();
        let ticks = ticks.filter(|tick| tick.place > 0.0);
        ticks
            .map(|tick| Tick {
                place: tick.place.log10(),
                ..tick
            })
            .collect()
    }

    /// A round distance between labels: 1, 2 or 5 times a power of ten; for times, a round part of a day or days.
    fn step(&self, count: usize) -> f64 {
        const TIMES: [f64; 12] = [
            1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0,
            604_800.0,
        ];
        let least = (self.high / 2.0 - self.low / 2.0) / position(count.max(1)) * 2.0;
        if self.kind == Kind::Time
            && let Some(step) = TIMES.into_iter().find(|step| *step >= least)
        {
            return step;
        }
        let least = if self.is_whole { least.max(1.0) } else { least };
        let power = 10_f64.powf(least.log10().floor());
        let steps = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
        let step = steps.into_iter().find(|step| *step >= least * 0.75);
        step.filter(|step| step.is_normal()).unwrap_or(f64::MAX)
    }

    fn multiples(&self, step: f64) -> impl Iterator<Item = f64> {
        let first = (self.low / step).ceil();
        let last = (self.high / step).floor();
        let count = if last >= first { last - first } else { -1.0 };
        // More labels than any picture has room for would be a mistake of rounding.
        let indices = (0..100_u32).map(f64::from);
        let indices = indices.take_while(move |index| *index <= count);
        indices.map(move |index| (first + index) * step)
    }

    fn label(&self, place: f64, step: f64) -> String {
        if self.kind == Kind::Time {
            #[expect(clippy::cast_possible_truncation, reason = "it was a time")]
            let time = DateTime::from_timestamp(place as i64, 0);
            let text = time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
            let text = text.unwrap_or_default();
            // `2026-11-25` or `11-25 13:00`.
            return match (text.get(..10), text.get(5..10), text.get(11..16)) {
                (Some(day), ..) if step >= 86_400.0 => day.to_owned(),
                (_, Some(day), Some(hour)) => format!("{day} {hour}"),
                _ => text,
            };
        }
        // A multiple of a step has no more digits than the step.
        let digits = (-step.log10().floor()).clamp(0.0, 12.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 12"
        )]
        let digits = digits as usize;
        let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
        let value = (place * scale).round() / scale;
        short(if value.is_finite() { value } else { place })
    }
}

/// The room at each end of an axis, as a part of half of its length.
const ROOM: f64 = 0.06;

fn finite(value: f64) -> f64 {
    value.clamp(f64::MIN, f64::MAX)
}

/// A number with few digits, without `.0`.
pub(super) fn short(value: f64) -> String {
    let text = rounded(value + 0.0);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[expect(clippy::cast_precision_loss, reason = "a number of labels")]
fn position(index: usize) -> f64 {
    index as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], kind: Kind) -> Vec<String> {
        let mut axis = Axis::new("", kind);
        axis.fit(values);
        axis.ticks(5).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn labels_are_round() {
        assert_eq!(
            labels(&[0.0, 0.5, 1.0], Kind::Number),
            ["0", "0.2", "0.4", "0.6", "0.8", "1"]
        );
        // Between whole numbers, such as seeds, nothing has a label.
        assert_eq!(labels(&[0.0, 1.0], Kind::Number), ["0", "1"]);
        assert_eq!(
            labels(&[1e-5, 1e-1], Kind::Log),
            ["1e-5", "0.0001", "0.001", "0.01", "0.1"]
        );
        assert_eq!(
            labels(&[2.0, 3.0], Kind::Log),
            ["2", "2.2", "2.4", "2.6", "2.8", "3"]
        );
        let day = 86_400.0 * 20_000.0;
        assert_eq!(labels(&[day, day + 7200.0], Kind::Time).len(), 3);
    }

    #[test]
    fn every_range_has_labels() {
        for values in [
            &[][..],
            &[0.0],
            &[7.0],
            &[-1e300],
            &[f64::MIN, f64::MAX],
            &[f64::NAN, f64::INFINITY],
            &[1e-300, 2e-300],
            &[1e15, 1e15 + 1.0],
        ] {
            for kind in [Kind::Number, Kind::Log, Kind::Time] {
                let mut axis = Axis::new("", kind.clone());
                axis.fit(values);
                assert!(axis.low < axis.high, "{values:?} {kind:?}");
                assert!(axis.ticks(5).len() < 40, "{values:?} {kind:?}");
                for value in values.iter().filter(|value| axis.shows(**value)) {
                    assert!(
                        (0.0..=1.0).contains(&axis.part(*value)),
                        "{values:?} {kind:?}"
                    );
                }
            }
        }
        let words = Kind::Words(vec!["adam".into(), "sgd".into()]);
        assert_eq!(labels(&[0.0, 1.0], words), ["adam", "sgd"]);
        assert!(labels(&[], Kind::Words(Vec::new())).is_empty());
    }
}
