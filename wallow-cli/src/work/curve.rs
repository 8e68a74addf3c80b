//! A curve that grows while its run is at work.
//!
//! Invariant: all writes of a curve together are at most ten times its size, because each write has at least a quarter
//! more points than the one before.

use serde_json::Value as Json;

/// Points, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Curve {
    points: Vec<Json>,
    /// Bytes of their texts.
    size: usize,
    /// How many points were in the last write.
    written: usize,
}

/// The largest size of a curve, in bytes of its text.
const LARGEST: usize = 64 << 20;

impl Curve {
    /// Adds a point whose text has this many bytes; `false` if the curve is too large for it.
    pub(super) fn push(&mut self, point: Json, size: usize) -> bool {
        if self.size + size > LARGEST {
            return false;
        }
        self.size += size;
        self.points.push(point);
        true
    }

    /// Whether the curve has grown enough since its last write.
    pub(super) fn has_grown(&self) -> bool {
        self.points.len() > self.written + self.written / 4
    }

    /// Whether some points are not written.
    pub(super) fn is_unwritten(&self) -> bool {
        self.points.len() > self.written
    }

    /// The last write failed, so all points have to be written.
    pub(super) fn restore(&mut self) {
        self.written = 0;
    }

    /// All points, for a write.
    pub(super) fn take(&mut self) -> Json {
        self.written = self.points.len();
        Json::Array(self.points.clone())
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
            assert!(curve.push(step.into(), 8));
            if curve.has_grown() {
                written += curve.take().as_array().unwrap().len();
            }
        }
        if curve.is_unwritten() {
            written += curve.take().as_array().unwrap().len();
        }
        assert!(written <= 10 * 100_000, "{written}");
        assert!(!curve.is_unwritten());
    }

    #[test]
    fn a_curve_has_a_largest_size() {
        let mut curve = Curve::default();
        assert!(curve.push(Json::Null, LARGEST));
        assert!(!curve.push(Json::Null, 1));
    }
}
