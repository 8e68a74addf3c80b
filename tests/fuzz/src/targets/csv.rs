//! Files of separated values.

use wallow_cli::fuzzing::Format;

use super::EMPTY;
use super::readers::{self, NAMES, value};
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "csv",
    about: "files of separated values, packed and in other encodings, too",
    words: &[
        ",",
        ";",
        "\t",
        "|",
        "\"",
        "\"\"",
        "\"\n\"",
        "\n",
        "\r\n",
        "\r",
        "model",
        "rate",
        "seed",
        " Seed",
        "curve",
        "status",
        "params.rate",
        "\u{feff}",
        "\x1f\u{8b}",
        "\0",
    ],
    generate,
    check,
    in_tests: 300,
    ..EMPTY
};

fn generate(random: &mut Random) -> Vec<u8> {
    let separator = *random.pick(&[&",", &",", &",", &";", &"\t", &"|"]);
    let end = *random.pick(&[&"\n", &"\r\n", &"\r"]);
    let mut names = vec!["model", "rate"];
    for _ in 0..random.below(6) {
        let name = NAMES[random.below(NAMES.len())];
        if !names.contains(&name) || random.one_in(20) {
            names.push(name);
        }
    }
    let mut text = format!("{}{end}", names.join(separator));
    for _ in 0..random.below(5) {
        let cells = names.iter().map(|name| match random.below(8) {
            0 => String::new(),
            1 => value(random, name),
            _ => format!("\"{}\"", value(random, name).replace('"', "\"\"")),
        });
        text.push_str(&cells.collect::<Vec<_>>().join(separator));
        text.push_str(end);
    }
    if random.one_in(10) {
        let units = format!("\u{feff}{text}").encode_utf16().collect::<Vec<_>>();
        return units.into_iter().flat_map(u16::to_le_bytes).collect();
    }
    text.into_bytes()
}

fn check(input: &[u8]) -> String {
    let read = readers::read(Format::Csv, input);
    let mut last = 0;
    for (at, _) in &read.records {
        let line = at
            .strip_prefix("line ")
            .and_then(|line| line.parse::<u64>().ok());
        let line = line.unwrap_or_else(|| panic!("`{at}` is no line"));
        assert!(last < line, "line {line} behind line {last}");
        last = line;
    }
    readers::check(&read);
    readers::answer(&read)
}
