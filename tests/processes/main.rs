//! Many processes on one database, and processes that are killed.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod absent;
#[expect(dead_code, reason = "other tests play more parts")]
mod crew;
mod killing;
mod racing;
mod sweep;
mod wal;

/// What this program does as a child process. As a test it does nothing.
#[test]
fn a_child_plays_its_part() {
    let Some(part) = crew::Part::of_this_process() else {
        return;
    };
    match part.name.as_str() {
        "open" => racing::open(&part),
        "register" => racing::register(&part),
        "claim" => racing::claim(&part),
        "register absent" => absent::register(&part),
        "drain" => racing::drain(&part),
        "claim absent" => absent::claim(&part),
        "everything" => racing::do_everything(&part),
        "register without end" => killing::register_without_end(&part),
        "read without end" => wal::read_without_end(&part),
        other => panic!("no such part: {other}"),
    }
}
