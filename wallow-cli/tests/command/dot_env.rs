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

/// A password may have a `$`, so what stands behind it may be a part of the password. specs 8.1
#[test]
fn a_password_with_a_dollar_sign_is_not_shown() {
    let project = Project::with_runs(SCHEMA);
    for (text, place) in [
        (
            "DATABASE_URL=postgres://u:p$Sup3rS3cret@h/x\n",
            "line 1: `DATABASE_URL` names no database: the `$` in column 28",
        ),
        (
            "\nDATABASE_URL=postgres://u:${Sup3r:-S3cret}@h/x\n",
            "line 2: `DATABASE_URL` names no database: the `$` in column 27",
        ),
        (
            "PW=Sup3r$S3cret\nDATABASE_URL=postgres://u:${PW}@h/x\n",
            "it refers to `PW`, and in line 1 the `$` in column 9",
        ),
        (
            "DATABASE_URL=postgres://h/x?sslpassword=p$S3cret\n",
            "the `$` in column 42",
        ),
    ] {
        project.has(".env", text);
        let said = project.wallow("count").refuses();
        assert!(said.contains(place), "{said}");
        assert!(
            !said.contains("S3cret") && !said.contains("Sup3r"),
            "{said}"
        );
    }
    // The name of a variable is none.
    project.has(".env", "DATABASE_URL=postgres://u:${DB_PASSWORD}@h/x\n");
    let said = project.wallow("count").refuses();
    assert!(
        said.contains("the variable `DB_PASSWORD`, which is not set"),
        "{said}"
    );
    // As the message says.
    project.has(
        ".env",
        "DATABASE_URL=postgres://u:p\\$Sup3rS3cret@127.0.0.1:1/x\n",
    );
    let said = project.wallow("count").refuses();
    assert!(!said.contains(".env"), "{said}");
    assert!(!said.contains("S3cret"), "{said}");
}

/// Otherwise another database than the one that is meant would be used. specs 8.1
#[test]
fn a_database_in_a_line_that_cannot_be_read_is_an_error() {
    let project = Project::with_runs(SCHEMA);
    for text in [
        "DATABASE_URL=host=h password=s3cret y\n",
        "DATABASE_URL=\"s3cret.db\n",
        "DATABASE_URL: s3cret.db\n",
        "export DATABASE_URL=postgres://u:s3 cret@h/x\n",
        "WALLOW_DATABASE_URL=a s3cret\nDATABASE_URL=runs.db\n",
        "DATABASE_URL=a s3cret\nDATABASE_URL=runs.db\n",
    ] {
        project.has(".env", text);
        let said = project.wallow("count").refuses();
        assert!(said.starts_with("error: `.env`, line 1: `"), "{said}");
        assert!(
            said.contains("DATABASE_URL` cannot be read, because"),
            "{said}"
        );
        assert!(!said.contains("s3"), "{said}");
        project.wallow("count --db runs.db").succeeds();
    }
    // The value in quotes, as the message says.
    project.has(".env", "DATABASE_URL='runs.db'\n");
    project.wallow("count").succeeds();
    // What would not be used anyway is a warning.
    project.has(
        ".env",
        "WALLOW_DATABASE_URL=runs.db\nDATABASE_URL=a s3cret\n",
    );
    let answer = project.wallow("count");
    assert!(
        answer
            .stderr
            .starts_with("warning: `.env`, line 2: the line was left out"),
        "{}",
        answer.stderr
    );
    assert_eq!(answer.stdout, "2\n");
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
