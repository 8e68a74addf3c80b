//! What a time in Optuna's database, which has no zone, is the time of.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use wallow_runtime::Error;
use wallow_runtime::dynamic::Value;
use wallow_runtime::external_db::ExternalDb;
use wallow_runtime::value::parse_time;

/// Whose clock it was.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// Since Optuna 5.
    Utc,
    /// Before, the zone of where the trial ran; it is taken for this machine's.
    Local,
}

impl Clock {
    /// What the Optuna that made the database used.
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

    /// When a trial began and ended.
    pub(super) fn span(
        self,
        start: &Value,
        end: &Value,
    ) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let naive = |value: &Value| match value {
            Value::Text(text) => parse_time(text).map(|time| time.naive_utc()),
            _ => None,
        };
        let (start, end) = (naive(start), naive(end));
        match self {
            Clock::Utc => (
                start.map(|time| time.and_utc()),
                end.map(|time| time.and_utc()),
            ),
            Clock::Local => span(&chrono::Local, start, end),
        }
    }
}

/// The same by the clock on the wall of a zone. Where a time stood on it twice, as clocks were set back, the end is the
/// first that is not before the start.
fn span<Z: TimeZone>(
    zone: &Z,
    start: Option<NaiveDateTime>,
    end: Option<NaiveDateTime>,
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let start = start.map(|start| readings(zone, start)[0]);
    let end = end.map(|end| {
        let [first, second] = readings(zone, end);
        match start {
            Some(start) if first < start => second,
            _ => first,
        }
    });
    (start, end)
}

/// The first and the last moment at which a clock showed a time. One that it never showed, as clocks were set forward, is
/// counted from the day before.
fn readings<Z: TimeZone>(zone: &Z, time: NaiveDateTime) -> [DateTime<Utc>; 2] {
    let day = TimeDelta::days(1);
    match zone.from_local_datetime(&time) {
        LocalResult::Single(only) => [only.to_utc(); 2],
        LocalResult::Ambiguous(first, last) => [first.to_utc(), last.to_utc()],
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
                LocalResult::Ambiguous(summer, winter)
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
            let (began, ended) = span(&zone, Some(at(start)), Some(at(end)));
            assert_eq!(began, Some(at(expected).and_utc()), "{start}");
            assert_eq!(
                (ended.unwrap() - began.unwrap()).num_minutes(),
                minutes,
                "{start} {end}"
            );
        }
        assert_eq!(span(&zone, None, None), (None, None));
    }
}
