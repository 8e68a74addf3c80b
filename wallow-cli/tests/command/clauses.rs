//! What a table of SQLite has that no schema describes, and views and triggers beside it: a rebuild loses and breaks
//! nothing. specs 7.12, 7.21, 7.26

use crate::project::{Project, SCHEMA};

const BUILT_IN: &str = "uuid TEXT NOT NULL, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, \
                        _wallow_attempt INTEGER NOT NULL DEFAULT 0";
const INDEXES: &str = "CREATE UNIQUE INDEX uq_runs_identifying ON runs (rate, seed); \
                       CREATE UNIQUE INDEX ix_runs_uuid ON runs (uuid); CREATE INDEX ix_runs_rate ON runs (rate); \
                       CREATE INDEX ix_runs_seed ON runs (seed)";

/// A project whose table is as wallow.toml says, up to what the statement says beside that.
fn made(id: &str, rate: &str, loss: &str) -> Project {
    let project = Project::with(SCHEMA);
    project.executes(&format!(
        "CREATE TABLE hosts (name REAL PRIMARY KEY); INSERT INTO hosts VALUES (0.5); \
         CREATE TABLE runs (id INTEGER PRIMARY KEY {id} NOT NULL, {BUILT_IN}, rate REAL NOT NULL{rate}, \
         seed INTEGER NOT NULL DEFAULT 0, loss REAL{loss}); {INDEXES}"
    ));
    project.has_run("00000000000a", "rate, seed, loss", "0.1, 0, 0.5");
    project
}

const CLAUSES: [(&str, &str, &str, &str); 7] = [
    ("", " CHECK (rate > 0)", "", "CHECK"),
    ("", "", ", CHECK (loss < 9)", "CHECK"),
    ("", "", " COLLATE NOCASE", "COLLATE"),
    ("", "", " REFERENCES hosts (name)", "REFERENCES"),
    ("", "", " UNIQUE", "UNIQUE (\"loss\")"),
    ("AUTOINCREMENT", "", "", "AUTOINCREMENT"),
    ("", "", ", twice REAL AS (loss * 2)", "GENERATED"),
];

/// A field becomes one of another type, for which SQLite makes the table anew.
fn rebuilds(project: &Project) {
    project.edits(
        "type = \"int\"\ndefault = 0",
        "type = \"float\"\ndefault = 0.0",
    );
}

const STATEMENT: &str = "SELECT sql FROM sqlite_master WHERE name = 'runs'";

#[test]
fn a_push_that_would_lose_a_clause_is_refused_and_what_is_said_leads_out() {
    for (id, rate, loss, clause) in CLAUSES {
        let project = made(id, rate, loss);
        let before = project.reads(STATEMENT);
        project.wallow("status").succeeds();
        rebuilds(&project);
        let refused = project.wallow("migrate push --yes").refuses();
        assert!(
            refused.contains(clause) && refused.contains("nothing was changed"),
            "{clause}: {refused}"
        );
        let status = project.wallow("status").finds();
        assert!(status.contains("would lose it ("), "{clause}: {status}");
        assert!(project.wallow("migrate adopt").refuses().contains(clause));
        assert_eq!(project.reads(STATEMENT), before);
        follows(&project, &refused);
    }
}

#[test]
fn a_migration_that_would_lose_a_clause_stops_and_what_is_said_leads_out() {
    for (id, rate, loss, clause) in CLAUSES {
        let project = made(id, rate, loss);
        project.wallow("migrate adopt").succeeds();
        let before = project.reads(STATEMENT);
        rebuilds(&project);
        project.wallow("migrate generate float").succeeds();
        let refused = project.wallow("migrate apply --yes").refuses();
        assert!(
            refused.contains(clause) && refused.contains("nothing was changed"),
            "{clause}: {refused}"
        );
        assert_eq!(project.reads(STATEMENT), before);
        follows(&project, &refused);
    }
}

/// The commands of the refusal, word for word.
fn follows(project: &Project, refused: &str) {
    let commands = refused.split("`wallow ").skip(1);
    let commands = commands.map(|rest| rest.split('`').next().unwrap());
    for command in commands {
        let answer = project.wallow(command);
        assert_eq!(answer.status, Some(0), "{command}: {}", answer.stderr);
    }
    project.edits("[project]\n", "[database]\nurl = \"new.db\"\n\n[project]\n");
    if project.wallow("status").status == Some(1) {
        project.wallow("migrate adopt").succeeds();
    }
    project.wallow("status").succeeds();
    let runs = project
        .wallow("export --columns uuid,rate,seed,loss")
        .succeeds();
    assert_eq!(runs, "uuid,rate,seed,loss\n00000000000a,0.1,0.0,0.5\n");
}

