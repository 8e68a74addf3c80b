//! The loop of a prototype: edit wallow.toml, `wallow migrate push`, run. specs 7.21

use crate::on::{On, insert};
use crate::project::{Project, SCHEMA};

/// Every change that a prototype makes, one after the other, with runs in the table. Each ends with the table that a
/// new database would get.
#[test]
fn a_prototype_changes_its_mind() {
    for on in On::each(SCHEMA) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 0.5"));
        on.runs(&insert("rate, seed, loss", "0.1, 1, 2"));
        on.is_as_new("made");

        project.edits(
            "[annotating.loss]",
            "[annotating.accuracy]\ntype = \"float\"\nindexed = true\n\n[annotating.loss]",
        );
        on.pushes("", "a metric");
        project.edits("[annotating.loss]", "[annotating.val_loss]");
        on.pushes("--rename loss=val_loss", "another name");
        assert_eq!(on.reads("SELECT sum(val_loss) FROM runs"), "2.5");
        project.edits(
            "[annotating.accuracy]",
            "[identifying.warmup]\ntype = \"int\"\ndefault = 3\n\n[annotating.accuracy]",
        );
        on.pushes("", "a hyperparameter");
        assert_eq!(on.reads("SELECT min(warmup) FROM runs"), "3");
        project.edits(
            "[annotating.accuracy]\ntype = \"float\"\nindexed = true\n",
            "",
        );
        on.pushes("--drop accuracy", "no metric");

        project.edits(
            "[identifying.warmup]\ntype = \"int\"\ndefault = 3\n",
            WARMUP_AS_FLOAT,
        );
        on.pushes("", "an int that is a float");
        project.edits(
            WARMUP_AS_FLOAT,
            "[identifying.warmup]\ntype = \"int\"\ndefault = 4\n",
        );
        on.pushes("", "and an int again, with another default");
        let loss = "[annotating.val_loss]\ntype = \"float\"";
        project.edits(loss, &loss.replace("float", "int"));
        let refused = project.wallow("migrate push").refuses();
        assert!(refused.contains("no whole numbers"), "{refused}");
        assert_eq!(on.reads("SELECT sum(val_loss) FROM runs"), "2.5");
        project.edits(&loss.replace("float", "int"), loss);
        on.is_as_new("a value with a fraction stays");

        project.edits(
            "[annotating.val_loss]",
            "[annotating.optimiser]\ntype = \"string\"\nnullable = false\ndefault = \"sgd\"\n\n[annotating.val_loss]",
        );
        on.pushes("", "a text");
        project.edits(
            "type = \"string\"\n",
            "type = \"string\"\nvalues = [\"adamw\", \"sgd\"]\n",
        );
        assert!(
            project
                .wallow("migrate push")
                .succeeds()
                .starts_with("nothing to do"),
            "a closed set is not in the database"
        );
        project.edits("[annotating.optimiser]", "[identifying.optimiser]");
        project.edits("nullable = false\n", "");
        on.pushes("", "a text of the key");
        project.edits("[identifying.optimiser]", "[annotating.optimiser]");
        on.pushes("", "and a text beside it again");

        project.edits(
            "[annotating.val_loss]",
            &format!("{MOMENTUM}[annotating.val_loss]"),
        );
        on.pushes("", "an optional hyperparameter");
        assert_eq!(on.reads("SELECT count(momentum) FROM runs"), "0");
        project.edits("optional = true\n", "");
        let refused = project.wallow("migrate push").refuses();
        assert!(refused.contains("2 runs have no `momentum`"), "{refused}");
        on.runs("UPDATE runs SET momentum = 0.9");
        on.pushes("", "that every run has");
        project.edits(
            "[identifying.momentum]\n",
            "[identifying.momentum]\noptional = true\n",
        );
        on.pushes("", "and may lack again");
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "2");
    }
}

/// Without a change of the schema there is no statement of it to run.
#[test]
fn only_parts_of_wallow_itself_are_added() {
    for on in On::each(SCHEMA) {
        on.project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 0.5"));
        on.runs("DROP INDEX ix_runs_uuid");
        let said = on.project.wallow("migrate push").succeeds();
        assert!(said.contains("uuid"), "{said}");
        on.is_as_new("with an index again");
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "1");
        let again = on.project.wallow("migrate push").succeeds();
        assert!(again.starts_with("nothing to do"), "{again}");
    }
}

/// Both databases keep the index with a column that a person renames.
#[test]
fn a_column_with_an_index_that_was_renamed_by_hand_is_renamed_back() {
    let schema = format!("{SCHEMA}indexed = true\n");
    for on in On::each(&schema) {
        on.project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 0.5"));
        on.runs("ALTER TABLE runs RENAME COLUMN loss TO damage");
        let advice = "ALTER TABLE runs RENAME COLUMN \"damage\" TO \"loss\"";
        for line in [
            "migrate push --rename damage=loss --yes",
            "migrate push --yes",
        ] {
            let refused = on.project.wallow(line).refuses();
            assert!(refused.contains(&format!("run `{advice}`")), "{refused}");
        }
        let status = on.project.wallow("status").finds();
        assert!(status.contains(advice), "{status}");
        on.runs(advice);
        let again = on.project.wallow("migrate push").succeeds();
        assert!(again.starts_with("nothing to do"), "{again}");
        assert_eq!(on.reads("SELECT count(loss) FROM runs"), "1");
    }
}

