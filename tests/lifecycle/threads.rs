//! `work` on a machine that can start fewer threads than were asked for (specs 6.19).

use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::registry::{Run, Store};
use super::{MINUTE, accuracy, key};
use wallow::{Reclaim, WorkOptions};

/// The folder of a child, and how many MiB of memory it may use.
const FOLDER: &str = "WALLOW_TEST_THREADS_FOLDER";
const ROOM: &str = "WALLOW_TEST_THREADS_ROOM";

/// The stack size of each thread.
const STACK: u64 = 64 << 20;

/// What this program does as a child process. As a test it does nothing.
#[test]
fn a_child_works_under_a_limit() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let store = Store::open(PathBuf::from(folder).join("runs.db")).unwrap();
    store.enqueue((0..200).map(key)).unwrap();
    let room = env::var(ROOM).unwrap().parse::<u64>().unwrap() << 20;
    limit_memory(room);
    let threads = Mutex::new(HashSet::new());
    let options = WorkOptions::<Run>::new(Reclaim::WhenStale(MINUTE)).threads(5000);
    let counts = store
        .work(options, |_| {
            threads.lock().unwrap().insert(thread::current().id());
            thread::sleep(Duration::from_millis(2));
            accuracy(0.5)
        })
        .unwrap();
    let threads = threads.lock().unwrap().len();
    println!("\ndone: {} by {threads}", counts.completed);
}

/// Limits the memory of this process to what it has plus this much.
fn limit_memory(room: u64) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib = size.unwrap().trim().trim_end_matches(" kB");
    let current = Some((kib.parse::<u64>().unwrap() << 10) + room);
    let maximum = getrlimit(Resource::As).maximum;
    setrlimit(Resource::As, Rlimit { current, maximum }).unwrap();
}

/// How many runs a child completed with this much memory, and with how many threads.
fn works(room: u64) -> (u64, usize) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "threads::a_child_works_under_a_limit",
            "--nocapture",
        ])
        .env(FOLDER, folder.path())
        .env(ROOM, room.to_string())
        .env("RUST_MIN_STACK", STACK.to_string())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{room} MiB: {stdout}{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    let done = stdout
        .lines()
        .find_map(|line| line.strip_prefix("done: "))
        .unwrap();
    let (runs, threads) = done.split_once(" by ").unwrap();
    (runs.parse().unwrap(), threads.parse().unwrap())
}

#[test]
fn the_work_goes_on_with_the_threads_that_there_are() {
    // Room for no thread but the caller's.
    assert_eq!(works(48), (200, 1));
    let (runs, threads) = works(2048);
    assert_eq!(runs, 200);
    assert!((2..32).contains(&threads), "{threads}");
}
