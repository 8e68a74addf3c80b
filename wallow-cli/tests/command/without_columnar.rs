//! A command that was built without the feature `columnar`.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

#[test]
fn parquet_and_arrow_are_an_error_that_names_the_feature() {
    let project = Project::with_runs(SCHEMA);
    project.has("old.parquet", "PAR1");
    let before = project.files();
    assert_data_eq!(
        project.wallow("import --from old.parquet").misuses(),
        str![[r#"
error: `old.parquet` is not read: Parquet needs the feature `columnar` of wallow-cli, and this `wallow` was built without it; build it with that feature (it is on unless `default-features = false` says otherwise), or use CSV or JSON lines

"#]]
    );
    for export in [
        "export --output new.parquet",
        "export --format arrow",
        "ls --output new.arrow",
        "ls --format parquet",
    ] {
        let error = project.wallow(export).misuses();
        assert!(
            error.contains("the feature `columnar` of wallow-cli"),
            "{export}: {error}"
        );
    }
    assert!(project.files() == before);
    project.wallow("export --output new.csv").succeeds();
    project.wallow("import --from new.csv").succeeds();
}
