//! Pages of a table in every order, on both databases: together they are the listing of `wallow ls`.

use serde_json::{Value as Json, json};

use crate::project::Project;
use crate::server::{Server, encoded};

const SCHEMA: &str = r#"[project]
name = "sorting"

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"

[annotating.count]
type = "int"

[annotating.is_done]
type = "bool"

[annotating.at]
type = "datetime"

[annotating.note]
type = "string"

[annotating.kind]
type = "string"
values = ["new", "old"]

[annotating.place]
type = "path"

[annotating.curve]
type = "json"
"#;

/// Values that repeat, are absent, or are at the ends of their types.
fn runs() -> String {
    let losses = [
        "0.5",
        "0.5",
        "null",
        "\"Infinity\"",
        "\"-Infinity\"",
        "1e300",
        "-0.0",
        "5e-324",
        "0.1",
    ];
    let counts = [
        "3",
        "null",
        "9223372036854775807",
        "-9223372036854775808",
        "9007199254740993",
        "3",
    ];
    let notes = [
        "\"a\"",
        "\"\"",
        "null",
        "\"ü\"",
        "\"😀\"",
        "\"\\uffff\"",
        "\"\\\"'`\\\\\"",
        "\"a\"",
    ];
    let times = [
        "\"2026-01-02T03:04:05.000006Z\"",
        "null",
        "\"0001-01-01\"",
        "\"2026-01-02T03:04:05.000006Z\"",
    ];
    let line = |seed: usize| {
        let pick = |values: &[&str]| values[seed % values.len()].to_owned();
        format!(
            "{{\"seed\": {seed}, \"loss\": {}, \"count\": {}, \"is_done\": {}, \"at\": {}, \"note\": {}, \"kind\": {}, \"place\": {}, \"curve\": [1, 2, {seed}]}}\n",
            pick(&losses),
            pick(&counts),
            pick(&["true", "false", "null"]),
            pick(&times),
            pick(&notes),
            pick(&["\"new\"", "\"old\"", "null", "\"old\""]),
            pick(&["\"a/b\"", "null", "\"a\""]),
        )
    };
    (0..40).map(line).collect()
}

fn check(project: &Project) {
    // A value that the set no longer has is still sorted.
    project.edits("values = [\"new\", \"old\"]", "values = [\"new\"]");
    let server = Server::start(project, "");
    for column in [
        "id",
        "uuid",
        "seed",
        "loss",
        "count",
        "is_done",
        "at",
        "note",
        "kind",
        "place",
        "created_at",
    ] {
        for sort in [column.to_owned(), format!("-{column}")] {
            for condition in ["", "seed > 3 and (is_done == true or is_done is null)"] {
                let listed = listed(project, &sort, condition);
                assert_eq!(
                    paged(&server, &sort, condition),
                    listed,
                    "{sort} {condition}"
                );
            }
        }
    }
    let all = paged(&server, "", "");
    assert_eq!(all, listed(project, "id", ""));
    best_groups(&server);
}

/// The database orders groups by their mean, those without one last, and returns only as many as were asked for.
fn best_groups(server: &Server) {
    let groups = |lowest: bool, limit: usize| {
        let path = format!("keys=%5B%22note%22%5D&metric=count&limit={limit}&lowest={lowest}");
        let groups = server.ask(&format!("/api/groups?{path}")).json();
        let groups = groups["groups"].as_array().unwrap().clone();
        groups
            .iter()
            .map(|group| group["mean"].clone())
            .collect::<Vec<_>>()
    };
    let mut highest = groups(false, 20);
    assert_eq!(groups(false, 2), highest[..2]);
    highest.reverse();
    let absent = highest.iter().take_while(|mean| mean.is_null()).count();
    highest.rotate_left(absent);
    assert_eq!(groups(true, 20), highest);
}