/// With wallow.toml edited already, the commands that a refusal names change what is in the table.
#[test]
fn what_a_refusal_names_can_be_done_with_the_edited_file() {
    for on in On::each(SCHEMA) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 0.5"));
        on.runs(&insert("rate, seed, loss", "0.1, 1, 2"));
        let loss = "[annotating.loss]\ntype = \"float\"";
        project.edits(loss, &loss.replace("float", "int"));
        let refused = project.wallow("migrate push").refuses();
        assert!(
            refused.contains("round those with a fraction (`UPDATE runs SET \"loss\" = round(\"loss\")`), change each with `wallow set RUN \
                              loss=VALUE`, or keep `loss` a float in wallow.toml"),
            "{refused}"
        );
        let set = project.wallow("set 1 loss=3");
        assert_eq!(set.status, Some(0), "{}", set.stderr);
        assert!(
            set.stderr
                .starts_with("note: wallow.toml differs from the table"),
            "{}",
            set.stderr
        );
        on.pushes("", "whole numbers");
        assert_eq!(on.reads("SELECT sum(loss) FROM runs"), "5");

        project.edits("[identifying.seed]\ntype = \"int\"\ndefault = 0\n", "");
        let refused = project.wallow("migrate push").refuses();
        assert!(
            refused.contains("see `wallow collisions seed`"),
            "{refused}"
        );
        let groups = project.wallow("collisions seed").finds();
        assert!(groups.contains("the runs of 1 group"), "{groups}");
        let refused = project
            .wallow("migrate push --allow-drop-identifying")
            .refuses();
        let (_, uuid) = refused
            .split_once("such as with `wallow rm --where 'uuid == \"")
            .unwrap();
        let (uuid, _) = uuid.split_once('"').unwrap();
        let removed = project.wallow(&format!("rm --where uuid=='{uuid}' --yes"));
        assert_eq!(removed.status, Some(0), "{}", removed.stderr);
        on.pushes("--allow-drop-identifying --yes", "no seed");
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "1");
    }
}

/// Fields that only wallow.toml has, and closed sets, count as before.
#[test]
fn what_only_the_file_says_still_counts() {
    let schema = SCHEMA.to_owned()
        + "\n[annotating.mode]\ntype = \"string\"\nvalues = [\"fast\", \"slow\"]\n";
    for on in On::each(&schema) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 0.5"));
        project.edits(
            "[annotating.loss]",
            "[annotating.note]\ntype = \"string\"\n\n[annotating.loss]",
        );
        let refused = project.wallow("set 1 note=x").refuses();
        assert!(refused.contains("run `wallow migrate push`"), "{refused}");
        let refused = project.wallow("set 1 mode=fats");
        assert!(refused.stderr.contains("fast"), "{}", refused.stderr);
        assert_ne!(refused.status, Some(0));
    }
}

const MOMENTUM: &str = "[identifying.momentum]\noptional = true\ntype = \"float\"\n\n";

const WARMUP_AS_FLOAT: &str = "[identifying.warmup]\ntype = \"float\"\ndefault = 3.0\n";

#[test]
fn a_loss_is_said_and_a_file_is_copied_before_it() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate push").succeeds();
    project.executes(&insert("rate, loss", "0.5, 0.25"));
    project.edits("[annotating.loss]\ntype = \"float\"\n", "");
    let refused = project.wallow("migrate push").refuses();
    assert!(
        refused.contains("the values of `loss`") && refused.contains("say `--yes`"),
        "{refused}"
    );
    let displayed = project.wallow("migrate push --dry-run").succeeds();
    assert!(displayed.contains("DROP COLUMN \"loss\""), "{displayed}");
    assert_eq!(project.reads("SELECT loss FROM runs"), "0.25");
    let said = project.wallow("migrate push --yes").succeeds();
    let copy = said
        .lines()
        .find_map(|line| line.strip_prefix("the database as it was: "));
    let copy = copy.unwrap();
    assert!(copy.starts_with("runs.db.before-"), "{said}");
    // Before the change, also what only the log had.
    let before = project.wallow(&format!("show 1 --db {copy} --schema none.toml"));
    before.refuses();
    project.has("before/wallow.toml", SCHEMA);
    let before = project
        .wallow(&format!(
            "export --columns rate,loss --schema before/wallow.toml --db ../{copy}"
        ))
        .succeeds();
    assert_eq!(before, "rate,loss\n0.5,0.25\n");
    // Without runs, nothing is lost.
    project.executes("DELETE FROM runs");
    project.edits("[identifying.seed]\ntype = \"int\"\ndefault = 0\n", "");
    let said = project
        .wallow("migrate push --allow-drop-identifying")
        .succeeds();
    assert!(!said.contains("as it was"), "{said}");
}

