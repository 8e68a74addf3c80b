//! What tests leave out, on purpose or because a program is missing. A skipped test must not look like a passed one: it
//! is reported to stderr directly, because the harness swallows the output of a passing test, and in the summary of
//! `cargo xtask test`.

use std::fs::File;
use std::io::{Write as _, stderr};

/// Programs that are left out on purpose, separated by commas.
pub const WITHOUT: &str = "WALLOW_TEST_WITHOUT";

/// The file to which reports are appended, one line each.
pub const REPORTS: &str = "WALLOW_TEST_REPORTS";

/// Whether a program is left out on purpose: `cargo xtask test --without …`.
pub fn left_out(program: &str) -> bool {
    let without = std::env::var(WITHOUT).unwrap_or_default();
    without.split(',').any(|name| name == program)
}

/// Reports what is not tested because a program is missing that CI has.
///
/// # Panics
/// With `CI=true`.
pub fn missing(report: &str) {
    let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!ci, "not tested: {report}");
    not_tested(report);
}

/// Reports what is not tested, and why.
pub fn not_tested(report: &str) {
    let report = report.split_whitespace().collect::<Vec<_>>().join(" ");
    // Reports are for people, so a report that cannot be written does not fail a test.
    let _ = writeln!(stderr(), "NOT TESTED: {report}");
    if let Some(path) = std::env::var_os(REPORTS) {
        let file = File::options().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(format!("{report}\n").as_bytes()));
    }
}
