//! `wallow importance`: how much each identifying field matters for a result.

use serde_json::{Map, Value as Json, json};
use wallow_runtime::Query;
use wallow_runtime::dynamic::{self, Function, Groups, Measure, Row, Value};

use super::show::value_as_json;
use crate::args::{Filter, Place, name};
use crate::damaged::Damaged;
use crate::grouping::{Grouping, refuse_other, usual_over};
use crate::open::{Reading, grouped, misused};
use crate::output::{self, Failure, Status};
use crate::progress::Progress;
use crate::screen::Screen;
use crate::statistics::importance::{
    FEWEST_RUNS, Importance, Method, Setting, Unexplained, importance,
};
use crate::table::{Heading, Look, Table};
use crate::terminal;

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow importance val_accuracy
  wallow importance val_loss --where 'status == \"completed\" and architecture == \"mlp-16\"'

A share is the part of the variance between settings that a field explains alone, whatever the others
are. It is exact if the settings are a full grid; else it is that of a random forest (fANOVA).";

/// `wallow importance`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The result: a number; runs without it are left out
    #[arg(value_name = "METRIC", value_parser = name)]
    pub(crate) metric: String,

    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Average over these fields [default: seed, if it is an identifying field]
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = name)]
    pub(crate) over: Option<Vec<String>>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What was explained, and of which runs.
struct Explained {
    importance: Importance,
    over: Vec<String>,
    runs: u64,
    /// Runs without a result.
    absent: u64,
    /// Runs whose result is infinite or not a number.
    infinite: u64,
    settings: usize,
    /// The part of the variance of single runs that is within settings; `None` if no setting has two runs.
    within: Option<f64>,
    /// How many runs there are, if these are a sample.
    sample_of: Option<u64>,
    /// Runs that cannot be read.
    damaged: Damaged,
}

pub(crate) fn run(place: &Place, args: &Args) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let progress = Progress::of("weighing the fields");
    let explained = explain(&reading, args, None)?;
    drop(progress);
    if args.json {
        output::json(&as_json(&args.metric, &explained));
    } else {
        print(&explained)?;
    }
    explained.damaged.report()?;
    Ok(Status::Fine)
}

/// The shares of the fields in a number of the selected runs, as JSON; with `most`, of a sample of about as many runs.
pub(crate) fn shares(
    reading: &Reading,
    filter: &Filter,
    metric: &str,
    most: Option<u64>,
) -> Result<Json, Failure> {
    let args = Args {
        metric: metric.to_owned(),
        filter: filter.clone(),
        over: None,
        json: true,
    };
    Ok(as_json(metric, &explain(reading, &args, most)?))
}

/// With `most`, of a sample of about as many runs.
fn explain(reading: &Reading, args: &Args, most: Option<u64>) -> Result<Explained, Failure> {
    let over = args.over.clone().unwrap_or_else(|| usual_over(reading));
    refuse_other(reading, &over)?;
    let query = reading.query(&args.filter)?;
    let (query, sample_of) = match most {
        Some(most) => {
            let (sample, of) = reading.sample(query, most)?;
            (sample, (of > most).then_some(of))
        }
        None => (query, None),
    };
    let fields = reading.store.schema().key_columns().into_iter();
    let fields = fields.chain([args.metric.as_str()]).collect::<Vec<_>>();
    let (explained, damaged) = reading.of_readable(&query, &fields, |query| {
        explain_readable(reading, query, &args.metric, &over)
    })?;
    Ok(Explained {
        sample_of,
        damaged,
        ..explained
    })
}

