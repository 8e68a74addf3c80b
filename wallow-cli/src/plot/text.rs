//! A picture as text, with braille characters: each has two by four dots.
//!
//! The canvas is a few lines of bits, so it needs no library; the ones there are (textplots, drawille) have neither our
//! axes nor 64-bit numbers.

use super::scale::Tick;
use super::{Picture, Point, Series};
use crate::output::visible;
use crate::width;

/// The first braille character; the others follow in the order of their bits.
const BRAILLE: u32 = 0x2800;

/// The bits of the dots of a character, by column and row.
const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// The marks of series, if there are several.
const MARKS: [char; super::MOST_SERIES] =
    ['●', '○', '▲', '△', '■', '□', '◆', '◇', '+', '×', '*', '#'];

/// So few points are drawn large.
const SPARSE: usize = 100;

/// The picture in lines of at most `columns`.
pub(crate) fn text(picture: &Picture, columns: usize, lines: usize) -> Vec<String> {
    let lines = lines.clamp(5, 40);
    let y_ticks = picture.y.ticks(lines / 3);
    let label = |tick: &Tick| width::cut(&visible(&tick.label), columns / 3).into_owned();
    let margin = y_ticks.iter().map(|tick| width::of(&label(tick))).max();
    let margin = margin.unwrap_or(0);
    let room = columns.saturating_sub(margin + 2).max(4);
    let mut canvas = Canvas::new(room, lines);
    for series in &picture.series {
        canvas.draw(picture, series);
    }
    let points = picture.series.iter().map(|series| series.points.len());
    let is_sparse = points.sum::<usize>() <= SPARSE;
    for (series, mark) in picture.series.iter().zip(MARKS) {
        if picture.has_names() || (is_sparse && !series.is_line) {
            canvas.mark(picture, series, mark);
        }
    }
    let mut text = Vec::new();
    let title = visible(&picture.title);
    text.push(width::cut(&title, columns).into_owned());
    let last = lines - 1;
    let mut labels = vec![String::new(); lines];
    for tick in &y_ticks {
        let from_top = 1.0 - picture.y.part_of_place(tick.place);
        labels[round(from_top * place(last)).min(last)] = label(tick);
    }
    for (label, row) in labels.iter().zip(&canvas.rows) {
        let axis = if label.is_empty() { '│' } else { '┤' };
        let row = row.iter().collect::<String>();
        let line = format!("{} {axis}{row}", width::padded(label, margin, true));
        text.push(line.trim_end().to_owned());
    }
    text.push(format!("{} └{}", " ".repeat(margin), "─".repeat(room)));
    text.push(
        format!("{}{}", " ".repeat(margin + 2), below(picture, room))
            .trim_end()
            .to_owned(),
    );
    let name = width::padded(&visible(&picture.x.name), room, false);
    let name = format!("{}{name}", " ".repeat(margin + 2));
    text.push(width::cut(name.trim_end(), columns).into_owned());
    if picture.has_names() {
        for (series, mark) in picture.series.iter().zip(MARKS) {
            let line = format!("{mark} {}", visible(&series.name));
            text.push(width::cut(&line, columns).into_owned());
        }
    }
    text
}

/// The labels below the axis, each in the middle of its place, as many as fit.
fn below(picture: &Picture, room: usize) -> String {
    let mut line = String::new();
    for tick in picture.x.ticks(room / 12 + 1) {
        let label = visible(&tick.label);
        let label = width::cut(&label, room).into_owned();
        let middle = round(picture.x.part_of_place(tick.place) * place(room.saturating_sub(1)));
        let start = middle.saturating_sub(width::of(&label) / 2);
        let start = start.min(room.saturating_sub(width::of(&label)));
        let used = width::of(&line);
        let gap = usize::from(!line.is_empty());
        if start >= used + gap {
            line.push_str(&" ".repeat(start - used));
            line.push_str(&label);
        }
    }
    line
}

struct Canvas {
    rows: Vec<Vec<char>>,
    columns: usize,
}

impl Canvas {
    fn new(columns: usize, lines: usize) -> Self {
        Canvas {
            rows: vec![vec![' '; columns]; lines],
            columns,
        }
    }

    fn draw(&mut self, picture: &Picture, series: &Series) {
        let places = series
            .points
            .iter()
            .map(|point| self.place(picture, point.x, point.y));
        let places = places.collect::<Vec<_>>();
        if series.is_line {
            for pair in places.windows(2) {
                self.line(pair[0], pair[1]);
            }
        }
        for (point, place) in series.points.iter().zip(&places) {
            self.dot(*place);
            if let Some((from, to)) = interval(picture, point) {
                let [from, to] = [from, to].map(|y| self.place(picture, point.x, y));
                self.line(from, to);
            }
        }
    }

    /// The character of a series in the place of its dots, so that series can be told apart.
    fn mark(&mut self, picture: &Picture, series: &Series, mark: char) {
        // On a line a few are enough.
        let step = if series.is_line {
            series.points.len().div_ceil(8).max(1)
        } else {
            1
        };
        for point in series.points.iter().step_by(step) {
            let (x, y) = self.place(picture, point.x, point.y);
            self.rows[y / 4][x / 2] = mark;
        }
    }

    /// The dot of a value.
    fn place(&self, picture: &Picture, x: f64, y: f64) -> (usize, usize) {
        let (right, bottom) = (2 * self.columns - 1, 4 * self.rows.len() - 1);
        let x = round(picture.x.part(x) * place(right));
        let y = round((1.0 - picture.y.part(y)) * place(bottom));
        (x.min(right), y.min(bottom))
    }

    fn dot(&mut self, (x, y): (usize, usize)) {
        let char = &mut self.rows[y / 4][x / 2];
        let bits = u32::from(*char).saturating_sub(BRAILLE);
        let bit = u32::from(DOTS[x % 2][y % 4]);
        *char = char::from_u32(BRAILLE + (bits | bit)).unwrap_or(' ');
    }

    fn line(&mut self, from: (usize, usize), to: (usize, usize)) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        let between = |one: usize, other: usize, step: usize| {
            let part = place(step) / place(steps);
            round(place(one) * (1.0 - part) + place(other) * part)
        };
        for step in 0..=steps {
            self.dot((between(from.0, to.0, step), between(from.1, to.1, step)));
        }
    }
}

/// Both ends of the interval of a point, as far as the axis shows them.
pub(super) fn interval(picture: &Picture, point: &Point) -> Option<(f64, f64)> {
    let half = point.half.filter(|half| half.is_finite() && *half > 0.0)?;
    let (low, high) = (point.y - half, point.y + half);
    let low = if picture.y.shows(low) { low } else { point.y };
    Some((low, high))
}

#[expect(clippy::cast_precision_loss, reason = "a position on a screen")]
fn place(index: usize) -> f64 {
    index as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position on a screen, from 0"
)]
fn round(place: f64) -> usize {
    place.round().max(0.0) as usize
}
