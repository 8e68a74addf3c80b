//! `wallow import`: members of JSON objects. specs 8.12

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "members"

[identifying.model]
type = "string"

[identifying.lr]
type = "float"

[annotating.loss]
type = "float"

[annotating.tags]
type = "json"
"#;

fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate push --yes").succeeds();
    project
}

fn runs(project: &Project) -> String {
    project.reads(
        "SELECT group_concat(model || ' ' || lr || ' ' || coalesce(loss, '-') || ' ' || coalesce(tags, '-'), '; ') FROM \
         (SELECT * FROM runs ORDER BY id)",
    )
}

#[test]
fn members_of_groups_are_found_by_their_names() {
    for (text, expected) in [
        (
            "{\"_id\":1,\"config\":{\"model\":\"a\",\"lr\":0.1,\"n\":1},\"result\":0.5}\n\
             {\"_id\":2,\"config\":{\"model\":\"b\",\"lr\":0.2}}\n",
            "a 0.1 - -; b 0.2 - -",
        ),
        (
            "[{\"params\":{\"model\":\"a\",\"lr\":0.1},\"metrics\":{\"loss\":0.5}}]",
            "a 0.1 0.5 -",
        ),
        // A name of the record itself is nearer, and what a field holds is not taken apart.
        (
            "{\"model\":\"a\",\"lr\":1,\"params\":{\"lr\":2},\"tags\":{\"loss\":3}}",
            "a 1.0 - {\"loss\":3}",
        ),
    ] {
        let project = project();
        project.has("a.json", text);
        project.wallow("import --from a.json").succeeds();
        assert_eq!(runs(&project), expected);
    }
}

#[test]
fn members_of_other_objects_are_named_and_mapped() {
    let project = project();
    project.has(
        "a.jsonl",
        "{\"settings\":{\"model\":\"a\",\"opt\":{\"lr\":0.1}},\"tags\":{\"best\":0.25}}\n",
    );
    let said = project.wallow("import --from a.jsonl");
    let reason = "refused line 1: field `model`: missing, but there is `settings.model`: `--map \"settings.model=model\"` takes it";
    assert!(said.stdout.contains(reason), "{}", said.stdout);
    said.refuses();
    let map = "import --from a.jsonl --map settings.model=model --map settings.opt.lr=lr --map tags.best=loss";
    let said = project.wallow(map).succeeds();
    assert!(!said.contains("settings"), "{said}");
    assert_eq!(runs(&project), "a 0.1 0.25 {\"best\":0.25}");
    let said = project.wallow("import --from a.jsonl --map settings.no=model");
    assert!(said.stdout.contains("settings.no"), "{}", said.stdout);
    said.refuses();
}

/// specs 8.12
#[test]
fn an_object_may_have_several_lines() {
    for text in [
        "{\n \"model\": \"a\",\n \"lr\": 0.1\n}\n",
        "\n{ \"model\": \"{a\\\"\",\n\"lr\": 0.1 }\n{\"model\": \"b\", \"lr\": 0.2} {\"model\":\"c\",\n\"lr\":0.3}",
    ] {
        let project = project();
        project.has("a.json", text);
        project.wallow("import --from a.json").succeeds();
        let objects = text.matches("lr").count().to_string();
        assert_eq!(project.reads("SELECT count(*) FROM runs"), objects);
    }
    let project = project();
    let good = "{\"model\": \"a\", \"lr\": 0.1}";
    for (text, reason) in [
        // A line that was cut is refused alone.
        (format!("{{\"model\": \"a\",\n{good}\n"), "refused line 1: "),
        (
            format!("{good},\n{good}\n"),
            "refused line 1: a comma stands behind the object",
        ),
        (
            format!("{good}{good}\n"),
            "refused line 1: more than one object stands in the line",
        ),
    ] {
        project.has("a.jsonl", &text);
        let answer = project.wallow("import --from a.jsonl");
        assert!(answer.stdout.contains(reason), "{}", answer.stdout);
        assert!(answer.stdout.contains(" 1 refused\n"), "{}", answer.stdout);
        answer.refuses();
    }
    project.has("a.json", "{\n \"model\": \"a\",\n");
    let said = project.wallow("import --from a.json").refuses();
    assert!(said.contains("the last object does not end"), "{said}");
}
