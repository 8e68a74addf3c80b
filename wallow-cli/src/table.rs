//! Tables. What enters: one row after another. What leaves: lines that are at most as wide as the terminal.
//!
//! Invariant: memory is bounded. The first rows decide the width of each column; the following rows are written as they
//! arrive.

mod cell;
mod layout;

use std::io::{self, Write};

use anstyle::Style;

pub(crate) use cell::{Cell, Look, age, rounded};

use crate::output::visible;
use crate::screen::Screen;
use crate::width;
use layout::Layout;

/// The widths are decided after this many rows, or this many bytes in them.
const SAMPLE: usize = 1000;
const SAMPLE_BYTES: usize = 4_000_000;

/// The gap between two columns.
const GAP: &str = "  ";

/// A column of a table.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties")]
pub(crate) struct Heading {
    pub(crate) name: String,
    /// Numbers are aligned to the right.
    pub(crate) right: bool,
    /// Whether its cells may be cut.
    pub(crate) text: bool,
    /// Whether nobody asked for it: it may be left out if it is the same in all rows.
    pub(crate) optional: bool,
    /// Whether it is left out before all others if there is no room, such as a time beside a result.
    pub(crate) minor: bool,
}

impl Heading {
    /// A column of text.
    pub(crate) fn text(name: impl Into<String>) -> Self {
        Heading {
            name: name.into(),
            right: false,
            text: true,
            optional: false,
            minor: false,
        }
    }

    /// A column of names such as uuids, which are never cut.
    pub(crate) fn id(name: impl Into<String>) -> Self {
        Heading {
            text: false,
            ..Heading::text(name)
        }
    }

    /// A column of numbers.
    pub(crate) fn number(name: impl Into<String>) -> Self {
        Heading {
            name: name.into(),
            right: true,
            text: false,
            optional: false,
            minor: false,
        }
    }
}

/// A table that is being written.
pub(crate) struct Table {
    headings: Vec<Heading>,
    screen: Screen,
    out: Box<dyn Write + Send>,
    waiting: Vec<Vec<Cell>>,
    bytes: usize,
    layout: Option<Layout>,
}

impl Table {
    pub(crate) fn new(headings: Vec<Heading>, screen: Screen, out: Box<dyn Write + Send>) -> Self {
        Table {
            headings,
            screen,
            out,
            waiting: Vec::new(),
            bytes: 0,
            layout: None,
        }
    }

    /// Adds a row, with a cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        if let Some(layout) = &self.layout {
            let line = line(&cells, layout, self.screen);
            return writeln!(self.out, "{line}");
        }
        self.bytes += cells.iter().map(|cell| cell.text.len()).sum::<usize>();
        self.waiting.push(cells);
        if self.waiting.len() >= SAMPLE || self.bytes >= SAMPLE_BYTES {
            self.begin(false)?;
        }
        Ok(())
    }

    /// Writes the buffered rows, and names the columns that were left out.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        // If no row has been written yet, the buffer has all rows.
        let same = match &self.layout {
            None => self.waiting.first().cloned(),
            Some(_) => None,
        };
        self.begin(true)?;
        if let Some(layout) = self.layout.take() {
            let name = |index: usize| self.headings[index].name.as_str();
            let same = same.unwrap_or_default();
            let same = layout.same.iter().map(|&index| {
                let value = same.get(index).map_or("", |cell| cell.text.as_str());
                format!("{} {value}", name(index))
            });
            let same = same.collect::<Vec<_>>();
            let crowded = layout.crowded.iter().map(|&index| name(index).to_owned());
            let crowded = crowded.collect::<Vec<_>>();
            self.note("the same in all:", &same)?;
            self.note("no room for", &crowded)?;
        }
        self.out.flush()
    }

    fn note(&mut self, head: &str, parts: &[String]) -> io::Result<()> {
        let (Some(width), false) = (self.screen.width, parts.is_empty()) else {
            return Ok(());
        };
        let note = format!("{head} {}", parts.join(", "));
        let note = width::cut(&note, width);
        let dim = Style::new().dimmed();
        writeln!(self.out, "{}", styled(&note, dim, self.screen))
    }

    /// Decides the widths from the buffered rows and writes them; `complete` if these are all rows.
    fn begin(&mut self, complete: bool) -> io::Result<()> {
        if self.layout.is_some() {
            return Ok(());
        }
        let layout = Layout::of(&self.headings, &self.waiting, self.screen.width, complete);
        let names = self.headings.iter().map(|heading| Cell {
            text: heading.name.clone(),
            style: Style::new().bold(),
        });
        let names = names.collect::<Vec<_>>();
        writeln!(self.out, "{}", line(&names, &layout, self.screen))?;
        for cells in self.waiting.drain(..) {
            writeln!(self.out, "{}", line(&cells, &layout, self.screen))?;
        }
        self.layout = Some(layout);
        Ok(())
    }
}

/// The cells side by side, without blanks at the end.
fn line(cells: &[Cell], layout: &Layout, screen: Screen) -> String {
    let mut line = String::new();
    let mut blanks = String::new();
    for column in &layout.columns {
        let Some(cell) = cells.get(column.index) else {
            continue;
        };
        let text = if screen.is_terminal() {
            width::cut(&cell.text, column.width)
        } else {
            cell.text.as_str().into()
        };
        let rest = " ".repeat(column.width.saturating_sub(width::of(&text)));
        let (before, after) = if column.right {
            (rest.as_str(), "")
        } else {
            ("", rest.as_str())
        };
        line.push_str(&blanks);
        line.push_str(before);
        line.push_str(&styled(&text, cell.style, screen));
        blanks = format!("{after}{GAP}");
    }
    line.truncate(line.trim_end().len());
    line
}

/// The text in a style, if styles are used. Control characters in the text itself are made visible.
pub(crate) fn styled(text: &str, style: Style, screen: Screen) -> String {
    let text = visible(text);
    if screen.styled && style != Style::new() {
        format!("{style}{text}{style:#}")
    } else {
        text
    }
}
