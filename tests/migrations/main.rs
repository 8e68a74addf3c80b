//! A program with migrations, and the databases that it may open.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod beside;
#[path = "../processes/crew.rs"]
#[expect(dead_code, reason = "other tests play more parts")]
mod crew;
mod history;
mod killing;
mod opening;
#[cfg(feature = "postgres")]
mod postgres;
mod precision;
mod racing;
mod rolling;
mod while_open;

/// The schema of these tests, with three migrations beside it.
mod managed {
    wallow::wallow_schema!("tests/schemas/managed/wallow.toml");

    /// One key per seed.
    pub(crate) fn key(seed: i64) -> Identifying {
        Identifying::builder().rate(0.5).seed(seed).build()
    }
}

/// What this program does as a child process. As a test it does nothing.
#[test]
fn a_child_plays_its_part() {
    let Some(part) = crew::Part::of_this_process() else {
        return;
    };
    match part.name.as_str() {
        "open" => racing::open(&part),
        "migrate" => racing::migrate(&part),
        other => panic!("no such part: {other}"),
    }
}
