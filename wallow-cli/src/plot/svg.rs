//! A picture as SVG, by plotters.
//!
//! plotters draws the shapes; where they are is decided here, so that every label has room, and axes are those of the
//! picture on the terminal, too.

use plotters::drawing::{DrawingArea, IntoDrawingArea as _};
use plotters::element::{Circle, Cross, PathElement, Polygon, Rectangle, Text, TriangleMarker};
use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontTransform, IntoFont as _, RGBColor, ShapeStyle, WHITE};

use super::text::interval;
use super::{Picture, Series};
use crate::output::visible;
use crate::width;

/// The size of the picture, in pixels.
const WIDTH: i32 = 800;
const HEIGHT: i32 = 500;

/// The size of letters, and the usual width of one.
const FONT: i32 = 13;
const LETTER: i32 = 8;

/// A label has at most this many letters, and so has the name of a series.
const LABEL: usize = 24;
const NAME: usize = 36;

/// Colours that people with any colour vision tell apart (Okabe and Ito 2008), the darkest first.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 0, 0),
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];

const GREY: RGBColor = RGBColor(120, 120, 120);
const FAINT: RGBColor = RGBColor(225, 225, 225);

/// Where an error of drawing is reported: writing to a text does not fail, but plotters says that it may.
type Outcome = Result<(), String>;

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// The picture as an SVG file.
///
/// # Errors
/// If plotters cannot draw it.
pub(crate) fn svg(picture: &Picture) -> Result<String, String> {
    let mut text = String::new();
    {
        let size = (WIDTH.unsigned_abs(), HEIGHT.unsigned_abs());
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        Canvas::new(&area, picture).draw()?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// The frame of the axes, in pixels.
struct Canvas<'p, 'a> {
    area: &'p Area<'a>,
    picture: &'p Picture,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl<'p, 'a> Canvas<'p, 'a> {
    fn new(area: &'p Area<'a>, picture: &'p Picture) -> Self {
        let of_y = picture
            .y
            .ticks(8)
            .into_iter()
            .map(|tick| letters(&tick.label, LABEL));
        let of_names = picture
            .series
            .iter()
            .map(|series| letters(&series.name, NAME));
        let legend = if picture.has_names() {
            of_names.max().unwrap_or(0) * LETTER + 40
        } else {
            20
        };
        Canvas {
            area,
            picture,
            // The name of the axis stands beside its labels.
            left: of_y.max().unwrap_or(0) * LETTER + 40,
            right: WIDTH - legend,
            top: 40,
            bottom: HEIGHT - 60,
        }
    }

    fn draw(&self) -> Outcome {
        self.area.fill(&WHITE).map_err(|error| error.to_string())?;
        self.axes()?;
        for (index, series) in self.picture.series.iter().enumerate() {
            self.series(series, index)?;
        }
        if self.picture.is_empty() {
            let middle = (
                i32::midpoint(self.left, self.right),
                i32::midpoint(self.top, self.bottom),
            );
            self.text("nothing to draw", middle, HPos::Center, VPos::Center)?;
        }
        if self.picture.has_names() {
            self.legend()?;
        }
        Ok(())
    }

    fn axes(&self) -> Outcome {
        let Canvas {
            left,
            right,
            top,
            bottom,
            ..
        } = *self;
        for tick in self.picture.y.ticks(8) {
            let y = self.y_of_part(self.picture.y.part_of_place(tick.place));
            self.line(vec![(left, y), (right, y)], FAINT.stroke_width(1))?;
            self.text(&tick.label, (left - 6, y), HPos::Right, VPos::Center)?;
        }
        // As many labels as stand side by side.
        let longest = self
            .picture
            .x
            .ticks(8)
            .iter()
            .map(|tick| letters(&tick.label, LABEL))
            .max();
        let room = (right - left) / (longest.unwrap_or(1).max(3) * LETTER + 12);
        let count = usize::try_from(room).unwrap_or(1).clamp(1, 10);
        for tick in self.picture.x.ticks(count) {
            let x = self.x_of_part(self.picture.x.part_of_place(tick.place));
            self.line(vec![(x, top), (x, bottom)], FAINT.stroke_width(1))?;
            self.text(&tick.label, (x, bottom + 8), HPos::Center, VPos::Top)?;
        }
        let frame = [(left, top), (right, bottom)];
        self.element(&Rectangle::new(frame, GREY.stroke_width(1)))?;
        let middle = i32::midpoint(left, right);
        self.text(&self.picture.title, (middle, 14), HPos::Center, VPos::Top)?;
        let below = (middle, HEIGHT - 26);
        self.text(&self.picture.x.name, below, HPos::Center, VPos::Top)?;
        let font = ("sans-serif", FONT)
            .into_font()
            .transform(FontTransform::Rotate270);
        let style =
            plotters::style::TextStyle::from(font).pos(Pos::new(HPos::Center, VPos::Center));
        let name = cut(&self.picture.y.name, 60);
        let place = (12, i32::midpoint(top, bottom));
        self.element(&Text::new(name, place, style))
    }

    fn series(&self, series: &Series, index: usize) -> Outcome {
        let colour = COLOURS[index % COLOURS.len()];
        let place = |x: f64, y: f64| {
            let (x, y) = (self.picture.x.part(x), self.picture.y.part(y));
            (self.x_of_part(x), self.y_of_part(y))
        };
        let points = series.points.iter().map(|point| place(point.x, point.y));
        let points = points.collect::<Vec<_>>();
        let intervals = series.points.iter().map(|point| {
            let (low, high) = interval(self.picture, point).unwrap_or((point.y, point.y));
            (place(point.x, low), place(point.x, high))
        });
        let intervals = intervals.collect::<Vec<_>>();
        if series.is_line && intervals.iter().any(|(low, high)| low != high) {
            let lower = intervals.iter().rev().map(|(low, _)| *low);
            let band = intervals.iter().map(|(_, high)| *high).chain(lower);
            self.element(&Polygon::new(
                band.collect::<Vec<_>>(),
                colour.mix(0.15).filled(),
            ))?;
        } else {
            for (low, high) in intervals.iter().filter(|(low, high)| low != high) {
                self.line(vec![*low, *high], colour.stroke_width(1))?;
            }
        }
        if series.is_line && points.len() > 1 {
            self.line(points.clone(), colour.stroke_width(2))?;
        }
        // On a long line a few marks are enough to tell it from the others.
        let step = if series.is_line && points.len() > MARKED {
            points.len().div_ceil(MARKED)
        } else {
            1
        };
        for point in points.into_iter().step_by(step) {
            self.mark(point, index, colour)?;
        }
        Ok(())
    }

    /// A mark whose form also tells series apart in grey.
    fn mark(&self, place: (i32, i32), index: usize, colour: RGBColor) -> Outcome {
        const SIZE: i32 = 4;
        let (x, y) = place;
        let square = [(x - SIZE, y - SIZE), (x + SIZE, y + SIZE)];
        match index % 6 {
            0 => self.element(&Circle::new(place, SIZE - 1, colour.filled())),
            1 => self.element(&Circle::new(place, SIZE, colour.stroke_width(2))),
            2 => self.element(&TriangleMarker::new(place, SIZE + 2, colour.filled())),
            3 => self.element(&Rectangle::new(square, colour.stroke_width(2))),
            4 => self.element(&Cross::new(place, SIZE, colour.stroke_width(2))),
            _ => self.element(&Rectangle::new(square, colour.filled())),
        }
    }

    fn legend(&self) -> Outcome {
        for (index, series) in (0..).zip(&self.picture.series) {
            let y = self.top + 10 + 20 * index;
            let colour = COLOURS[usize::try_from(index).unwrap_or(0) % COLOURS.len()];
            self.mark(
                (self.right + 14, y),
                usize::try_from(index).unwrap_or(0),
                colour,
            )?;
            let place = (self.right + 26, y);
            self.label(cut(&series.name, NAME), place, HPos::Left, VPos::Center)?;
        }
        Ok(())
    }

    fn x_of_part(&self, part: f64) -> i32 {
        self.left + scaled(part, self.right - self.left)
    }

    fn y_of_part(&self, part: f64) -> i32 {
        self.bottom - scaled(part, self.bottom - self.top)
    }

    fn text(&self, text: &str, place: (i32, i32), h: HPos, v: VPos) -> Outcome {
        let is_title = text == self.picture.title;
        self.label(cut(text, if is_title { 90 } else { LABEL }), place, h, v)
    }

    fn label(&self, text: String, place: (i32, i32), h: HPos, v: VPos) -> Outcome {
        let font = ("sans-serif", FONT).into_font();
        let style = plotters::style::TextStyle::from(font).pos(Pos::new(h, v));
        self.element(&Text::new(text, place, style))
    }

    fn line(&self, points: Vec<(i32, i32)>, style: ShapeStyle) -> Outcome {
        self.element(&PathElement::new(points, style))
    }

    fn element<E>(&self, element: &E) -> Outcome
    where
        for<'e> &'e E: plotters::element::PointCollection<'e, (i32, i32)>,
        E: plotters::element::Drawable<SVGBackend<'a>>,
    {
        let drawn = self.area.draw(element);
        drawn.map_err(|error| error.to_string())
    }
}

/// A line has about this many marks.
const MARKED: usize = 12;

/// A text without characters that an XML file cannot have, and not too long.
fn cut(text: &str, limit: usize) -> String {
    let text = visible(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    width::cut(&text, limit).into_owned()
}

/// How many letters wide a label is.
fn letters(label: &str, limit: usize) -> i32 {
    i32::try_from(width::of(&cut(label, limit))).unwrap_or(i32::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "at most the size of the picture"
)]
fn scaled(part: f64, length: i32) -> i32 {
    (part * f64::from(length)).round() as i32
}
