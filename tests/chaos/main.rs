//! Workers that die, freeze or have a wrong clock, and servers and networks that fail: each run is still done once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

#[cfg(feature = "postgres")]
mod connections;
#[path = "../processes/crew.rs"]
#[expect(dead_code, reason = "other tests play more parts")]
mod crew;
mod crowded;
mod database;
#[cfg(feature = "postgres")]
mod failover;
mod gap;
#[cfg(feature = "ctrlc")]
mod interrupted;
mod journal;
mod jumping;
mod killed;
#[cfg(feature = "postgres")]
mod lossy;
mod outgrown;
#[cfg(feature = "postgres")]
mod partitioned;
#[cfg(feature = "postgres")]
mod restarted;
mod skewed;
mod stopped;
mod suspended;
#[path = "../processes/sweep.rs"]
mod sweep;
mod worker;

/// What this program does as a child process. As a test it does nothing.
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
        "hold four" => gap::HOLDER.work(&part),
        "hold" => gap::WORKER.work(&part),
        #[cfg(feature = "postgres")]
        "lose replies" => lossy::WORKER.work(&part),
        #[cfg(feature = "postgres")]
        "be many" => connections::WORKER.work(&part),
        #[cfg(feature = "postgres")]
        "be cut off" => partitioned::be_cut_off(&part),
        "be slow" => stopped::be_slow(&part),
        #[cfg(feature = "ctrlc")]
        "hold two runs" => interrupted::hold_two_runs(&part),
        "be early" => skewed::work(&part, 3600),
        "be late" => skewed::work(&part, -3600),
        "queue" => crowded::queue(&part),
        other => panic!("no such part: {other}"),
    }
}
