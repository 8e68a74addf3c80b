//! `wallow import`: blanks around the values of CSV.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "blanks"
lifecycle = true

[identifying.lr]
type = "float"

[identifying.opt]
type = "string"

[annotating.note]
type = "string"
"#;

fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

/// The texts of the runs.
fn texts(project: &Project) -> String {
    project.reads(
        "SELECT group_concat('<' || opt || '|' || coalesce(note, 'NULL') || '>', ' ') FROM (SELECT * FROM runs ORDER BY id)",
    )
}

/// specs 8.19
#[test]
fn blanks_behind_separators_do_not_belong_to_values() {
    for (text, separators) in [
        (
            "lr, opt, note, status\n0.1, \"adam\", \"a, b \", completed\n0.2, sgd, ,\n0.3,sgd,\" c\",\n",
            "",
        ),
        (
            "lr ; \"opt\" ; note ; status\n0.1 ; adam ; \"a, b \" ; completed\n0.2 ; sgd ; ;\n0.3;sgd;\" c\";\n",
            "the values are separated by semicolons\n",
        ),
    ] {
        let project = project();
        project.has("a.csv", text);
        let said = project.wallow("import --from a.csv").succeeds();
        assert!(said.contains(separators), "{said}");
        let removed = "blanks around the text removed, as around the names of the columns: ";
        assert!(said.contains(removed), "{said}");
        assert_eq!(
            texts(&project),
            "<adam|a, b > <sgd|NULL> <sgd| c>",
            "{text}"
        );
        let completed = "count --where \"status == 'completed'\"";
        assert_eq!(project.wallow(completed).succeeds(), "1\n");
        // The grid of the same file is there already.
        let said = project.wallow("enqueue --from a.csv").succeeds();
        assert!(
            said.contains("3 combinations: 0 new,") && said.contains(removed),
            "{said}"
        );
    }
}

/// Without such names blanks may be meant, so they are kept, but not in silence.
#[test]
fn blanks_that_are_kept_are_reported() {
    let project = project();
    project.has(
        "a.csv",
        "lr,opt,note\n 0.1 , sgd,\" quoted \"\n0.2,adam ,x\n0.3,sgd,y\n0.4, \"a, b\" ,z\n",
    );
    assert_data_eq!(
        project.wallow("import --from a.csv").succeeds(),
        str![[r#"
4 inserted, 0 overwritten, 0 existing, 0 refused
blanks around the text kept: 2 values of `opt`; if they do not belong to it, remove them
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        texts(&project),
        "< sgd| quoted > <adam |x> <sgd|y> <a, b|z>"
    );
    // What wallow writes itself is in quotes, and read back as it is.
    project
        .wallow("export --columns lr,opt,note --output b.csv")
        .succeeds();
    let said = project.wallow("import --from b.csv").succeeds();
    assert!(
        said.starts_with("0 inserted, 0 overwritten, 4 existing") && !said.contains("blanks"),
        "{said}"
    );
}

/// Text behind the blanks after a closing quote is an error, as directly behind it.
#[test]
fn more_than_blanks_behind_a_quote_is_an_error() {
    let project = project();
    project.has("a.csv", "lr, opt\n0.1, \"adam\" x\n");
    let said = project.wallow("import --from a.csv").refuses();
    assert!(
        said.contains("line 2: behind the quote that closes a value stands more than a separator"),
        "{said}"
    );
}

/// Blanks of every kind are blanks. specs 8.19
#[test]
fn a_blank_that_is_not_ascii_is_one() {
    for (text, expected, said) in [
        (
            "lr\u{a0},opt\u{a0}\n0.1\u{a0},adam\u{a0}\n0.2,\u{2009}sgd\n",
            "<adam|NULL> <sgd|NULL>",
            "blanks around the text removed",
        ),
        (
            "lr,opt\n0.1\u{a0},adam\u{a0}\n",
            "<adam\u{a0}|NULL>",
            "blanks around the text kept",
        ),
    ] {
        let project = project();
        project.has("a.csv", text);
        let answer = project.wallow("import --from a.csv").succeeds();
        assert!(answer.contains(said), "{answer}");
        assert_eq!(texts(&project), expected);
    }
}
