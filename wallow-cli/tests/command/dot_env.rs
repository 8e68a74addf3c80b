//! `.env` files that name a database in a way that a person did not mean.

use crate::project::{Project, SCHEMA};

/// A hole in a variable of the file is a hole in each value that refers to it.
#[test]
fn a_variable_that_refers_to_one_that_is_not_set_is_an_error() {
    let project = Project::with_runs(SCHEMA);
    for (text, part) in [
        (
            "DIR=$NOPE/data\nDATABASE_URL=${DIR}/runs.db\n",
            "line 2: `DATABASE_URL` names no database: it refers to `DIR`, and in line 1 it refers to the variable `NOPE`, \
             which is not set",
        ),
        (
            "HOST=${NOPE}\nPLACE=${HOST}\nDATABASE_URL=postgres://${PLACE}/db\n",
            "line 3: `DATABASE_URL` names no database: it refers to `HOST`, and in line 1",
        ),
        (
            "A=${B}\nB=${A}\nDATABASE_URL=${A}.db\n",
            "it refers to `A`, and in line 1",
        ),
    ] {
        project.has(".env", text);
        let said = project.wallow("count").refuses();
        assert!(said.contains(part), "{said}");
    }
    project.has(".env", "DIR=.\nFILE=${DIR}/runs\nDATABASE_URL=${FILE}.db\n");
    project.wallow("count").succeeds();
}

#[test]
fn a_byte_order_mark_belongs_to_no_name() {
    let project = Project::with_runs(SCHEMA);
    project.has(".env", "\u{feff}DATABASE_URL=shared.db\r\n");
    let said = project.wallow("count").refuses();
    assert!(said.contains("`shared.db`"), "{said}");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_a_warning() {
    let project = Project::with_runs(SCHEMA);
    let file = project.path(".env");
    let warning = |reason: &str| {
        let answer = project.wallow("count");
        assert_eq!(answer.stdout, "2\n", "{}", answer.stderr);
        let expected = format!("warning: `.env` was not read: {reason}");
        assert!(answer.stderr.starts_with(&expected), "{}", answer.stderr);
    };
    std::os::unix::fs::symlink("nowhere", &file).unwrap();
    warning("it is a link that leads nowhere");
    std::fs::remove_file(&file).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &file,
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    warning("it is a pipe or a device");
    std::fs::remove_file(&file).unwrap();
    // An environment of Python.
    std::fs::create_dir(&file).unwrap();
    project.wallow("count").succeeds();
}
