//! Rows on their way to a person or a program.
//!
//! What enters: columns, and rows one by one. What leaves: a table, or a file of some format. Invariant: rows are
//! written as they arrive; unreadable rows are reported at the end, after all others.

use chrono::Utc;
use wallow_runtime::dynamic::{Column, Row};
use wallow_runtime::{Error, Query};
use wallow_schema::FieldType;

use crate::args::{Delivery, Form};
use crate::damaged::Damaged;
use crate::export::{self, Format};
use crate::output::{self, Failure, Status};
use crate::reading::Reading;
use crate::screen::Screen;
use crate::table::{Heading, Look, Table};
use crate::terminal;

/// What is said if a query selects no run.
pub(crate) const NO_RUNS: &str = "no runs";

/// Columns, and the rows to list.
pub(crate) struct Listing {
    pub(crate) columns: Vec<Column>,
    /// This many of the first columns were asked for; the others may be left out if there is no room.
    pub(crate) asked: usize,
    pub(crate) rows: Box<dyn Iterator<Item = Result<Row, Error>>>,
    /// What is said if there are no rows.
    pub(crate) nothing: &'static str,
}

impl Listing {
    /// The runs of a query with these columns, of which this many were asked for.
    pub(crate) fn of(
        reading: &Reading,
        query: &Query<Row>,
        names: &[String],
        asked: usize,
    ) -> Result<Self, Error> {
        let query = query.clone().columns(names)?;
        Ok(Listing {
            columns: reading.columns(names),
            asked,
            rows: Box::new(query.iter()),
            nothing: NO_RUNS,
        })
    }

    /// Writes the rows in the requested form.
    pub(crate) fn deliver(self, reading: &Reading, delivery: &Delivery) -> Result<Status, Failure> {
        match form(delivery)? {
            Form::Table => self.tabulate(reading, delivery.absolute),
            Form::Data(format) => {
                let place = export::Place::new(delivery.output.as_deref());
                let place = place.refuse_own(reading)?;
                export::write(self.rows, format, &self.columns, place)?;
                Ok(Status::Fine)
            }
        }
    }

    /// Prints a table.
    pub(crate) fn tabulate(self, reading: &Reading, absolute: bool) -> Result<Status, Failure> {
        let screen = Screen::stdout();
        let relative = screen.is_terminal() && !absolute;
        let look = Look {
            relative_to: relative.then(Utc::now),
            short: screen.is_terminal(),
        };
        let columns = self.columns.iter();
        let exact = columns.map(|column| reading.is_identifying(&column.name));
        let exact = exact.collect::<Vec<_>>();
        let headings = self.columns.iter().enumerate();
        let headings = headings.map(|(index, column)| Heading {
            optional: index >= self.asked,
            ..heading(column)
        });
        let headings = headings.collect();
        let mut damaged = Damaged::default();
        let mut rows = self.rows.filter_map(|row| damaged.sort_out(row)).peekable();
        if rows.peek().is_some() {
            let mut table = Table::new(headings, screen, terminal::stdout());
            for row in rows {
                let cells = row.iter().zip(&exact);
                let cells = cells.map(|((_, value), exact)| look.cell(value, *exact));
                table.row(cells.collect())?;
            }
            table.finish()?;
        } else if damaged.is_empty() {
            output::line(self.nothing);
        }
        damaged.report()?;
        Ok(Status::Fine)
    }
}

/// The form that was given, or that the file's name indicates; otherwise a table.
pub(crate) fn form(delivery: &Delivery) -> Result<Form, Failure> {
    let form = match (delivery.format, &delivery.output) {
        (Some(form), _) => form,
        (None, None) => Form::Table,
        (None, Some(path)) => match Format::of_path(path) {
            Some(format) => Form::Data(format),
            None => {
                return Err(Failure::usage(format!(
                    "the name `{}` does not tell a format; name one with `--format`",
                    path.display()
                )));
            }
        },
    };
    if form == Form::Table && delivery.output.is_some() {
        let message =
            "a table is for a terminal; for a file name another `--format`, or write `> FILE`";
        return Err(Failure::usage(message));
    }
    Ok(form)
}

/// The default columns of a table: the id, `first`, the status if the schema has one, then the other fields without
/// json, paths last, then uuid and times. A json value is too large for a cell, so it is shown only on request.
pub(crate) fn usual(reading: &Reading, first: Option<&str>) -> Vec<String> {
    let of = |wanted: fn(FieldType) -> bool| {
        let fields = reading.store.schema().fields();
        let fields = fields.filter(move |field| wanted(field.ty));
        fields.map(|field| field.name.as_str())
    };
    let paths = of(|ty| ty == FieldType::Path);
    let fields = of(|ty| !matches!(ty, FieldType::Json | FieldType::Path)).chain(paths);
    let mut names = vec!["id"];
    let status = reading.store.schema().field("status").map(|_| "status");
    let rest = first.into_iter().chain(status).chain(fields);
    for name in rest.chain(["uuid", "created_at", "updated_at"]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(str::to_owned).collect()
}

fn heading(column: &Column) -> Heading {
    match column.ty {
        FieldType::Int | FieldType::Float => Heading::number(&column.name),
        FieldType::String if column.name != "uuid" => Heading::text(&column.name),
        FieldType::Path | FieldType::Json => Heading::text(&column.name),
        FieldType::String | FieldType::Bool | FieldType::Datetime => Heading {
            text: false,
            ..Heading::text(&column.name)
        },
    }
}
