//! `cargo xtask test` and `bless`: what runs, how long each step takes, how many tests pass, and what is left out.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use postgres_server::{REPORTS, Server, VARIABLE, WITHOUT};

use crate::{cargo, programs, test_programs, tidy};

/// The packages that programs and people use, built without features.
const DEFAULT: &str = "-p wallow -p wallow-runtime -p wallow-cli";

/// What is tested without features: only the suites whose code differs.
const TELLING: &str = "--lib --bins --test contract --test opening --test lifecycle --test command";

/// The totals that the test programs of one step printed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    programs: u64,
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Reads a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        self.programs += 1;
        for count in counts.split("; ") {
            match count
                .split_once(' ')
                .map(|(number, what)| (number.parse::<u64>(), what))
            {
                Some((Ok(number), "passed")) => self.passed += number,
                Some((Ok(number), "failed")) => self.failed += number,
                _ => {}
            }
        }
    }
}

/// The steps so far, as lines of the summary.
#[derive(Default)]
struct Steps(Vec<String>);

impl Steps {
    fn take(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Tally) -> Result<(), String>,
    ) -> Result<(), String> {
        let (started, mut tally) = (Instant::now(), Tally::default());
        let done = work(&mut tally);
        let seconds = started.elapsed().as_secs_f64();
        let (passed, failed) = (tally.passed, tally.failed);
        let tests = match tally.programs {
            0 => String::new(),
            some => format!("   {passed} tests passed, {failed} failed, in {some} test programs"),
        };
        let verdict = if done.is_ok() { "ok    " } else { "FAILED" };
        self.0
            .push(format!("{verdict} {name:24} {seconds:8.1} s{tests}"));
        done
    }
}

/// Runs all checks. Ends with a summary, even if something fails.
pub(crate) fn test(without: &[String]) -> Result<(), String> {
    programs::install(without)?;
    programs::announce(without);
    let reports = std::env::temp_dir().join(format!("wallow-reports-{}", std::process::id()));
    let mut steps = Steps::default();
    let done = run(without, &reports.to_string_lossy(), &mut steps);
    eprintln!();
    for line in &steps.0 {
        eprintln!("xtask: {line}");
    }
    // Printed again at the end, where a waiting person looks.
    programs::announce(without);
    for report in std::fs::read_to_string(&reports)
        .unwrap_or_default()
        .lines()
        .collect::<BTreeSet<_>>()
    {
        eprintln!("xtask: NOT TESTED: {report}");
    }
    let _ = std::fs::remove_file(reports);
    eprintln!(
        "xtask: left out always: `bench`, `compile-time` (they measure), `fuzz` (it takes as long as you like), `diesel`, \
         `editor`, `package` (they install or build other programs)"
    );
    done
}

/// Quick checks come first, so that a forgotten `cargo fmt` is reported before the tests.
fn run(without: &[String], reports: &str, steps: &mut Steps) -> Result<(), String> {
    let postgres = !without.iter().any(|name| name == "postgres");
    let all = if postgres {
        "--workspace --all-features"
    } else {
        // The benchmarks compile libpq in.
        "--workspace --exclude wallow-bench"
    };
    let lints = "--all-targets -- -D warnings";
    steps.take("tidy", |_| tidy::check())?;
    steps.take("fmt", |_| cargo::run("fmt --all --check"))?;
    steps.take("clippy", |_| cargo::run(&format!("clippy {all} {lints}")))?;
    steps.take("clippy, default features", |_| {
        cargo::run(&format!("clippy {DEFAULT} {lints}"))
    })?;
    steps.take("command without columnar", |_| {
        cargo::run("test -p wallow-cli --no-default-features --test command columnar")
    })?;
    steps.take("doc", |_| {
        let deny = [("RUSTDOCFLAGS", "-D warnings")];
        cargo::run_with(&format!("doc --no-deps {all}"), &deny)
    })?;
    let without = without.join(",");
    let variables = [(WITHOUT, without.as_str()), (REPORTS, reports)];
    let tests = |arguments: &str, tally: &mut Tally| {
        with_postgres(postgres, &variables, |variables| {
            test_programs::run(arguments, variables, tally)
        })
    };
    let programs = steps.take("test", |tally| tests(all, tally));
    let examples = steps.take("test, examples in docs", |tally| {
        cargo::read(
            &format!("test {all} --doc --no-fail-fast"),
            &variables,
            |line| {
                println!("{line}");
                tally.read(line);
            },
        )
    });
    programs.and(examples)?;
    steps.take("test, default features", |tally| {
        tests(&format!("{DEFAULT} {TELLING}"), tally)
    })
}

/// Updates the expected outputs of every test, or of those that these arguments of `cargo test` select.
pub(crate) fn bless(arguments: &[String]) -> Result<(), String> {
    let bless = [
        ("UPDATE_EXPECT", "1"),
        ("TRYBUILD", "overwrite"),
        ("SNAPSHOTS", "overwrite"),
    ];
    let package = |argument: &String| argument.starts_with("-p") || argument.starts_with("--p");
    let all = if arguments.iter().any(package) {
        ""
    } else {
        "--workspace"
    };
    let command = format!("test --all-features {all} {}", arguments.join(" "));
    with_postgres(true, &bless, |variables| {
        cargo::run_with(&command, variables)
    })
}

/// Runs something with the variables that tests need, including the folder of a PostgreSQL server, if one can be
/// started.
fn with_postgres(
    wanted: bool,
    variables: &[(&str, &str)],
    run: impl FnOnce(&[(&str, &str)]) -> Result<(), String>,
) -> Result<(), String> {
    let server = (wanted && postgres_server::are_installed())
        .then(Server::start)
        .transpose()?;
    let folder = server
        .as_ref()
        .map(Server::folder)
        .map(Path::to_string_lossy);
    let mut variables = variables.to_vec();
    variables.extend(folder.as_deref().map(|folder| (VARIABLE, folder)));
    run(&variables)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn a_tally_reads_the_closing_lines_of_test_programs() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.27s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
        ] {
            tally.read(line);
        }
        assert_eq!(
            tally,
            Tally {
                programs: 2,
                passed: 13,
                failed: 2
            }
        );
    }
}
