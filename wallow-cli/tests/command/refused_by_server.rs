//! Runs that the database itself refuses, in `wallow import` and `wallow copy`. specs 8.12, 8.14

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "texts"

[identifying.label]
type = "string"

[identifying.seed]
type = "int"

[annotating.host]
type = "string"
indexed = true

[annotating.note]
type = "string"

[annotating.extra]
type = "json"
"#;

/// A text that compression does not shorten.
#[cfg(feature = "postgres")]
fn long(length: usize) -> String {
    let mut state = 1_u64;
    let letters = (0..length).map(|_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'0' + u8::try_from((state >> 33) % 74).unwrap())
    });
    letters.filter(|letter| !"\"\\".contains(*letter)).collect()
}

fn line(label: &str, seed: usize, others: &str) -> String {
    format!("{{\"label\": \"{label}\", \"seed\": {seed}{others}}}\n")
}

#[test]
fn a_trigger_of_a_file_refuses_its_run_alone() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.executes(
        "CREATE TRIGGER no_seven BEFORE INSERT ON runs WHEN NEW.seed = 7 BEGIN SELECT RAISE(ABORT, 'seven is unlucky'); END",
    );
    let text = (0..10).map(|seed| line("a", seed, ""));
    project.has("a.jsonl", &text.collect::<String>());
    let answer = project.wallow("import --from a.jsonl");
    assert!(
        answer.stdout.contains("refused line 8: seven is unlucky"),
        "{}",
        answer.stdout
    );
    answer.refuses();
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "0");
    assert_data_eq!(
        project
            .wallow("import --from a.jsonl --skip-refused")
            .succeeds(),
        str![[r#"
9 inserted, 0 overwritten, 0 existing, 1 refused
refused line 8: seven is unlucky
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        project.reads("SELECT group_concat(seed, '') FROM (SELECT seed FROM runs ORDER BY id)"),
        "012345689"
    );
    project.executes("DELETE FROM runs WHERE seed = 3");
    let other = "copy --to other.db";
    project.wallow(other).succeeds();
    project.executes_on(
        "other.db",
        "DELETE FROM runs; CREATE TRIGGER no_five BEFORE INSERT ON runs WHEN NEW.seed = 5 BEGIN SELECT RAISE(ABORT, 'not five'); END",
    );
    let refusal = project.wallow(other).refuses();
    assert!(
        refusal.starts_with("error: run 6 (uuid ")
            && refusal.ends_with("): not five; no run was copied\n"),
        "{refusal}"
    );
}

/// A database of a server that can store only LATIN1 and has a trigger, and a project with a file of runs for it.
#[cfg(feature = "postgres")]
struct Latin1 {
    server: &'static postgres_server::Server,
    name: String,
    project: Project,
}

#[cfg(feature = "postgres")]
impl Latin1 {
    /// None if there is no server.
    fn new() -> Option<Self> {
        let server = postgres_server::Server::shared()?;
        let name = format!("{}_latin1", server.fresh().name());
        let create = format!(
            "CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        );
        server.psql("postgres", &create).unwrap();
        let project = Project::with(SCHEMA);
        project.wallow("migrate generate initial").succeeds();
        project.wallow("migrate apply").succeeds();
        let lines = [
            line("a", 1, ""),
            line("a", 2, ", \"note\": \"5 €\""),
            line("☃", 3, ""),
            line("a", 4, &format!(", \"host\": \"{}\"", long(4_000))),
            line(&long(4_000), 5, ", \"host\": \"b\""),
            line("a", 6, ", \"extra\": {\"a\": [\"☃\"]}, \"note\": \"naïve\""),
            line("a", 7, ""),
            line("a", 8, &format!(", \"host\": \"{}\"", long(20_000))),
            line("a", 9, &format!(", \"note\": \"{}\"", long(20_000))),
            line("a", 1, ", \"note\": \"5 €\""),
            line("b", 10, ""),
        ];
        project.has("a.jsonl", &lines.concat());
        let this = Latin1 {
            server,
            name,
            project,
        };
        this.wallow("migrate apply").succeeds();
        this.reads(
            "CREATE FUNCTION unlucky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.seed = 7 THEN RAISE EXCEPTION 'seven is unlucky'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER no_seven BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION unlucky()",
        );
        Some(this)
    }

    fn url(&self) -> String {
        self.server.url(&self.name)
    }

    fn wallow(&self, line: &str) -> crate::project::Answer {
        self.project
            .wallow(&format!("{line} --db \"{}\"", self.url()))
    }

    fn reads(&self, sql: &str) -> String {
        let said = self.server.psql(&self.name, sql).unwrap();
        said.trim_end().to_owned()
    }
}

#[cfg(feature = "postgres")]
impl Drop for Latin1 {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let _ = self.server.psql("postgres", &drop);
    }
}

/// The lines that the server refuses, and why; in a copy the runs have these ids.
#[cfg(feature = "postgres")]
const REFUSALS: [(u8, &str); 7] = [
    (
        2,
        "field `note`: `€` (U+20AC) cannot be stored, because the database has the encoding LATIN1",
    ),
    (3, "field `label`: `☃` (U+2603) cannot be stored"),
    (4, "field `host`: index row size "),
    (5, "field `label`: index row size "),
    (6, "field `extra`: `☃` (U+2603) cannot be stored"),
    (7, "seven is unlucky"),
    (8, "field `host`: index row "),
];

#[cfg(feature = "postgres")]
#[test]
fn what_a_server_alone_refuses_is_named_and_skipped() {
    let Some(on) = Latin1::new() else {
        return;
    };
    for (options, ends_well) in [
        ("", false),
        (" --dry-run", false),
        (" --skip-refused", true),
    ] {
        let answer = on.wallow(&format!("import --from a.jsonl{options}"));
        assert!(
            answer
                .stdout
                .starts_with("3 inserted, 0 overwritten, 1 existing, 7 refused\n"),
            "{}{}",
            answer.stdout,
            answer.stderr
        );
        for (line, reason) in REFUSALS {
            let refusal = format!("refused line {line}: {reason}");
            assert!(answer.stdout.contains(&refusal), "{}", answer.stdout);
        }
        if ends_well {
            answer.succeeds();
            assert_eq!(
                on.reads("SELECT string_agg(seed::text, ' ' ORDER BY id) FROM runs"),
                "1 9 10"
            );
        } else {
            answer.refuses();
            assert_eq!(on.reads("SELECT count(*) FROM runs"), "0");
        }
    }
    // Existing runs are overwritten, or not, in the same way.
    let answer = on.wallow("import --from a.jsonl --skip-refused --on-duplicate overwrite --yes");
    assert!(
        answer
            .stdout
            .starts_with("0 inserted, 3 overwritten, 0 existing, 8 refused\n"),
        "{}",
        answer.stdout
    );
    let refusal = "refused line 10: field `note`: `€`";
    assert!(answer.stdout.contains(refusal), "{}", answer.stdout);
}

#[cfg(feature = "postgres")]
#[test]
fn a_copy_stops_at_the_run_that_a_server_refuses() {
    let Some(on) = Latin1::new() else {
        return;
    };
    on.project.wallow("import --from a.jsonl").succeeds();
    let copy = format!("copy --to \"{}\"", on.url());
    for (id, reason) in REFUSALS {
        let refusal = on.project.wallow(&copy).refuses();
        let uuid = on
            .project
            .reads(&format!("SELECT uuid FROM runs WHERE id = {id}"));
        let expected = format!("error: run {id} (uuid {uuid}): {reason}");
        assert!(refusal.starts_with(&expected), "{refusal}");
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "0");
        on.project
            .executes(&format!("DELETE FROM runs WHERE id = {id}"));
    }
    let said = on.project.wallow(&copy).succeeds();
    assert!(said.starts_with("3 runs copied\n"), "{said}");
    // The same applies to an import that overwrites.
    on.project.executes(
        "UPDATE runs SET note = '5 €', updated_at = '2999-01-01 00:00:00.000000' WHERE seed = 10",
    );
    let refusal = on.project.wallow(&format!("{copy} --update --yes"));
    let refusal = refusal.refuses();
    assert!(
        refusal.contains("): field `note`: `€` (U+20AC)"),
        "{refusal}"
    );
}
