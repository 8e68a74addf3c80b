//! Values of options: names, numbers, durations.

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use unicode_normalization::UnicodeNormalization as _;
use wallow_runtime::DatabaseUrl;

use crate::output::Failure;

/// The name of a field as schemas have it: in Unicode normal form C, because keyboards and file lists may use another
/// form.
pub(crate) fn normal(name: &str) -> String {
    name.trim().nfc().collect()
}

#[expect(clippy::unnecessary_wraps, reason = "for clap")]
pub(crate) fn name(text: &str) -> Result<String, Infallible> {
    Ok(normal(text))
}

/// A number of rows. Zero is refused, because the output would look like that of a database without runs.
pub(crate) fn number(text: &str) -> Result<usize, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("write a whole number from 1 on, or leave the option out")
}

/// A number of attempts or places.
pub(crate) fn positive(text: &str) -> Result<u32, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("write a whole number from 1 on, or leave the option out")
}

/// A field and a value.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.trim().is_empty() => Ok((normal(field), value.into())),
        _ => Err("write `FIELD=VALUE`, such as `seed=0`".into()),
    }
}

/// Refuses a path to write to, if it would be the name of a database, which may contain a password. The error does not
/// repeat it. `what` is a file or a folder.
pub(crate) fn refuse_database(option: &str, what: &str, path: &Path) -> Result<(), Failure> {
    let is_path = path.to_str();
    let is_path = is_path.is_none_or(|text| text.is_empty() || DatabaseUrl::is_like_path(text));
    if is_path {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{option}` names a {what}, and this looks like a database; name a database with `--db` (a {what} of this name is \
         written with `./` before it)"
    )))
}

/// A number and a unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration; write a number and s, m, h or d, such as 10m");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number = text[..text.len() - 1].parse::<u32>().map_err(|_| wrong())?;
    Ok(Duration::from_secs(seconds * u64::from(number)))
}

/// A duration that is not zero: a run without a heartbeat for no time at all is one that is at work.
pub(crate) fn some_time(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        return Err("write a duration of at least one second, such as 10m".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_secs(10 * 60)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(2 * 3_600)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(24 * 3_600)));
        for wrong in [
            "",
            "m",
            "10",
            "10 m",
            "-1s",
            "1.5h",
            "ten",
            "10µ",
            "99999999999s",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
