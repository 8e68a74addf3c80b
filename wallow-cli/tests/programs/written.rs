//! `wallow import` from files that pandas, polars, pyarrow and DuckDB wrote.

use crate::export::SCHEMA;
use crate::project::Project;
use crate::python;

/// The content of every file.
const RUNS: &str = r#"{"label":"plain","count":7,"score":0.1,"done":true,"seen_at":"2026-01-02T03:04:05.000250Z"}
{"label":"a, \"b\"\n'c'","count":null,"score":-1e+300,"done":null,"seen_at":null}
{"label":"naïve 🐷","count":-9223372036854775807,"score":null,"done":false,"seen_at":"1970-01-01T00:00:00.000000Z"}
"#;

#[test]
fn whatever_program_wrote_the_file_the_runs_are_the_same() {
    let project = Project::with(SCHEMA);
    let files = Project::empty();
    let Some(names) = python::run("written.py", &[&files.path("")]) else {
        return;
    };
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let names = names.lines().collect::<Vec<_>>();
    assert!(names.len() > 30, "{names:?}");
    let mut wrong = Vec::new();
    for name in names {
        let path = files.path(name);
        let answer = project.wallow(&format!("import --from {}", path.display()));
        let export = "export --format jsonl --columns label,count,score,done,seen_at";
        let found = project.wallow(export).succeeds();
        if found != RUNS {
            wrong.push(format!("{name}: {}{}{found}", answer.stdout, answer.stderr));
        }
        let remove = project.wallow("rm --where \"id > 0\" --yes");
        remove.succeeds();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let strange = files.path("strange.parquet");
    let import = format!("import --from {}", strange.display());
    let refused = project.wallow(&import).refuses();
    assert!(
        refused.contains("compressed with brotli") && refused.contains("write it with zstd"),
        "{refused}"
    );
}
