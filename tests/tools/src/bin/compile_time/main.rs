//! `cargo xtask compile-time`: compares the compile time of a crate that uses wallow with that of the same crate with
//! diesel by hand. The dependencies are compiled before, so only the crate itself is timed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tool_checks::root;

/// Numbers of fields, and the feature of diesel that allows that many columns by hand.
const SIZES: [(usize, &str); 2] = [(20, "32"), (100, "128")];

/// What is timed: its name, cargo's command, and whether the compiler may compile incrementally.
const WORK: [(&str, &str, &str); 4] = [
    ("`cargo check`, whole crate", "check", "0"),
    ("`cargo check`, one line edited", "check", "1"),
    ("`cargo build`, whole crate", "build", "0"),
    ("`cargo build`, one line edited", "build", "1"),
];

/// The files of the crates, with blocks for fields (see [`fill`]).
const MANIFEST: &str = include_str!("Cargo.txt");
const SCHEMA: &str = include_str!("wallow.toml");
const WITH_WALLOW: &str = include_str!("wallow.txt");
const BY_HAND: &str = include_str!("by_hand.txt");

/// The types of identifying fields, in turn, and what every other one of them defaults to.
const KEY: [(&str, &str); 4] = [
    ("string", "\"plain\""),
    ("float", "0.5"),
    ("int", "7"),
    ("bool", "false"),
];

/// The types of annotating fields, in turn.
const NOTES: [&str; 7] = ["string", "float", "int", "json", "datetime", "path", "bool"];

fn main() -> Result<(), String> {
    let rounds = std::env::args().nth(1);
    let rounds = rounds.map_or(Ok(5), |rounds| rounds.parse());
    measure(rounds.map_err(|error| format!("how many rounds? {error}"))?)
}

/// The cargo that runs this.
fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Times everything `rounds` times, and prints a table of medians.
fn measure(rounds: usize) -> Result<(), String> {
    let head = [
        "| fields | work | wallow | diesel by hand | ratio |",
        "|---|---|---|---|---|",
    ];
    let mut table = head.map(str::to_owned).to_vec();
    for (size, columns) in SIZES {
        let fields = fields(size);
        let crates = [("wallow", WITH_WALLOW), ("by_hand", BY_HAND)].map(|(name, source)| {
            let folder = target().join(format!("{name}_{size}"));
            let manifest = MANIFEST
                .replace("{crate}", &format!("{name}_{size}"))
                .replace("{columns}", columns);
            write(
                &folder.join("Cargo.toml"),
                &manifest.replace("{root}", &root().display().to_string()),
            )?;
            write(&folder.join("wallow.toml"), &fill(SCHEMA, &fields))?;
            fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
                .map_err(|error| error.to_string())?;
            Ok::<_, String>((folder, fill(source, &fields)))
        });
        let [wallow, by_hand] = crates;
        let crates = [wallow?, by_hand?];
        for (work, command, incremental) in WORK {
            eprintln!("xtask: {size} fields, {work}");
            let [wallow, by_hand] =
                medians(&crates, rounds, command, incremental)?.map(|time| time.as_secs_f64());
            let ratio = wallow / by_hand;
            table.push(format!(
                "| {size} | {work} | {wallow:.2} s | {by_hand:.2} s | {ratio:.2} |"
            ));
        }
    }
    println!("{}", table.join("\n"));
    Ok(())
}

/// The medians of two crates. Their rounds alternate, so that a busy machine slows down both.
fn medians(
    crates: &[(PathBuf, String); 2],
    rounds: usize,
    command: &str,
    incremental: &str,
) -> Result<[Duration; 2], String> {
    let mut times = [const { Vec::new() }; 2];
    // The first round compiles the dependencies and does not count.
    for round in 0..=rounds {
        for ((folder, source), times) in crates.iter().zip(&mut times) {
            let edited = format!(
                "{source}\n/// How often this was edited.\npub const EDITS: usize = {round};\n"
            );
            write(&folder.join("src/lib.rs"), &edited)?;
            let time = compile(folder, command, incremental)?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }))
}

/// The time that cargo takes.
fn compile(folder: &Path, command: &str, incremental: &str) -> Result<Duration, String> {
    let mut cargo = Command::new(program());
    cargo
        .args([command, "--quiet", "--offline", "--target-dir"])
        .arg(target().join("target"));
    cargo
        .env("CARGO_INCREMENTAL", incremental)
        .current_dir(folder)
        .stdin(Stdio::null());
    let started = Instant::now();
    let status = cargo
        .status()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    let time = started.elapsed();
    if status.success() {
        Ok(time)
    } else {
        Err(format!("{} does not compile ({status})", folder.display()))
    }
}

/// The values of a field in the templates: pairs of a placeholder and its text.
type Field = [(&'static str, String); 9];

/// This many fields, three of ten identifying.
fn fields(count: usize) -> Vec<Field> {
    let keys = count * 3 / 10;
    let key = (0..keys).map(|number| {
        let (ty, default) = KEY[number % KEY.len()];
        field(
            "identifying",
            number,
            ty,
            (number % 2 == 1).then_some(default),
        )
    });
    let notes = (0..count - keys)
        .map(|number| field("annotating", number, NOTES[number % NOTES.len()], None));
    key.chain(notes).collect()
}

fn field(table: &'static str, number: usize, ty: &str, default: Option<&str>) -> Field {
    // diesel has no paths.
    let (sql, rust) = match ty {
        "int" => ("BigInt", "i64"),
        "float" => ("Double", "f64"),
        "bool" => ("Bool", "bool"),
        "json" => ("Json", "serde_json::Value"),
        "datetime" => ("TimestamptzSqlite", "DateTime<Utc>"),
        _ => ("Text", "String"),
    };
    let is_key = table == "identifying";
    let (name, noun) = if is_key {
        ("key", "Setting")
    } else {
        ("note", "Result")
    };
    let name = format!("{name}_{number}");
    let nullable = |wrapper: &str, ty: &str| {
        if is_key {
            ty.to_owned()
        } else {
            format!("{wrapper}<{ty}>")
        }
    };
    [
        ("{table}", table.to_owned()),
        ("{NAME}", name.to_uppercase()),
        ("{name}", name),
        ("{type}", ty.to_owned()),
        ("{doc}", format!("{noun} {number} of the experiment.")),
        (
            "{default}",
            default
                .map(|value| format!("default = {value}"))
                .unwrap_or_default(),
        ),
        (
            "{serde_default}",
            default
                .map(|_| "#[serde(default)]".to_owned())
                .unwrap_or_default(),
        ),
        ("{sql_type}", nullable("Nullable", sql)),
        ("{rust_type}", nullable("Option", rust)),
    ]
}

/// The text of a template. The lines between `@field` and `@end` are repeated for each field, those after
/// `@identifying` or `@annotating` for each of these.
fn fill(template: &str, fields: &[Field]) -> String {
    let mut text = String::new();
    for (number, part) in template.split('@').enumerate() {
        let (head, body) = part.split_once('\n').unwrap_or_default();
        match head {
            _ if number == 0 => text += part,
            "end" => text += body,
            table => {
                for field in fields
                    .iter()
                    .filter(|field| table == "field" || field[0].1 == table)
                {
                    let filled = field.iter().fold(body.to_owned(), |text, (name, value)| {
                        text.replace(name, value)
                    });
                    text += &filled;
                }
            }
        }
    }
    text
}

fn target() -> PathBuf {
    root().join("target/compile-time")
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
