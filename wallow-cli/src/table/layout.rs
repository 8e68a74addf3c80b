//! Decides the width of each column, and which columns are shown.
//!
//! If the terminal is too narrow, columns without information are left out first: those that nobody asked for and that
//! are the same in all rows. Then texts are cut, down to [`NARROW`]; then columns are left out: first minor ones, such
//! as times beside results, then the others, each from the right. Numbers, times and uuids are shown completely or not at
//! all. The first column is always shown, and if it has numbers or uuids, these are complete, too.

use super::{Cell, GAP, Heading};
use crate::width;

/// Text is wider than this only if there is room for all columns.
const WIDE: usize = 40;

/// Texts and names of columns are cut to this width before a column is left out: `learning_rate` still fits.
const NARROW: usize = 13;

/// If stdout is not a terminal, columns are padded up to this width; longer texts stick out.
const PADDED: usize = 60;

/// The columns that are shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    pub(super) columns: Vec<Column>,
    /// Left out, because they are the same in all rows.
    pub(super) same: Vec<usize>,
    /// Left out, because there was no room.
    pub(super) crowded: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    /// Its place among all columns.
    pub(super) index: usize,
    pub(super) width: usize,
    pub(super) right: bool,
}

/// The width that a column needs at least, and the widths that it would use.
struct Want {
    index: usize,
    /// The width below which a value would be cut that must not be.
    exact: usize,
    least: usize,
    usual: usize,
    whole: usize,
}

impl Layout {
    /// The layout for these rows; `complete` if no more rows follow.
    pub(super) fn of(
        headings: &[Heading],
        rows: &[Vec<Cell>],
        room: Option<usize>,
        complete: bool,
    ) -> Self {
        let wants = headings.iter().enumerate().map(|(index, heading)| {
            let cells = rows.iter().filter_map(|row| row.get(index));
            let cells = cells.map(|cell| width::of(&cell.text)).max().unwrap_or(0);
            Want::of(index, heading, cells)
        });
        let mut wants = wants.collect::<Vec<_>>();
        let mut same = Vec::new();
        if complete && room.is_some_and(|room| usual(&wants) > room) {
            let quiet =
                |want: &mut Want| headings[want.index].optional && is_same(rows, want.index);
            same = wants.extract_if(.., quiet).map(|want| want.index).collect();
        }
        let mut crowded = Vec::new();
        let widths = match room {
            Some(room) => {
                leave_out(&mut wants, headings, room, &mut crowded);
                fit(&wants, room)
            }
            None => wants.iter().map(|want| want.whole.min(PADDED)).collect(),
        };
        let columns = widths.iter().zip(&wants).map(|(width, want)| Column {
            index: want.index,
            width: *width,
            right: headings[want.index].right,
        });
        crowded.sort_unstable();
        Layout {
            crowded,
            columns: columns.collect(),
            same,
        }
    }
}

/// The usual width of all columns together.
fn usual(wants: &[Want]) -> usize {
    let gaps = GAP.len() * wants.len().saturating_sub(1);
    gaps + wants.iter().map(|want| want.usual).sum::<usize>()
}

/// Whether a column does not distinguish any rows.
fn is_same(rows: &[Vec<Cell>], index: usize) -> bool {
    let mut pairs = rows.iter().zip(rows.iter().skip(1));
    rows.len() > 1 && pairs.all(|(one, other)| one[index].text == other[index].text)
}

impl Want {
    fn of(index: usize, heading: &Heading, cells: usize) -> Self {
        let name = width::of(&heading.name);
        let whole = cells.max(name);
        let least = cells.max(name.min(NARROW));
        if heading.text {
            Want {
                index,
                exact: 0,
                least: least.min(NARROW),
                usual: whole.min(WIDE),
                whole,
            }
        } else {
            Want {
                index,
                exact: cells,
                least,
                usual: whole,
                whole,
            }
        }
    }
}

