//! Files with an object on each line.

use wallow_cli::fuzzing::Format;

use super::EMPTY;
use super::readers::{self, NAMES, value};
use crate::Target;
use crate::random::Random;

/// Pieces of JSON.
pub(super) const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\u",
    "\\ud83d",
    "\n",
    "null",
    "true",
    "NaN",
    "-Infinity",
    "1e400",
    "\"rate\": ",
    "\"seed\": ",
    "\"model\": ",
    "\"curve\": ",
    "\"status\": ",
    "[[[[[[[[[[",
    "{\"a\":",
    "\\\"",
];

pub(super) const TARGET: Target = Target {
    name: "json_lines",
    about: "files with an object on each line",
    words: WORDS,
    generate,
    check,
    in_tests: 300,
    ..EMPTY
};

fn generate(random: &mut Random) -> Vec<u8> {
    let mut text = String::new();
    for _ in 0..=random.below(4) {
        text.push_str(&object(random));
        text.push_str(random.pick(&["\n", "\r\n", "\n\n", " \n"]));
    }
    text.into_bytes()
}

/// An object with some of the fields.
pub(super) fn object(random: &mut Random) -> String {
    let mut names = vec!["model", "rate"];
    for _ in 0..random.below(6) {
        let name = NAMES[random.below(NAMES.len())];
        if !names.contains(&name) || random.one_in(20) {
            names.push(name);
        }
    }
    let members = names.iter().map(|name| {
        let value = value(random, name);
        let is_plain = !matches!(
            *name,
            "model" | "place" | "error_excerpt" | "uuid" | "status"
        );
        if is_plain && random.one_in(2) {
            return format!("\"{name}\": {value}");
        }
        format!("\"{name}\": {}", serde_json::Value::from(value))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

fn check(input: &[u8]) -> String {
    let read = readers::read(Format::Json, input);
    readers::check(&read);
    readers::answer(&read)
}
