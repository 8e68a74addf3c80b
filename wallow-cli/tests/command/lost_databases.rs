//! Databases that would be gone after a command, or later. specs 3.24, 8.1

use crate::project::{Project, SCHEMA};

#[test]
fn a_name_under_which_sqlite_keeps_logs_is_refused() {
    let project = Project::with_runs(SCHEMA);
    for (name, database) in [
        ("k.db-wal", "k.db"),
        ("k.db-journal", "k.db"),
        ("./k.db-shm", "k.db"),
        ("file:k.db-wal", "k.db"),
        ("runs.db-journal", "runs.db"),
    ] {
        for line in [
            format!("migrate push --yes --db {name}"),
            format!("enqueue rate=1 --db {name}"),
            format!("count --db {name}"),
            format!("copy --to {name}"),
        ] {
            let said = project.wallow(&line).refuses();
            let reason = format!("SQLite keeps the log of a database `{database}` under it");
            assert!(said.contains(&reason), "{line}: {said}");
        }
    }
    #[cfg(unix)]
    {
        std::fs::copy(project.path("runs.db"), project.path("k.db-wal")).unwrap();
        std::os::unix::fs::symlink("k.db-wal", project.path("link.db")).unwrap();
        let said = project.wallow("count --db link.db").refuses();
        assert!(said.contains("`k.db`"), "{said}");
    }
    project.wallow("copy --to k-wal.db").succeeds();
}

#[test]
fn a_database_in_memory_is_refused_whatever_a_command_does() {
    let schema = SCHEMA.replace(
        "[identifying.rate]",
        "lifecycle = true\n\n[identifying.rate]",
    );
    let project = Project::with_runs(&schema);
    for name in [":memory:", "file:x?mode=memory", "sqlite://:memory:"] {
        for line in [
            "migrate push --yes",
            "migrate apply",
            "enqueue rate=1",
            "count",
            "ls",
            "rm --where \"seed > 0\" --yes",
            "work -- true",
            "doctor",
            "status",
            "migrate adopt",
        ] {
            let said = project.wallow(&format!("--db {name} {line}"));
            let said = said.misuses();
            assert!(
                said.contains("in memory is gone when the command ends"),
                "{line}: {said}"
            );
        }
    }
    let without = Project::empty();
    let said = without.wallow("count --db :memory:").misuses();
    assert!(
        said.contains("name a file or a server with `--db URL`"),
        "{said}"
    );
}
