//! `wallow import`: files whose names tell no format. What they are is said, not only that a format is missing.

use std::fs;

use crate::project::{Project, SCHEMA};

#[test]
fn what_has_no_format_is_named() {
    let project = Project::with_runs(SCHEMA);
    fs::create_dir(project.path("sacred")).unwrap();
    for (name, content, what) in [
        ("a.pkl", &b"\x80\x04\x95"[..], "a pickle of Python"),
        ("a.npz", b"PK\x03\x04", "a zip archive"),
        ("a.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        ("a.duckdb", b"\0\0\0\0\0\0\0\0DUCK", "a database of DuckDB"),
        ("a.yaml", b"lr: 1\n", "YAML"),
        (
            "a.log",
            b"{\"op_code\": 0, \"worker_id\": \"x\"}\n",
            "a journal of Optuna",
        ),
    ] {
        fs::write(project.path(name), content).unwrap();
        let said = project.wallow(&format!("import --from {name}")).refuses();
        assert!(
            said.starts_with(&format!("error: `{name}` is {what}")),
            "{said}"
        );
    }
    for (name, what) in [
        ("sacred", "is a folder; name a file in it"),
        (".", "is a folder"),
        ("-", "stdin is `--from /dev/stdin"),
        ("https://h/runs.csv", "is a URL, and only files are read"),
        ("none", "there is no such file"),
    ] {
        let said = project.wallow(&format!("import --from {name}")).refuses();
        assert!(said.contains(what), "{said}");
    }
    for line in ["export", "ls"] {
        let said = project.wallow(&format!("{line} --output postgres://h/x"));
        let said = said.misuses();
        assert!(said.contains("this looks like a database"), "{said}");
    }
}