/// Words in texts and comments are no clauses.
#[test]
fn words_in_a_text_are_no_clauses() {
    let project = made("", " /* no CHECK */", " -- REFERENCES none\n");
    project.executes("ALTER TABLE runs ADD COLUMN note TEXT DEFAULT 'please CHECK (this)'");
    project.edits(
        "[annotating.loss]",
        "[annotating.note]\ntype = \"string\"\ndefault = \"please CHECK (this)\"\n\n[annotating.loss]",
    );
    rebuilds(&project);
    project.wallow("migrate push").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(
        project.reads("SELECT note FROM runs"),
        "please CHECK (this)"
    );
}

/// A `UNIQUE` of uuids in the table becomes the index of a new table.
#[test]
fn uuids_stay_unique_in_a_table_that_is_made_anew() {
    for command in ["push", "adopt"] {
        let project = Project::with(SCHEMA);
        project.executes(
            "CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, created_at DATETIME NOT NULL, \
             updated_at DATETIME NOT NULL, rate REAL NOT NULL, seed INTEGER NOT NULL DEFAULT 0, loss REAL, \
             CONSTRAINT u UNIQUE (rate, seed))",
        );
        project.has_run("00000000000a", "rate, seed", "0.1, 0");
        let said = project.wallow(&format!("migrate {command}")).succeeds();
        assert!(
            !said.contains("push`") && !said.contains("stamp"),
            "{command}: {said}"
        );
        if project.wallow("status").status == Some(1) {
            project.wallow("migrate apply").succeeds();
        }
        let status = project.wallow("status").succeeds();
        assert!(status.contains("in sync"), "{command}: {status}");
        let unique = "SELECT group_concat(\"unique\") FROM pragma_index_list('runs') WHERE name = 'ix_runs_uuid'";
        assert_eq!(project.reads(unique), "1", "{command}");
    }
}

/// A view, and a trigger of another table, that name a field which is renamed or dropped on the way.
#[test]
fn a_rebuild_that_breaks_a_view_or_a_trigger_stops() {
    let reads = "CREATE VIEW best AS SELECT id, loss FROM runs";
    let writes = "CREATE TABLE log (x); CREATE TRIGGER tz AFTER INSERT ON log BEGIN UPDATE runs SET loss = 0 WHERE id = \
                  new.x; END";
    let own = "CREATE TRIGGER tr AFTER INSERT ON runs BEGIN UPDATE runs SET loss = 0 WHERE id = new.id; END";
    for (sql, drop, named) in [
        (reads, "DROP VIEW best", "the view `best`"),
        (writes, "DROP TRIGGER tz", "a trigger for INSERT on `log`"),
        (own, "DROP TRIGGER tr", "a trigger for INSERT on `runs`"),
    ] {
        let project = made("", "", "");
        // What does not work anyway is in nobody's way.
        project.executes(&format!("{sql}; CREATE VIEW broken AS SELECT x FROM none"));
        rebuilds(&project);
        project.edits("annotating.loss", "annotating.val_loss");
        let push = "migrate push --rename loss=val_loss";
        let before = project.reads("SELECT group_concat(sql) FROM sqlite_master");
        let refused = project.wallow(push).refuses();
        assert!(
            refused.contains(named) && refused.contains("drop it first"),
            "{refused}"
        );
        assert_eq!(
            project.reads("SELECT group_concat(sql) FROM sqlite_master"),
            before
        );
        project.executes(drop);
        project.wallow(push).succeeds();
        project.wallow("status").succeeds();
    }
}

#[test]
fn a_view_in_the_way_of_a_drop_is_named_with_what_to_do() {
    let project = made("", "", "");
    project.executes("CREATE VIEW best AS SELECT id, loss FROM runs");
    project.edits("[annotating.loss]\ntype = \"float\"\n", "");
    let refused = project.wallow("migrate push --yes").refuses();
    assert!(
        refused.contains("error in view best") && refused.contains("drop it first"),
        "{refused}"
    );
}
