//! Rows on their way to a person or a program.
//!
//! What enters: columns, and rows one by one. What leaves: a table, or a file of some format. Invariant: rows are
//! written as they arrive; unreadable rows are reported at the end, after all others.

use chrono::Utc;
use serde_json::Value as Json;
use wallow_runtime::dynamic::{Column, Row, Value};
use wallow_runtime::{Error, Query};
use wallow_schema::FieldType;

use crate::args::{Delivery, Form};
use crate::damaged::Damaged;
use crate::export::{self, Format};
use crate::open::Reading;
use crate::output::{self, Failure, Status, visible};
use crate::reason::one_line;
use crate::screen::Screen;
use crate::table::{Heading, Look, Table};
use crate::terminal;

/// What is said if a query selects no run.
pub(crate) const NO_RUNS: &str = "no runs";

/// The field of runs that says why they failed.
pub(crate) const REASON: &str = "error_excerpt";

/// Columns, and the rows to list.
pub(crate) struct Listing {
    pub(crate) columns: Vec<Column>,
    /// This many of the first columns were asked for; the others may be left out if there is no room.
    pub(crate) asked: usize,
    pub(crate) rows: Box<dyn Iterator<Item = Result<Row, Error>>>,
    /// What is said if there are no rows.
    pub(crate) nothing: &'static str,
    /// The column with the reasons of failures.
    pub(crate) reason: &'static str,
}

impl Listing {
    /// The runs of a query with these columns, of which this many were asked for.
    pub(crate) fn of(query: &Query<Row>, names: &[String], asked: usize) -> Result<Self, Error> {
        let query = query.clone().columns(names)?;
        Ok(Listing {
            columns: query.read_columns(),
            asked,
            rows: Box::new(query.iter()),
            nothing: NO_RUNS,
            reason: REASON,
        })
    }

    /// Writes the rows in the requested form.
    pub(crate) fn deliver(self, reading: &Reading, delivery: &Delivery) -> Result<Status, Failure> {
        match form(delivery)? {
            Form::Table => self.tabulate(reading, delivery),
            Form::Data(format) => {
                let place = export::Place::new(delivery.output.as_deref());
                let place = place.refuse_own(reading)?;
                export::write(self.rows, format, &self.columns, place)?;
                Ok(Status::Fine)
            }
        }
    }

    /// Writes the rows as [`deliver`](Listing::deliver) does, and reports runs that were left out of them.
    pub(crate) fn deliver_without(
        self,
        damaged: Damaged,
        reading: &Reading,
        delivery: &Delivery,
    ) -> Result<Status, Failure> {
        if delivery.output.is_some() {
            // A file is written completely or not at all.
            damaged.report()?;
            return self.deliver(reading, delivery);
        }
        let status = self.deliver(reading, delivery)?;
        damaged.report()?;
        Ok(status)
    }

    /// Prints a table.
    pub(crate) fn tabulate(
        self,
        reading: &Reading,
        delivery: &Delivery,
    ) -> Result<Status, Failure> {
        let screen = Screen::stdout();
        let relative = screen.is_terminal() && !delivery.absolute;
        let look = Look {
            relative_to: relative.then(Utc::now),
            short: screen.is_terminal(),
        };
        let columns = self.columns.iter();
        let exact = columns.map(|column| reading.is_identifying(&column.name));
        let exact = exact.collect::<Vec<_>>();
        let parts = self.columns.iter().map(Column::is_part);
        let parts = parts.collect::<Vec<_>>();
        let headings = self.columns.iter().enumerate();
        let headings = headings.map(|(index, column)| Heading {
            optional: index >= self.asked,
            // A time that nobody asked for is worth less than a result.
            minor: index >= self.asked && column.ty == FieldType::Datetime,
            ..heading(column)
        });
        let headings = headings.collect();
        let mut damaged = Damaged::default();
        let mut rows = self.rows.filter_map(|row| damaged.sort_out(row)).peekable();
        if rows.peek().is_some() {
            let mut table = Table::new(headings, screen, terminal::paged(delivery));
            for row in rows {
                let cells = row.iter().zip(&exact).zip(&parts);
                let cells = cells.map(|(((name, value), exact), is_part)| match value {
                    Value::Text(text) if look.short && name == self.reason => {
                        visible(&one_line(text)).into()
                    }
                    // The texts among the parts of a json field are texts for a person, without quotes.
                    Value::Json(Json::String(text)) if *is_part => visible(text).into(),
                    value => look.cell(value, *exact),
                });
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
                return Err(output::no_format_to_write(path));
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

/// Each column once: most formats cannot distinguish two columns of the same name.
pub(crate) fn refuse_twice(names: &[String]) -> Result<(), Failure> {
    let again = |(index, name): &(usize, &String)| names[..*index].contains(*name);
    match names.iter().enumerate().find(again) {
        None => Ok(()),
        Some((_, name)) => Err(Failure::usage(format!(
            "the column `{name}` is named twice; name it once"
        ))),
    }
}

/// The heading of a column.
pub(crate) fn heading(column: &Column) -> Heading {
    match column.ty {
        FieldType::Int | FieldType::Float => Heading::number(&column.name),
        FieldType::String if column.name != "uuid" => Heading::text(&column.name),
        // The parts of a json field are mostly numbers.
        FieldType::Json if column.is_part() => Heading {
            right: true,
            ..Heading::text(&column.name)
        },
        FieldType::Path | FieldType::Json => Heading::text(&column.name),
        FieldType::String | FieldType::Bool | FieldType::Datetime => Heading::id(&column.name),
    }
}
