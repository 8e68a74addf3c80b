//! What looks like the name of a database is never a file to write.

use crate::project::{Project, SCHEMA};

const NAMES: [&str; 8] = [
    "host=db password=s3cret.csv",
    "password=s3cret.svg",
    "postgres://me:s3cret@db/runs.csv",
    "sqlite:out.csv",
    "file:out.csv",
    "me:s3cret@db.csv",
    "dbname=runs user=me.json",
    "mysql://me:s3cret@db/runs.html",
];

#[test]
fn an_output_is_never_named_like_a_database() {
    let project = Project::with_runs(SCHEMA);
    let files = project.files();
    for name in NAMES {
        for line in [
            "export --format csv",
            "ls --format csv",
            "top loss --format json",
            "report",
            "plot rate loss",
        ] {
            let answer = project.wallow(&format!("{line} --output \"{name}\""));
            let said = format!("{}{}", answer.stdout, answer.stderr);
            assert_eq!(answer.status, Some(2), "{line} {name}: {said}");
            assert!(!said.contains("s3cret"), "{line} {name}: {said}");
            let is_said = said.contains("`--output` names a file, and this looks like a database");
            assert!(
                is_said || said.contains("does not end in `.svg`"),
                "{line} {name}: {said}"
            );
        }
        for line in ["init --dir", "work --artefacts"] {
            let command = if line.starts_with("work") {
                " -- true"
            } else {
                ""
            };
            let said = project
                .wallow(&format!("{line} \"{name}\"{command}"))
                .misuses();
            assert!(!said.contains("s3cret"), "{line} {name}: {said}");
        }
    }
    assert!(project.files() == files);
    let said = project.wallow("export --format csv --output -").misuses();
    assert!(said.contains("leave `--output` out"), "{said}");
    // As the message says.
    project
        .wallow("export --output \"./password=x.csv\"")
        .succeeds();
    assert!(project.path("password=x.csv").is_file());
}
