//! Disks that are full or cannot be written: small file systems in memory, if the system lets us mount one.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wallow::{ErrorKind, OnDuplicate};

use crate::types::{Annotating, Store, key};
use crate::{assert_usable, url};

/// A small file system, unmounted when it is dropped.
struct Disk(TempDir);

impl Disk {
    /// `None` if mounting is not permitted.
    fn new(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path());
        let output = match mount.output() {
            Ok(output) if output.status.success() => return Some(Disk(folder)),
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        postgres_server::not_tested(&format!(
            "disks that are full or read-only: no file system can be mounted: {}",
            output.trim_end()
        ));
        None
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("runs.db")
    }

    fn make_read_only(&self) {
        // A process that another test starts has our files open, too, until it runs its own program.
        let done = (0..1000).any(|_| {
            let mut remount = Command::new("mount");
            remount.args(["-o", "remount,ro"]).arg(self.0.path());
            remount.output().unwrap().status.success()
        });
        assert!(done, "the file system stays in use");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.0.path())
            .status();
    }
}

/// Removes a file, and waits until the system counts its space as free, which may take a moment on several processors.
fn free(file: &Path) {
    fs::remove_file(file).unwrap();
    let probe = file.with_extension("probe");
    while fs::write(&probe, vec![0; 1 << 20]).is_err() {
        std::thread::yield_now();
    }
    fs::remove_file(probe).unwrap();
}

/// Writes a file until the disk is full; returns the file.
fn fill(folder: &Path) -> PathBuf {
    use std::io::Write as _;
    let path = folder.join("filler");
    let mut file = fs::File::create(&path).unwrap();
    for size in [4096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    path
}

#[test]
fn on_a_full_disk_a_write_fails_clearly_and_works_when_there_is_room() {
    let Some(disk) = Disk::new("size=32m") else {
        return;
    };
    let filler = disk.0.path().join("filler");
    // Nearly all of the disk. After it is removed, there is space to write the log back, and for it to grow.
    fs::write(&filler, vec![0; 31 << 20]).unwrap();
    let store = Store::open(url(&disk.database())).unwrap();
    let patch = Annotating::new().note("x".repeat(20_000));
    let mut written = 0_i32;
    let error = loop {
        match store.register(&key(&written.to_string()), &patch, OnDuplicate::Error) {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1000, "the disk has no end");
    };
    assert_eq!(error.kind(), ErrorKind::Database);
    assert!(error.to_string().contains("full"), "{error}");
    for number in 0..written {
        assert!(store.find(&key(&number.to_string())).unwrap().is_some());
    }
    assert_eq!(store.find(&key(&written.to_string())).unwrap(), None);
    free(&filler);
    assert_usable(&store);
    drop(store);
    let store = Store::open(url(&disk.database())).unwrap();
    for number in 0..written {
        assert!(store.delete(&key(&number.to_string())).unwrap().is_some());
    }
    assert_usable(&store);
}

/// The disk may become full at every step of opening.
#[test]
fn on_a_full_disk_opening_fails_clearly_and_works_when_there_is_room() {
    let Some(disk) = Disk::new("size=1m") else {
        return;
    };
    let filler = fill(disk.0.path());
    let mut failures = 0;
    let store = loop {
        match Store::open(url(&disk.database())) {
            Ok(store) => break store,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Database, "{error}");
                let text = error.to_string();
                assert!(text.contains("full") && text.contains("runs.db"), "{text}");
            }
        }
        failures += 1;
        let left = fs::metadata(&filler).unwrap().len() - 4096;
        let file = fs::OpenOptions::new().write(true).open(&filler).unwrap();
        file.set_len(left).unwrap();
    };
    assert!(failures > 3, "{failures}");
    fs::remove_file(filler).unwrap();
    assert_usable(&store);
}

#[test]
fn on_a_disk_that_cannot_be_written_runs_are_read() {
    let Some(disk) = Disk::new("size=8m") else {
        return;
    };
    let store = Store::open(url(&disk.database())).unwrap();
    let outcome = store.register(&key("a"), &Annotating::new(), OnDuplicate::Error);
    let run = outcome.unwrap().into_run();
    drop(store);
    disk.make_read_only();
    let error = Store::open(url(&disk.database())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database, "{error}");
    assert!(error.to_string().contains("read_only(true)"), "{error}");
    let options = Store::options().read_only(true);
    let reading = options.open(url(&disk.database())).unwrap();
    assert_eq!(reading.find(&key("a")).unwrap(), run);
    let error = reading.heartbeat(&key("a")).unwrap_err();
    assert!(error.to_string().contains("read only"), "{error}");
    let error = Store::open(url(&disk.0.path().join("new.db"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
}
