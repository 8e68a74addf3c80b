//! `wallow migrate discard`. specs 7.24

use crate::project::{Project, SCHEMA};

#[test]
fn the_newest_migration_is_removed_if_no_database_has_it() {
    let project = Project::with_runs(SCHEMA);
    let before = project.files();
    let refused = project.wallow("migrate discard").refuses();
    assert!(
        refused.contains("has applied [FIRST]_initial")
            && refused.contains("`wallow migrate downgrade base`"),
        "{refused}"
    );
    project.edits("type = \"float\"\n", "type = \"float\"\nindexed = false\n");
    project.wallow("migrate generate index").succeeds();
    let said = project.wallow("migrate discard").succeeds();
    assert!(
        said.contains("_index, which is not applied to runs.db, beside wallow.toml"),
        "{said}"
    );
    project.declares(SCHEMA);
    let paths = |files: Vec<(std::path::PathBuf, Vec<u8>)>| {
        files.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
    };
    assert_eq!(paths(project.files()), paths(before));
    project.wallow("status").succeeds();
}

/// A database that the project names in another place counts, too, and one that cannot be asked.
#[test]
fn every_database_of_the_project_is_asked() {
    let project = Project::with_runs(SCHEMA);
    let refused = project.wallow("migrate discard --db other.db").refuses();
    assert!(
        refused.contains("runs.db, beside wallow.toml, has applied")
            && refused.contains("`wallow migrate downgrade base --db "),
        "{refused}"
    );
    project.has(
        "broken.db",
        "no database, but long enough to be looked at as if it were one",
    );
    let refused = project.wallow("migrate discard --db broken.db").refuses();
    assert!(
        refused.contains("cannot be seen, and nothing was removed"),
        "{refused}"
    );
    let empty = Project::with(SCHEMA);
    empty.wallow("migrate discard").refuses();
}

/// Every place that names a database, whichever of them counts.
#[test]
fn every_place_that_names_a_database_is_asked() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    for (index, name) in ["option.db", "first.db", "second.db", "env.db"]
        .iter()
        .enumerate()
    {
        project
            .wallow(&format!("migrate apply --db {name}"))
            .succeeds();
        project.edits(
            "[annotating.loss]",
            &format!("[annotating.note{index}]\ntype = \"string\"\n\n[annotating.loss]"),
        );
    }
    project.wallow("migrate generate notes").succeeds();
    project.has(".env", "DATABASE_URL=env.db\n");
    let project = project
        .sets("WALLOW_DATABASE_URL", "first.db")
        .sets("DATABASE_URL", "second.db");
    let named = [
        ("option.db", "from --db"),
        ("first.db", "from the variable WALLOW_DATABASE_URL"),
        ("second.db", "from the variable DATABASE_URL"),
        ("env.db", "from .env"),
    ];
    for (name, source) in named {
        project
            .wallow(&format!("migrate apply --db {name}"))
            .succeeds();
        let refused = project.wallow("migrate discard --db option.db").refuses();
        assert!(
            refused.contains(&format!("{name}, {source}, has applied")),
            "{refused}"
        );
        let first = project.migrations()[0].clone();
        project
            .wallow(&format!("migrate downgrade {first} --yes --db {name}"))
            .succeeds();
    }
    let said = project.wallow("migrate discard --db option.db").succeeds();
    for (name, source) in named {
        assert!(said.contains(&format!("{name}, {source}")), "{said}");
    }
    assert!(said.contains("runs.db, beside wallow.toml"), "{said}");
}
