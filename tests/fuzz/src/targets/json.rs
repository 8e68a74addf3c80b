//! Files with one array of objects, and their JSON compared with another reader.

use wallow_cli::fuzzing::{Format, json};

use super::EMPTY;
use super::json_lines::{WORDS, object};
use super::readers;
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "json",
    about: "files that are one array of objects, beside what serde_json reads",
    words: WORDS,
    generate,
    check,
    in_tests: 300,
    ..EMPTY
};

fn generate(random: &mut Random) -> Vec<u8> {
    let objects = (0..random.below(4)).map(|_| object(random));
    let objects = objects.collect::<Vec<_>>();
    let between = *random.pick(&[&",", &", ", &",\n", &"\n,\n"]);
    let array = format!("[{}]", objects.join(between));
    array.into_bytes()
}

fn check(input: &[u8]) -> String {
    let read = readers::read(Format::Json, input);
    readers::check(&read);
    if let Ok(text) = str::from_utf8(input) {
        check_against_serde(text);
    }
    readers::answer(&read)
}

/// Both readers agree on a text, except that ours accepts some texts beyond JSON, for which it reports what it lost,
/// and refuses some on purpose.
fn check_against_serde(text: &str) {
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    match (json(text), theirs) {
        (Ok((ours, false)), Ok(theirs)) => assert_eq!(ours, theirs, "{text}"),
        (Err(reason), Ok(_)) => assert!(
            reason.contains("stands twice") || reason.contains("nested more than"),
            "{reason}: {text}"
        ),
        (Ok((_, lost)), Err(error)) => assert!(lost, "{error}: {text}"),
        _ => {}
    }
}
