//! Times in Optuna's database have no zone. This module finds out which times they are.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use wallow_runtime::Error;
use wallow_runtime::dynamic::Value;
use wallow_runtime::external_db::ExternalDb;
use wallow_runtime::value::parse_time;

/// The clock that a database's times come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// Since Optuna 5.
    Utc,
    /// Before Optuna 5: local time where the trial ran, which is taken to be the zone of this machine.
    Local,
}

impl Clock {
    /// The clock of the Optuna version that made the database.
    pub(super) fn of(database: &ExternalDb) -> Result<Self, Error> {
        if database.columns("version_info")?.is_empty() {
            return Ok(Clock::Local);
        }
        let rows = database.rows("SELECT library_version FROM version_info", &[], 1)?;
        let version = rows.first().and_then(|row| match row.first() {
            Some(Value::Text(version)) => version.split('.').next()?.parse::<u32>().ok(),
            _ => None,
        });
        let is_new = version.is_some_and(|major| major >= 5);
        Ok(if is_new { Clock::Utc } else { Clock::Local })
    }

    /// The start and the end of each trial of a study. The trials are in the order in which they were created.
    pub(super) fn spans(self, trials: &[Noted]) -> Vec<Span> {
        match self {
            Clock::Utc => {
                let utc = |time: Option<NaiveDateTime>| time.map(|time| time.and_utc());
                let spans = trials.iter();
                spans
                    .map(|trial| (utc(trial.start), utc(trial.end)))
                    .collect()
            }
            Clock::Local => spans(&chrono::Local, trials),
        }
    }
}

/// When a trial began and ended.
pub(super) type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// The local times of a trial, as they were recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    pub(super) start: Option<NaiveDateTime>,
    pub(super) end: Option<NaiveDateTime>,
    /// Whether it waited in the queue before it began: then trials with later numbers may have begun earlier.
    pub(super) enqueued: bool,
}

impl Noted {
    pub(super) fn new(start: &Value, end: &Value, enqueued: bool) -> Self {
        let naive = |value: &Value| match value {
            Value::Text(text) => parse_time(text).map(|time| time.naive_utc()),
            _ => None,
        };
        Noted {
            start: naive(start),
            end: naive(end),
            enqueued,
        }
    }
}

/// Workers that begin at the same time may be recorded in another order, this far apart.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// The times of trials that were recorded in local time. If clocks are set back, one hour of local time occurs twice. A
/// time in that hour is taken as the earlier of the two, unless that would put the trials out of order: a trial does
/// not begin before an earlier one, not before the last one ended if the other trials ran one by one, and does not end
/// before it begins.
fn spans<Z: TimeZone>(zone: &Z, trials: &[Noted]) -> Vec<Span> {
    let one_by_one = is_one_by_one(zone, trials);
    // Queued trials are compared only with each other, because a trial that waited may begin after trials that were
    // created later.
    let mut latest: [Option<DateTime<Utc>>; 2] = [None; 2];
    let spans = trials.iter().map(|trial| {
        let latest = &mut latest[usize::from(trial.enqueued)];
        let start = trial.start.map(|start| {
            let [first, second] = readings(zone, start);
            let is_out_of_order = |time| latest.is_some_and(|latest| time + SLACK < latest);
            if is_out_of_order(first) && !is_out_of_order(second) {
                second
            } else {
                first
            }
        });
        let end = trial.end.map(|end| {
            let [first, second] = readings(zone, end);
            match start {
                Some(start) if first < start => second,
                _ => first,
            }
        });
        *latest = (*latest).max(start);
        if one_by_one {
            *latest = (*latest).max(end);
        }
        (start, end)
    });
    spans.collect()
}

/// Whether each trial began after the previous one had ended, judged only by unambiguous times.
fn is_one_by_one<Z: TimeZone>(zone: &Z, trials: &[Noted]) -> bool {
    let only = |time: Option<NaiveDateTime>| {
        let [first, second] = readings(zone, time?);
        (first == second).then_some(first)
    };
    let known = trials
        .iter()
        .filter_map(|trial| Some((only(trial.start)?, only(trial.end)?)));
    let mut known = known.collect::<Vec<_>>();
    known.sort_unstable();
    known.len() > 1 && known.windows(2).all(|pair| pair[1].0 >= pair[0].1)
}