fn explain_readable(
    reading: &Reading,
    query: &Query<Row>,
    metric: &str,
    over: &[String],
) -> Result<Explained, Failure> {
    // This refuses a field that is no number, before an expression with it does.
    let all = settings(query, &[], metric)?;
    let all = all.rows.first();
    let selected = match all.and_then(|all| all.get("runs")) {
        Some(Value::Int(runs)) => u64::try_from(*runs).unwrap_or(0),
        _ => 0,
    };
    let all = all.map_or(0, |all| whole(number(all, Function::Count, metric)));
    let query = query.clone().filter(is_finite(reading, metric)?);
    let runs = query.count().map_err(misused)?;
    if runs < FEWEST_RUNS {
        return Err(Failure::finding(format!(
            "{} a finite number in `{metric}`, and below {FEWEST_RUNS} runs the shares would be chance: a handful of \
             results differs in some field by luck; let more runs complete, or select more of them",
            has(runs)
        )));
    }
    let grouping = Grouping::over(reading, &query, over)?;
    let groups = settings(&query, &grouping.keys, metric)?;
    let settings = groups.rows.iter().map(|row| Setting {
        values: grouping
            .keys
            .iter()
            .filter_map(|key| row.get(key).cloned())
            .collect(),
        mean: number(row, Function::Mean, metric),
    });
    let settings = settings.collect::<Vec<_>>();
    let mut importance =
        importance(&grouping.keys, &settings).map_err(|why| unexplained(why, metric, over))?;
    importance.constant = grouping.constant;
    Ok(Explained {
        importance,
        runs,
        absent: selected.saturating_sub(all),
        infinite: all.saturating_sub(runs),
        settings: settings.len(),
        within: within(&groups, metric),
        over: over.to_vec(),
        sample_of: None,
        damaged: Damaged::default(),
    })
}

/// A mean, a spread and a number of runs for each setting.
fn settings(query: &Query<Row>, keys: &[String], metric: &str) -> Result<Groups, Failure> {
    let functions = [Function::Mean, Function::StdDev, Function::Count];
    let measures = functions.map(|function| Measure::new(function, metric));
    grouped(query, keys, &measures)
}

/// The condition that a number is finite, also for a database with NaN.
///
/// Written so that no database looks for it in an index of the field: nearly all runs are in the range, and one by one
/// they are read many times as slowly as in the order of the table.
fn is_finite(reading: &Reading, field: &str) -> Result<wallow_runtime::Expr<Row>, Failure> {
    let operand = reading.operand(field);
    let text = format!(
        "not ({operand} < {:e} or {operand} > {:e})",
        f64::MIN,
        f64::MAX
    );
    let is_int = reading
        .store
        .columns()
        .iter()
        .any(|column| column.name == field && column.ty == wallow_schema::FieldType::Int);
    if is_int {
        return reading.has_value(field);
    }
    dynamic::parse(reading.store.schema(), &text).map_err(Failure::expression)
}

fn number(row: &Row, function: Function, field: &str) -> f64 {
    match row.get(&Measure::new(function, field).to_string()) {
        Some(Value::Float(value)) => *value,
        #[expect(clippy::cast_precision_loss, reason = "a number of runs")]
        Some(Value::Int(value)) => *value as f64,
        _ => f64::NAN,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of runs"
)]
fn whole(count: f64) -> u64 {
    count as u64
}

/// The part of the variance of single runs that is between the runs of one setting.
fn within(groups: &Groups, metric: &str) -> Option<f64> {
    let of = |row: &Row, function| number(row, function, metric);
    let rows = || groups.rows.iter();
    if !rows().any(|row| of(row, Function::Count) > 1.0) {
        return None;
    }
    let count = rows().map(|row| of(row, Function::Count)).sum::<f64>();
    // Around the first mean, and between -1 and 1: so nothing cancels or overflows.
    let first = rows().next().map_or(0.0, |row| of(row, Function::Mean));
    let off = |row: &Row| of(row, Function::Mean) / 4.0 - first / 4.0;
    let spread = |row: &Row| match of(row, Function::StdDev) / 4.0 {
        spread if spread.is_finite() => spread,
        _ => 0.0,
    };
    let sizes = rows().flat_map(|row| [off(row).abs(), spread(row)]);
    let largest = sizes.fold(f64::MIN_POSITIVE, f64::max);
    let inner =
        rows().map(|row| (spread(row) / largest).powi(2) * (of(row, Function::Count) - 1.0));
    let sum = rows().map(|row| of(row, Function::Count) * (off(row) / largest));
    let mean = sum.sum::<f64>() / count;
    let outer = rows().map(|row| of(row, Function::Count) * (off(row) / largest - mean).powi(2));
    let (inner, outer) = (inner.sum::<f64>(), outer.sum::<f64>());
    let share = inner / (inner + outer);
    share.is_finite().then_some(share)
}

