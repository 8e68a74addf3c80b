//! `wallow import`: files without a record, and imports that the database ends.

use std::fs::File;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::project::{Project, SCHEMA};

/// specs 8.19
#[test]
fn an_empty_file_is_reported() {
    let project = Project::with_runs(SCHEMA);
    for name in ["empty.csv", "empty.tsv", "empty.jsonl"] {
        project.has(name, "");
        let said = project.wallow(&format!("import --from {name}")).succeeds();
        assert!(said.contains("the file is empty\n"), "{said}");
    }
    // Empty once it is read: nothing but a byte order mark, or a compressed nothing.
    project.has("mark.csv", "\u{feff}");
    let packed = File::create(project.path("empty.csv.gz")).unwrap();
    GzEncoder::new(packed, Compression::fast())
        .finish()
        .unwrap()
        .flush()
        .unwrap();
    for name in ["mark.csv", "empty.csv.gz"] {
        let said = project.wallow(&format!("import --from {name}")).succeeds();
        assert!(said.contains("the file is empty\n"), "{said}");
    }
    project.has("empty.json", "");
    let said = project.wallow("import --from empty.json").refuses();
    assert!(
        said.contains("it is empty, which is no JSON (`[]` has no records)"),
        "{said}"
    );
    project.has("empty.json", "[]");
    project.wallow("import --from empty.json").succeeds();
}

/// A small float as Java writes it.
#[test]
fn the_smallest_float_is_a_value_in_every_notation() {
    let project = Project::with_runs(SCHEMA);
    project.has("java.csv", "rate,seed\n4.9e-324,1\n4.9E-324,2\n5e-324,3\n");
    project.wallow("import --from java.csv").succeeds();
    assert_eq!(
        project.reads("SELECT count(*) FROM runs WHERE rate > 0 AND rate < 1e-323"),
        "3"
    );
    project.has("none.csv", "rate,seed\n3e-324,1\n");
    let said = project.wallow("import --from none.csv");
    assert!(
        said.stdout.contains("too small for a float"),
        "{}",
        said.stdout
    );
}

/// An import is one transaction, and the disk becomes full within it.
#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_nothing_is_imported_and_the_error_says_so() {
    use std::process::Command;

    let project = Project::with(SCHEMA);
    std::fs::create_dir(project.path("disk")).unwrap();
    let mut mount = Command::new("mount");
    mount
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(project.path("disk"));
    if !mount.output().is_ok_and(|output| output.status.success()) {
        return;
    }
    let project = project.sets("WALLOW_DATABASE_URL", "disk/runs.db");
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let rows = (0..40_000).map(|seed| format!("0.5,{seed},0.25\n"));
    project.has(
        "rows.csv",
        &format!("rate,seed,loss\n{}", rows.collect::<String>()),
    );
    let answer = project.wallow("import --from rows.csv");
    let count = project.wallow("count");
    let umount = Command::new("umount")
        .arg("--lazy")
        .arg(project.path("disk"))
        .status();
    assert!(umount.unwrap().success());
    assert_eq!(answer.status, Some(1));
    assert!(
        answer.stderr.contains("error: nothing was imported: ") && answer.stderr.contains("full"),
        "{}",
        answer.stderr
    );
    assert!(
        !answer.stderr.contains("registered before"),
        "{}",
        answer.stderr
    );
    assert_eq!(count.stdout, "0\n", "{}", count.stderr);
}