/// The ids of `wallow ls`.
fn listed(project: &Project, sort: &str, condition: &str) -> Vec<Json> {
    let mut command = project.command(".", "ls --columns id --format json");
    command.arg(format!("--sort={sort}"));
    if !condition.is_empty() {
        command.args(["--where", condition]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let rows: Vec<Json> = serde_json::from_slice(&output.stdout).unwrap();
    rows.iter().map(|row| row["id"].clone()).collect()
}

/// The ids of all pages of the table.
fn paged(server: &Server, sort: &str, condition: &str) -> Vec<Json> {
    let mut ids = Vec::new();
    let mut after = String::new();
    loop {
        let page = server.ask(&format!(
            "/api/rows?columns=%5B%22id%22%2C%22curve%22%5D&limit=7&sort={}&where={}&after={}",
            encoded(sort),
            encoded(condition),
            encoded(&after)
        ));
        let page = page.json();
        let rows = page["data"]["id"].as_array().unwrap().clone();
        assert!(!rows.is_empty() && rows.len() <= 7, "{page}");
        ids.extend(rows);
        assert!(ids.len() <= 40, "{sort}: {ids:?}");
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return ids,
        }
    }
}

fn filled(project: Project) -> Project {
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.has("runs.jsonl", &runs());
    let imported = project.wallow("import --from runs.jsonl");
    assert_eq!(imported.status, Some(0), "{}", imported.stderr);
    project
}

#[test]
fn pages_of_a_file_are_its_listing() {
    check(&filled(Project::with(SCHEMA)));
}

#[cfg(feature = "postgres")]
#[test]
fn pages_of_a_server_are_its_listing() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", &database.url());
    let project = filled(project);
    let nan = "UPDATE runs SET loss = 'NaN' WHERE seed IN (5, 14, 15)";
    server.psql(database.name(), nan).unwrap();
    check(&project);
}

#[test]
fn samples_and_groups_say_of_how_many() {
    let project = filled(Project::with(SCHEMA));
    let server = Server::start(&project, "");
    let sample = server
        .ask("/api/sample?columns=%5B%22uuid%22%5D&limit=20")
        .json();
    assert_eq!(sample["of"], 40);
    let kept = sample["data"]["uuid"].as_array().unwrap().len();
    assert!(kept <= 20, "{kept}");
    let whole = server
        .ask("/api/sample?columns=%5B%22seed%22%5D&limit=40")
        .json();
    assert_eq!(whole["data"]["seed"].as_array().unwrap().len(), 40);

    let groups = server
        .ask("/api/groups?keys=%5B%22kind%22%5D&metric=count&limit=9&lowest=false")
        .json();
    let groups = groups["groups"].as_array().unwrap();
    let runs = groups.iter().map(|group| group["runs"].as_i64().unwrap());
    assert_eq!(runs.sum::<i64>(), 40);
    let mean = |group: &Json| group["mean"].as_f64().unwrap();
    assert!(
        groups
            .windows(2)
            .all(|pair| mean(&pair[0]) >= mean(&pair[1]))
    );
    let best = server
        .ask("/api/groups?keys=%5B%22seed%22%5D&metric=count&limit=2&lowest=false")
        .json();
    assert_eq!(best["of"], 3);
    assert_eq!(best["groups"][0]["max"], "9223372036854775807");

    let facts = server.ask("/api/facts").json();
    assert_eq!(facts["runs"], 40);
    assert_eq!(
        facts["facts"]["seed"],
        json!({ "n": 40, "min": 0, "max": 39, "varies": true })
    );
    assert_eq!(facts["facts"]["is_done"]["varies"], true);
    let one = server.ask("/api/facts?where=seed+%3D%3D+1").json();
    assert_eq!(one["facts"]["seed"]["varies"], false);

    let curves = server.ask("/api/curves?runs=%5B%5D&field=curve").json();
    assert_eq!(curves, json!({ "runs": [], "damaged": null }));
    let csv = server.ask("/api/csv?columns=%5B%22seed%22%5D&sort=-seed");
    assert!(csv.head.contains("text/csv"), "{}", csv.head);
    assert!(csv.body.contains("seed\n39\n38\n"), "{}", csv.body);
}

/// A run that cannot be read is left out, and the runs after it are on the next pages.
#[test]
fn a_run_that_cannot_be_read_ends_no_page() {
    let project = filled(Project::with(SCHEMA));
    let all = listed(&project, "id", "");
    project.executes("UPDATE runs SET curve = '{' WHERE id = 5");
    let server = Server::start(&project, "");
    let readable = all.iter().filter(|id| **id != json!(5)).cloned();
    assert_eq!(paged(&server, "", ""), readable.collect::<Vec<_>>());
}