/// The earlier and the later moment with this local time. A local time that never occurred, because clocks were set
/// forward, is counted from the same time on the day before.
fn readings<Z: TimeZone>(zone: &Z, time: NaiveDateTime) -> [DateTime<Utc>; 2] {
    let day = TimeDelta::days(1);
    match zone.from_local_datetime(&time) {
        LocalResult::Single(only) => [only.to_utc(); 2],
        LocalResult::Ambiguous(one, other) => {
            // For a zone that is given as a rule, chrono returns the later moment first.
            let (one, other) = (one.to_utc(), other.to_utc());
            [one.min(other), one.max(other)]
        }
        LocalResult::None => {
            let before = time.checked_sub_signed(day);
            let before = before.and_then(|before| zone.from_local_datetime(&before).latest());
            let counted = before.and_then(|before| before.to_utc().checked_add_signed(day));
            [counted.unwrap_or_else(|| time.and_utc()); 2]
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, NaiveDate, Offset};

    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    /// Central Europe in 2024: an hour ahead, two in summer.
    #[derive(Debug, Clone, Copy)]
    struct Summer(FixedOffset);

    impl Offset for Summer {
        fn fix(&self) -> FixedOffset {
            self.0
        }
    }

    impl TimeZone for Summer {
        type Offset = Summer;

        fn from_offset(offset: &Summer) -> Self {
            *offset
        }

        fn offset_from_local_date(&self, _: &NaiveDate) -> LocalResult<Summer> {
            LocalResult::None
        }

        fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<Summer> {
            let [winter, summer] =
                [1, 2].map(|hours| Summer(FixedOffset::east_opt(hours * 3600).unwrap()));
            if *local < at("2024-03-31 02:00") || *local >= at("2024-10-27 03:00") {
                LocalResult::Single(winter)
            } else if *local < at("2024-03-31 03:00") {
                LocalResult::None
            } else if *local < at("2024-10-27 02:00") {
                LocalResult::Single(summer)
            } else {
                // The later one first, as chrono may have it.
                LocalResult::Ambiguous(winter, summer)
            }
        }

        fn offset_from_utc_date(&self, _: &NaiveDate) -> Summer {
            *self
        }

        fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> Summer {
            let summer = *utc >= at("2024-03-31 01:00") && *utc < at("2024-10-27 01:00");
            Summer(FixedOffset::east_opt(if summer { 7200 } else { 3600 }).unwrap())
        }
    }

    #[test]
    fn no_trial_ends_before_it_begins_because_clocks_were_set_back() {
        let zone = Summer(FixedOffset::east_opt(3600).unwrap());
        for (start, end, expected, minutes) in [
            (
                "2024-07-01 12:00",
                "2024-07-01 12:30",
                "2024-07-01 10:00",
                30,
            ),
            // Over the change, both ways.
            (
                "2024-10-27 01:30",
                "2024-10-27 03:30",
                "2024-10-26 23:30",
                180,
            ),
            (
                "2024-03-31 01:30",
                "2024-03-31 03:30",
                "2024-03-31 00:30",
                60,
            ),
            // Within the hour that came twice.
            (
                "2024-10-27 02:50",
                "2024-10-27 02:10",
                "2024-10-27 00:50",
                20,
            ),
            (
                "2024-10-27 02:10",
                "2024-10-27 02:50",
                "2024-10-27 00:10",
                40,
            ),
            (
                "2024-10-27 01:50",
                "2024-10-27 02:10",
                "2024-10-26 23:50",
                20,
            ),
            (
                "2024-10-27 02:10",
                "2024-10-27 03:10",
                "2024-10-27 00:10",
                120,
            ),
            // An hour that never was.
            (
                "2024-03-31 02:30",
                "2024-03-31 03:40",
                "2024-03-31 01:30",
                10,
            ),
        ] {
            let (began, ended) = spans(&zone, &[noted(start, end)])[0];
            assert_eq!(began, Some(at(expected).and_utc()), "{start}");
            assert_eq!(
                (ended.unwrap() - began.unwrap()).num_minutes(),
                minutes,
                "{start} {end}"
            );
        }
        let nothing = Noted::new(&Value::Null, &Value::Null, false);
        assert_eq!(spans(&zone, &[nothing]), [(None, None)]);
    }

    fn noted(start: &str, end: &str) -> Noted {
        Noted {
            start: Some(at(start)),
            end: Some(at(end)),
            enqueued: false,
        }
    }

    /// The hours of UTC at which the trials began and ended.
    fn hours(trials: &[Noted]) -> Vec<String> {
        let zone = Summer(FixedOffset::east_opt(3600).unwrap());
        let spans = spans(&zone, trials).into_iter();
        let spans = spans.map(|(start, end)| {
            let [start, end] = [start, end].map(|time| time.unwrap().format("%H:%M").to_string());
            format!("{start}-{end}")
        });
        spans.collect()
    }

    #[test]
    fn trials_stay_in_their_order_as_clocks_are_set_back() {
        let day = |start: &str, end: &str| {
            noted(&format!("2024-10-27 {start}"), &format!("2024-10-27 {end}"))
        };
        // Both times of the second trial are of the second hour, because the first one began later in the first.
        assert_eq!(
            hours(&[
                day("02:40", "02:50"),
                day("02:10", "02:20"),
                day("02:30", "03:10")
            ]),
            ["00:40-00:50", "01:10-01:20", "01:30-02:10"]
        );
        // One worker: the second trial cannot begin while the first one is at work.
        assert_eq!(
            hours(&[
                day("01:00", "01:30"),
                day("01:31", "01:55"),
                day("01:56", "02:50"),
                day("02:10", "02:20"),
                day("02:21", "02:59"),
            ])[2..],
            ["23:56-00:50", "01:10-01:20", "01:21-01:59"]
        );
        // Several workers: it can.
        assert_eq!(
            hours(&[
                day("01:00", "01:30"),
                day("01:10", "01:55"),
                day("01:56", "02:50"),
                day("02:10", "02:20"),
            ])[2..],
            ["23:56-00:50", "00:10-00:20"]
        );
        // They are noted in another order than they began.
        assert_eq!(
            hours(&[
                day("02:10", "02:30"),
                day("02:10", "02:20"),
                day("02:09", "02:40")
            ]),
            ["00:10-00:30", "00:10-00:20", "00:09-00:40"]
        );
        // Those that waited in the queue say nothing about the others, but keep their own order.
        let mut queued = day("02:50", "02:55");
        queued.enqueued = true;
        let mut early = day("02:05", "02:06");
        early.enqueued = true;
        assert_eq!(
            hours(&[queued, day("02:10", "02:20"), queued, early]),
            ["00:50-00:55", "00:10-00:20", "00:50-00:55", "01:05-01:06"]
        );
    }
}