/// A copy is there if something was lost, and no copy replaces another.
#[test]
fn every_loss_has_a_copy_of_its_own() {
    let project = Project::with(SCHEMA);
    let loss = "[annotating.loss]\ntype = \"float\"\n";
    let note = "[annotating.note]\ntype = \"string\"\n";
    project.edits(loss, &format!("{loss}\n{note}"));
    project.wallow("migrate push").succeeds();
    project.executes(&insert("rate, loss, note", "0.5, 0.25, 'a'"));
    project.edits(note, "");
    // The statement that loses the values fails after the copy was made.
    project.executes("CREATE VIEW notes AS SELECT note FROM runs");
    let refused = project.wallow("migrate push --yes").refuses();
    assert!(refused.contains("nothing was changed"), "{refused}");
    assert_eq!(kept_databases(&project), Vec::<String>::new(), "{refused}");
    project.executes("DROP VIEW notes");
    // In one second, unless the machine is slow.
    project.wallow("migrate push --yes").succeeds();
    project.edits(loss, "");
    project.wallow("migrate push --yes").succeeds();
    let copies = kept_databases(&project);
    assert_eq!(copies.len(), 2, "{copies:?}");
    assert!(
        copies
            .iter()
            .all(|name| name.starts_with("runs.db.before-")),
        "{copies:?}"
    );
}

/// The names of the copies, and of drafts of them.
fn kept_databases(project: &Project) -> Vec<String> {
    let files = project.files().into_iter();
    let names = files.filter_map(|(path, _)| Some(path.file_name()?.to_str()?.to_owned()));
    let is_copy = |name: &String| name.contains(".before-") || name.contains(".part");
    names.filter(is_copy).collect()
}

#[test]
fn what_migrations_refuse_is_refused_alike() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate push").succeeds();
    project.executes(&insert("rate, seed", "0.5, 1"));
    project.executes(&insert("rate, seed", "0.5, 2"));
    let seed = "[identifying.seed]\ntype = \"int\"\ndefault = 0\n";
    for (before, after, reason) in [
        (seed, "", "--allow-drop-identifying"),
        (
            "type = \"int\"\ndefault = 0",
            "type = \"bool\"",
            "cannot become bool",
        ),
        (
            "[annotating.loss]",
            "[identifying.warmup]\ntype = \"int\"\n\n[annotating.loss]",
            "has no default",
        ),
    ] {
        project.edits(before, after);
        let refused = project.wallow("migrate push").refuses();
        assert!(refused.contains(reason), "{refused}");
        project.declares(SCHEMA);
    }
    project.edits(seed, "");
    let refused = project
        .wallow("migrate push --allow-drop-identifying --yes")
        .refuses();
    assert!(refused.contains("would become one run each"), "{refused}");
    project.declares(SCHEMA);
    project.wallow("migrate adopt").succeeds();
    let refused = project.wallow("migrate push").refuses();
    assert!(
        refused.contains("migrations manage runs.db")
            && refused.contains("wallow migrate generate"),
        "{refused}"
    );
}

#[test]
fn two_pushes_at_once_are_one() {
    for on in On::each(SCHEMA) {
        on.project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 7"));
        let loss = "[annotating.loss]\ntype = \"float\"";
        on.project.edits(
            loss,
            &format!(
                "[identifying.warmup]\ntype = \"int\"\ndefault = 0\n\n{}",
                loss.replace("float", "int")
            ),
        );
        let children = (0..4).map(|_| {
            let mut command = on.project.command(".", "migrate push");
            command.stdout(std::process::Stdio::piped());
            command
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        });
        let children = children.collect::<Vec<_>>();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        on.is_as_new("by four at once");
        assert_eq!(on.reads("SELECT sum(loss) FROM runs"), "7");
    }
}

/// What no table says is no difference.
#[test]
fn what_a_table_cannot_say_is_no_change() {
    let schema = SCHEMA.replace("name = \"sweep\"", "name = \"sweep\"\nfloat_precision = 5")
        + "\n[annotating.folder]\ntype = \"path\"\n\n[annotating.curve]\ntype = \"json\"\ndefault = { a = [1] }\n\n\
           [annotating.day]\ntype = \"datetime\"\ndefault = 2026-01-02T03:04:05Z\n";
    for on in On::each(&schema) {
        on.project.wallow("migrate push").succeeds();
        let again = on.project.wallow("migrate push").succeeds();
        assert!(again.starts_with("nothing to do"), "{again}");
        let status = on.project.wallow("status").succeeds();
        assert!(
            status.contains("in sync (no migrations; `wallow migrate adopt` begins them)"),
            "{status}"
        );
        on.project.wallow("migrate adopt").succeeds();
        assert!(
            on.project
                .wallow("status")
                .succeeds()
                .contains("\nin sync\n")
        );
        assert_eq!(on.project.migrations().len(), 1);
    }
}
