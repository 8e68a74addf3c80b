//! Workers that die, stand still or have another time: each run is done once all the same.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

#[path = "../processes/crew.rs"]
#[expect(dead_code, reason = "other tests play more parts")]
mod crew;
#[macro_use]
mod database;
mod crowded;
#[cfg(feature = "ctrlc")]
mod interrupted;
mod journal;
mod killed;
mod outgrown;
#[cfg(feature = "postgres")]
mod restarted;
mod skewed;
mod stopped;
#[path = "../processes/sweep.rs"]
mod sweep;
mod worker;

/// What this program does as a child; as a test, nothing.
#[test]
fn a_child_plays_its_part() {
    let Some(part) = crew::Part::of_this_process() else {
        return;
    };
    match part.name.as_str() {
        "work" => killed::WORKER.work(&part),
        #[cfg(feature = "postgres")]
        "work on" => restarted::WORKER.work(&part),
        "write until refused" => outgrown::write_until_refused(&part),
        "be slow" => stopped::be_slow(&part),
        #[cfg(feature = "ctrlc")]
        "hold two runs" => interrupted::hold_two_runs(&part),
        "be early" => skewed::work(&part, 3600),
        "be late" => skewed::work(&part, -3600),
        "queue" => crowded::queue(&part),
        other => panic!("no such part: {other}"),
    }
}
