//! Values in the right form that cannot be: days that no month has, digits of other scripts.

use chrono::{Datelike as _, NaiveDate};
use wallow_runtime::value::parse_time;

use super::super::decimal::Decimal;
use super::quoted;

/// Why a text in the form of a time is none; `None` if it has another form.
pub(super) fn time(text: &str) -> Option<String> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !date
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-')
        || parts.next().is_some()
    {
        return None;
    }
    let displayed = quoted(text);
    let first = i32::try_from(year)
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, 1));
    let Some(first) = first else {
        return Some(format!("{displayed}: there is no month {month}"));
    };
    if first.with_day(day).is_none() {
        return Some(format!(
            "{displayed}: {} {year} has no day {day}",
            first.format("%B")
        ));
    }
    let (hour, behind) = rest.strip_prefix(['T', 't', ' '])?.split_at_checked(2)?;
    if behind.starts_with(':') && hour == "24" {
        return Some(format!(
            "{displayed}: there is no hour 24; midnight is the hour 0 of the next day"
        ));
    }
    // At another date it is a time, so its zone moves it out of the years that are stored.
    let is_time = parse_time(&format!("2024-01-01{rest}")).is_some();
    is_time.then(|| format!("{displayed} is outside the years 1 to 9999 in UTC"))
}

/// What to do about a number that is written with other characters than programs read.
pub(super) fn digits(text: &str) -> &'static str {
    let has_digit = text.contains(char::is_numeric);
    if has_digit && text.contains(['\u{2212}', '\u{2013}']) {
        "; its minus is a character of typesetting, write `-`"
    } else if has_digit && !text.is_ascii() {
        "; write it with the digits 0 to 9"
    } else if text.contains(['d', 'D']) && Decimal::parse(&text.replace(['d', 'D'], "e")).is_some()
    {
        "; write the exponent with `e`"
    } else {
        ""
    }
}
