//! Names and versions of migrations, and the messages that names are made of.

use wallow_schema::migration::{Name, Version};

use super::EMPTY;
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "name",
    about: "names of migrations, read and made",
    words: &["2026-01-31-120000", "_", "-", "+", "add_x", "0000", "9999"],
    generate,
    check,
    in_tests: 2_000,
    ..EMPTY
};

fn generate(random: &mut Random) -> Vec<u8> {
    let [year, month, day, time] = [3_000, 14, 33, 250_000].map(|end| random.below(end));
    let slug = if random.one_in(2) {
        "add_x".to_owned()
    } else {
        random.text()
    };
    format!("{year:04}-{month:02}-{day:02}-{time:06}_{slug}").into_bytes()
}

fn check(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let mut answer = Vec::new();
    match text.parse::<Version>() {
        Ok(version) => {
            assert_eq!(version.to_string(), text, "two spellings of one version");
            answer.push("version");
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
    }
    match text.parse::<Name>() {
        Ok(name) => {
            assert_eq!(name.to_string(), text, "two spellings of one name");
            answer.push("name");
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error}"),
    }
    let Ok(version) = "2026-01-31-120000".parse::<Version>() else {
        panic!("a version is none");
    };
    if let Ok(made) = Name::new(version, &text) {
        let back = made.to_string().parse::<Name>();
        assert_eq!(
            back.as_ref().ok(),
            Some(&made),
            "a name that was made is none"
        );
        answer.push("message");
    }
    answer.join(" ")
}