/// Leaves columns out until the others have room: minor ones first, each kind from the right, but never the first.
fn leave_out(wants: &mut Vec<Want>, headings: &[Heading], room: usize, crowded: &mut Vec<usize>) {
    let least = |wants: &[Want]| {
        let gaps = GAP.len() * wants.len().saturating_sub(1);
        gaps + wants.iter().map(|want| want.least).sum::<usize>()
    };
    while wants.len() > 1 && least(wants) > room {
        let minor = wants
            .iter()
            .skip(1)
            .rposition(|want| headings[want.index].minor);
        let place = minor.map_or(wants.len() - 1, |place| place + 1);
        crowded.push(wants.remove(place).index);
    }
}

/// The widths of columns that have room, except that the first may be too wide.
fn fit(wants: &[Want], room: usize) -> Vec<usize> {
    let first = |want: &Want| want.least.min(room).max(want.exact);
    let widths = wants.iter().enumerate();
    let widths = widths.map(|(place, want)| if place == 0 { first(want) } else { want.least });
    let mut widths = widths.collect::<Vec<_>>();
    let gaps = GAP.len() * wants.len().saturating_sub(1);
    let used = gaps + widths.iter().sum::<usize>();
    let mut left = room.saturating_sub(used);
    for wanted in [|want: &Want| want.usual, |want: &Want| want.whole] {
        // One column after the other grows by one, so that no column takes all the room.
        let mut growing = true;
        while growing && left > 0 {
            growing = false;
            for (width, want) in widths.iter_mut().zip(wants) {
                if left > 0 && *width < wanted(want) {
                    *width += 1;
                    left -= 1;
                    growing = true;
                }
            }
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(columns: &[(Heading, usize)], room: Option<usize>) -> Vec<usize> {
        let headings = columns.iter().map(|(heading, _)| heading.clone());
        let cells = columns
            .iter()
            .map(|(_, width)| Cell::from("x".repeat(*width)));
        let layout = Layout::of(
            &headings.collect::<Vec<_>>(),
            &[cells.collect::<Vec<_>>()],
            room,
            true,
        );
        layout.columns.iter().map(|column| column.width).collect()
    }

    #[test]
    fn everything_is_whole_where_there_is_room() {
        let columns = [(Heading::number("id"), 3), (Heading::text("note"), 50)];
        assert_eq!(widths(&columns, Some(80)), [3, 50]);
        assert_eq!(widths(&columns, None), [3, 50]);
    }

    #[test]
    fn text_gives_way_before_columns_do() {
        let columns = [
            (Heading::number("id"), 3),
            (Heading::text("note"), 100),
            (Heading::text("error_excerpt"), 100),
            (Heading::number("wallclock_seconds"), 5),
        ];
        assert_eq!(widths(&columns, Some(80)), [3, 27, 27, 17]);
        assert_eq!(widths(&columns, Some(48)), [3, 13, 13, 13]);
        assert_eq!(widths(&columns, Some(47)), [3, 20, 20]);
        assert_eq!(widths(&columns, Some(18)), [3, 13]);
        assert_eq!(widths(&columns, Some(17)), [3]);
        assert_eq!(widths(&columns, Some(2)), [3]);
        assert_eq!(widths(&columns, Some(0)), [3]);
    }

    #[test]
    fn what_says_nothing_gives_way_first() {
        let optional = |name: &str| Heading {
            optional: true,
            ..Heading::number(name)
        };
        let headings = [Heading::number("id"), optional("epochs"), optional("seed")];
        let row = |cells: [&str; 3]| cells.map(|text| Cell::from(text.to_owned())).to_vec();
        let rows = [row(["1", "10", "7"]), row(["1", "10", "8"])];
        let display = |rows: &[_], room, complete| {
            let layout = Layout::of(&headings, rows, Some(room), complete);
            let indices = layout.columns.iter().map(|column| column.index);
            (indices.collect::<Vec<_>>(), layout.same, layout.crowded)
        };
        assert_eq!(display(&rows, 16, true), (vec![0, 1, 2], vec![], vec![]));
        assert_eq!(display(&rows, 15, true), (vec![0, 2], vec![1], vec![]));
        // More rows might follow.
        assert_eq!(display(&rows, 15, false), (vec![0, 1], vec![], vec![2]));
        assert_eq!(display(&rows[..1], 15, true), (vec![0, 1], vec![], vec![2]));
    }

    #[test]
    fn nothing_makes_no_columns() {
        assert!(widths(&[], Some(40)).is_empty());
    }
}
