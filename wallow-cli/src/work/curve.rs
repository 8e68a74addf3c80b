//! A curve that grows while its run is at work.
//!
//! Invariants: all writes of a curve together are at most ten times its size, because each write has at least a quarter
//! more points than the one before. Its points are kept as the text that the database gets, once: as values, small points
//! would take more than ten times as much memory.

use std::sync::Arc;

/// Points, in the order in which they came.
#[derive(Debug)]
pub(super) struct Curve {
    /// A JSON array. A write that goes on shares it.
    text: Arc<String>,
    points: usize,
    /// How many points were in the last write.
    written: usize,
}

/// The largest size of a curve, in bytes of its text.
const LARGEST: usize = 64 << 20;

impl Default for Curve {
    fn default() -> Self {
        Curve {
            text: Arc::new("[]".to_owned()),
            points: 0,
            written: 0,
        }
    }
}

impl Curve {
    /// Adds the text of a point; `false` if the curve is too large for it.
    pub(super) fn push(&mut self, point: &str) -> bool {
        if self.text.len() + 1 + point.len() > LARGEST {
            return false;
        }
        let text = Arc::make_mut(&mut self.text);
        text.pop();
        if self.points > 0 {
            text.push(',');
        }
        text.push_str(point);
        text.push(']');
        self.points += 1;
        true
    }

    /// Whether the curve has grown enough since its last write.
    pub(super) fn has_grown(&self) -> bool {
        self.points > self.written + self.written / 4
    }

    /// Whether some points are not written.
    pub(super) fn is_unwritten(&self) -> bool {
        self.points > self.written
    }

    /// The last write failed, so all points have to be written.
    pub(super) fn restore(&mut self) {
        self.written = 0;
    }

    /// All points as a JSON array, for a write.
    pub(super) fn take(&mut self) -> Arc<String> {
        self.written = self.points;
        Arc::clone(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_writes_together_are_at_most_ten_times_the_curve() {
        let mut curve = Curve::default();
        let mut written = 0;
        for step in 0..100_000 {
            assert!(curve.push(&step.to_string()));
            if curve.has_grown() {
                written += curve.take().len();
            }
        }
        if curve.is_unwritten() {
            written += curve.take().len();
        }
        assert!(written <= 10 * curve.take().len(), "{written}");
        assert!(!curve.is_unwritten());
    }

    #[test]
    fn a_curve_is_a_json_array_that_has_a_largest_size() {
        let mut curve = Curve::default();
        assert!(curve.push("{\"step\":1}"));
        let before = curve.take();
        assert!(curve.push("2"));
        assert_eq!(*before, "[{\"step\":1}]");
        assert_eq!(*curve.take(), "[{\"step\":1},2]");
        let rest = LARGEST - curve.text.len() - 1;
        assert!(!curve.push(&"1".repeat(rest + 1)));
        assert!(curve.push(&"1".repeat(rest)));
        assert!(!curve.push("1"));
    }
}
