//! Pictures of runs. What enters: series of points, axes, a title. What leaves: SVG, or text for a terminal.
//!
//! Pure: nothing here reads a database. Invariants: every point that is drawn is finite; what cannot be drawn was counted
//! by whoever made the series.

mod scale;
mod svg;
mod text;

pub(crate) use scale::{Axis, Kind};
pub(crate) use svg::svg;
pub(crate) use text::text;

/// A picture.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) series: Vec<Series>,
}

/// Points that belong together, in the order in which a line connects them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    /// Empty if there is only one series.
    pub(crate) name: String,
    /// Whether a line connects the points.
    pub(crate) is_line: bool,
    pub(crate) points: Vec<Point>,
}

/// A point, with half of its interval if it is a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) half: Option<f64>,
}

/// A picture has at most this many series: more cannot be told apart.
pub(crate) const MOST_SERIES: usize = 12;

impl Picture {
    /// Widens the axes to all points and their intervals.
    pub(crate) fn fit(&mut self) {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let x = points().map(|point| point.x).collect::<Vec<_>>();
        let y = points().flat_map(|point| {
            let half = point.half.unwrap_or(0.0);
            // The lower end of an interval may be below what a logarithm can show.
            [point.y - half, point.y, point.y + half]
        });
        let y = y.collect::<Vec<_>>();
        self.x.fit(&x);
        self.y.fit(&y);
    }

    /// Whether series have names, which tell them apart.
    fn has_names(&self) -> bool {
        self.series.iter().any(|series| !series.name.is_empty())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.points.is_empty())
    }
}
