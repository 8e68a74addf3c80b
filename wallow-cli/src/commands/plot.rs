//! `wallow plot`: fields as a picture, on the terminal or as an SVG file.

mod curves;
mod points;

use std::path::PathBuf;

use wallow_runtime::dynamic;
use wallow_schema::FieldType;

use crate::args::{Place, Selection, name};
use crate::damaged::Damaged;
use crate::export;
use crate::open::{Reading, misused};
use crate::output::{self, Failure, Status};
use crate::plot::{self, Picture};
use crate::progress::Progress;
use crate::screen::Screen;

/// Below its help.
pub(crate) const HELP: &str = "\
One number: its values, run by run. Two fields: a point for each run, the first to the right, the second
upwards; a text, a bool or a time is fine to the right. A json field, or the curves of a log as `show` names
them: a line for each run.

With --over, points and curves are means over these fields with their 95 % confidence interval.

Examples:
  wallow plot val_accuracy
  wallow plot learning_rate val_accuracy --log x --by optimiser
  wallow plot learning_rate val_accuracy --over seed --log x --output rates.svg
  wallow plot 'training_curve[].val_loss' --sort -val_accuracy -n 5
  wallow plot 'training_curve[].val_loss' --over seed --where 'optimiser == \"adamw\"'";

/// `wallow plot`.
#[derive(Debug, clap::Args)]
pub(crate) struct Plot {
    /// One or two fields, or a curve
    #[arg(value_name = "FIELD", required = true, num_args = 1..=2, value_parser = name)]
    pub(crate) fields: Vec<String>,

    #[command(flatten)]
    pub(crate) selection: Selection,

    /// A series for each value of this field
    #[arg(long, value_name = "FIELD", value_parser = name)]
    pub(crate) by: Option<String>,

    /// Average over these identifying fields
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = name)]
    pub(crate) over: Vec<String>,

    /// Draw an axis by its logarithm
    #[arg(long, value_name = "AXIS", value_enum)]
    pub(crate) log: Option<LogAxis>,

    /// Write an SVG file, completely or not at all
    #[arg(long, short, value_name = "FILE.svg")]
    pub(crate) output: Option<PathBuf>,
}

/// Which axes are logarithmic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogAxis {
    X,
    Y,
    Both,
}

impl Plot {
    fn is_log_x(&self) -> bool {
        matches!(self.log, Some(LogAxis::X | LogAxis::Both))
    }

    fn is_log_y(&self) -> bool {
        matches!(self.log, Some(LogAxis::Y | LogAxis::Both))
    }
}

/// A picture, and what a person should know of it.
struct Drawn {
    picture: Picture,
    notes: Vec<String>,
    /// The runs that cannot be read; the picture is without them.
    damaged: Damaged,
}

/// The size of a picture on a terminal.
const COLUMNS: usize = 80;
const LINES: usize = 20;

pub(crate) fn run(place: &Place, plot: &Plot) -> Result<Status, Failure> {
    if let Some(path) = &plot.output
        && path
            .extension()
            .is_none_or(|ending| !ending.eq_ignore_ascii_case("svg"))
    {
        return Err(Failure::usage(format!(
            "`{}` does not end in `.svg`, and pictures are SVG; name it `FILE.svg`",
            path.display()
        )));
    }
    let reading = Reading::open(place)?;
    let to = export::Place::new(plot.output.as_deref()).refuse_own(&reading)?;
    let progress = Progress::of("drawing");
    let mut drawn = draw(&reading, plot)?;
    drop(progress);
    drawn.picture.fit();
    if plot.output.is_some() && !drawn.damaged.is_empty() {
        // A file is written completely or not at all.
        drawn.damaged.report()?;
        return Ok(Status::Fine);
    }
    if let Some(path) = &plot.output {
        let svg = plot::svg(&drawn.picture);
        let svg = svg.map_err(|error| {
            Failure::finding(format!(
                "the picture cannot be drawn: {error}; report this as a mistake of wallow"
            ))
        })?;
        to.write(svg.as_bytes())?;
        output::line(&format!("wrote {}", output::display_path(path)));
    } else {
        let columns = Screen::stdout().width.unwrap_or(COLUMNS);
        for line in plot::text(&drawn.picture, columns, LINES) {
            output::line(&line);
        }
    }
    for note in &drawn.notes {
        output::note(&output::visible(note));
    }
    drawn.damaged.report()?;
    Ok(Status::Fine)
}

fn draw(reading: &Reading, plot: &Plot) -> Result<Drawn, Failure> {
    match &plot.fields[..] {
        [field] => match curve_of(reading, field)? {
            Some(curve) => curves::draw(reading, plot, &curve),
            None => points::draw(reading, plot, None, field),
        },
        [x, y] => points::draw(reading, plot, Some(x), y),
        _ => Err(Failure::usage("name one or two fields")),
    }
}

/// A curve of a json field: the numbers of the field itself, or a member of its log.
struct CurveName {
    field: String,
    member: Option<String>,
}

/// The curve that a text names, if it is one.
fn curve_of(reading: &Reading, text: &str) -> Result<Option<CurveName>, Failure> {
    if let Some((field, member)) = split_log(text) {
        let member = dynamic::unquoted_key(member).unwrap_or_else(|| member.to_owned());
        return Ok(Some(CurveName {
            field: field.to_owned(),
            member: Some(member),
        }));
    }
    let query = reading.store.query().columns(&[text]).map_err(misused)?;
    let columns = query.read_columns();
    let is_json = columns
        .first()
        .is_some_and(|column| column.ty == FieldType::Json);
    // A part may be a number: then it is drawn as one, unless it turns out to be a curve.
    let is_curve = is_json && !(columns[0].is_part() && is_number(reading, text)?);
    Ok(is_curve.then(|| CurveName {
        field: text.to_owned(),
        member: None,
    }))
}

/// The field and the member of `curve[].loss`. The brackets may also be in a key in quotes.
fn split_log(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    let mut is_escaped = false;
    for (place, char) in text.char_indices() {
        match quote {
            None if matches!(char, '"' | '\'' | '`') => quote = Some(char),
            None => {
                if let Some(member) = text[place..].strip_prefix("[].") {
                    return Some((&text[..place], member));
                }
            }
            Some(_) if is_escaped => is_escaped = false,
            Some('"' | '\'') if char == '\\' => is_escaped = true,
            Some(open) if open == char => quote = None,
            Some(_) => {}
        }
    }
    None
}

/// Whether any run has a number at this part of a json field.
fn is_number(reading: &Reading, text: &str) -> Result<bool, Failure> {
    use dynamic::{Function, Measure, Value};
    let measures = [Measure::new(Function::Count, text)];
    let groups = reading
        .store
        .query()
        .group::<&str>(&[], &measures)
        .map_err(misused)?;
    let count = groups
        .rows
        .first()
        .and_then(|row| row.get(&measures[0].to_string()));
    Ok(!matches!(count, None | Some(Value::Int(0))))
}
