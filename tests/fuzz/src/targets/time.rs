//! Times in the many forms in which programs write them.

use wallow_runtime::value::{format_time, parse_time};

use super::EMPTY;
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "time",
    about: "times as text",
    words: &[
        "2024-02-29",
        "T",
        " ",
        "12:30:00",
        ".000001",
        "Z",
        "+02:00",
        "+0200",
        "+02",
        "-00:00",
        "60",
        "24:00",
        "UTC",
    ],
    generate,
    check,
    in_tests: 5_000,
    ..EMPTY
};

fn generate(random: &mut Random) -> Vec<u8> {
    let year = if random.one_in(4) {
        random.int()
    } else {
        1900 + i64::try_from(random.below(200)).unwrap_or(0)
    };
    let [month, day, hour, minute, second] = [14, 33, 26, 62, 62].map(|end| random.below(end));
    let between = *random.pick(&[&"T", &" ", &"t", &"_", &""]);
    let seconds = *random.pick(&[&"", &":SS", &":SS.5", &":SS.123456789", &":SS,5"]);
    let seconds = seconds.replace("SS", &format!("{second:02}"));
    let zone = *random.pick(&[
        &"", &"Z", &"z", &"+02:00", &"-0930", &"+14", &" UTC", &"+24:00", &" +01:00",
    ]);
    format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}{seconds}{zone}")
        .into_bytes()
}

fn check(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let Some(time) = parse_time(&text) else {
        return "none".to_owned();
    };
    let stored = format_time(&time);
    assert_eq!(stored.len(), 26, "{time} is stored as {stored}");
    let Some(back) = parse_time(&stored) else {
        panic!("{stored} does not read back");
    };
    assert_eq!(format_time(&back), stored);
    let lost = (time - back).num_nanoseconds().unwrap_or(i64::MAX);
    // A leap second is stored as the last microsecond before it.
    let is_leap = time.timestamp_subsec_nanos() >= 1_000_000_000;
    let most = if is_leap { 1_000_001_000 } else { 1_000 };
    assert!((0..most).contains(&lost), "{time} is stored as {stored}");
    let shape = text.chars().take(30);
    let shape = shape.map(|char| if char.is_ascii_digit() { '0' } else { char });
    shape.collect()
}