fn unexplained(why: Unexplained, metric: &str, over: &[String]) -> Failure {
    Failure::finding(match why {
        Unexplained::SameResult => format!(
            "every setting has the same `{metric}`, so no field explains a difference; choose another field"
        ),
        Unexplained::OneSetting if over.is_empty() => {
            "all runs have the same setting, so there is nothing to compare; select more runs"
                .to_owned()
        }
        Unexplained::OneSetting => format!(
            "all runs have the same setting apart from {}, so there is nothing to compare; select more runs",
            over.join(", ")
        ),
    })
}

fn has(runs: u64) -> String {
    if runs == 1 {
        "1 run has".into()
    } else {
        format!("{runs} runs have")
    }
}

fn print(explained: &Explained) -> Result<(), Failure> {
    let Importance {
        method,
        shares,
        interactions,
        constant,
    } = &explained.importance;
    let headings = vec![Heading::text("field"), Heading::number("share")];
    let mut table = Table::new(headings, Screen::stdout(), terminal::stdout());
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let fields = shares.iter().map(|(name, share)| (name.as_str(), *share));
    for (name, share) in fields.chain([("(interactions)", *interactions)]) {
        table.row(vec![output::visible(name).into(), percent(share).into()])?;
    }
    table.finish()?;
    let over = if explained.over.is_empty() {
        String::new()
    } else {
        format!(", averaged over {}", explained.over.join(", "))
    };
    let how = match method {
        Method::Anova => "a full grid, so the shares are exact (analysis of variance)",
        Method::Forest => "not a full grid, so the shares are those of a random forest (fANOVA)",
    };
    let runs = crate::bulk::runs(explained.runs);
    let settings = output::counted(explained.settings, "setting");
    output::line(&format!("{runs} in {settings}{over}: {how}"));
    if let Some(within) = explained.within {
        output::line(&format!(
            "of the variance of single runs, {} is within settings",
            percent(within)
        ));
    }
    for (count, why) in [
        (explained.absent, "without a value"),
        (explained.infinite, "with NaN or an infinite value"),
    ] {
        if count > 0 {
            let left_out = crate::bulk::runs(count);
            output::line(&format!("{left_out} {why} left out"));
        }
    }
    if !constant.is_empty() {
        let same = constant.iter().map(|(name, value)| {
            let value = Look::WHOLE.cell(value, true).text;
            format!("{name} {value}")
        });
        let same = same.collect::<Vec<_>>().join(", ");
        output::line(&format!("the same in all: {}", output::visible(&same)));
    }
    Ok(())
}

fn as_json(metric: &str, explained: &Explained) -> Json {
    let importance = &explained.importance;
    let shares = importance.shares.iter();
    let shares = shares.map(|(name, share)| json!({"field": name, "share": share}));
    let constant = importance.constant.iter();
    let constant = constant.map(|(name, value)| (name.clone(), value_as_json(value)));
    let mut json = json!({
        "metric": metric,
        "method": match importance.method {
            Method::Anova => "anova",
            Method::Forest => "fanova",
        },
        "runs": explained.runs,
        "settings": explained.settings,
        "averaged_over": explained.over,
        "shares": shares.collect::<Vec<_>>(),
        "interactions": importance.interactions,
        "within_settings": explained.within,
        "without_value": explained.absent,
        "not_finite": explained.infinite,
        "constant": constant.collect::<Map<_, _>>(),
    });
    if let Some(of) = explained.sample_of {
        json["sample_of"] = of.into();
    }
    if !explained.damaged.is_empty() {
        json["damaged"] = explained.damaged.as_json();
    }
    json
}
