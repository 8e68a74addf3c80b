//! `wallow import`: which column is which field, and files that lack a field of the key.

use snapbox::{assert_data_eq, str};

use crate::import_keys::{line, project, runs};
use crate::project::{Project, SCHEMA};

#[test]
fn a_column_is_found_also_if_its_name_is_written_otherwise() {
    let project = project();
    for header in [
        " model,DECAY , Seed",
        "\u{feff}Model,\"decay\",SEED\t",
        "model;decay;seed",
        "\u{feff}model\tdecay\tseed",
        "Model|Decay|Seed",
        "model,params.Decay,Params.seed",
    ] {
        let separator = [',', ';', '\t', '|']
            .into_iter()
            .find(|c| header.matches(*c).count() == 2);
        let row = "a,0.5,7".replace(',', &separator.unwrap().to_string());
        project.has("a.csv", &format!("{header}\n{row}\n"));
        project.wallow("import --from a.csv").succeeds();
        assert_eq!(runs(&project), "a 0.5 7", "{header}");
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
    }
    let said = project
        .wallow("import --from a.csv --separator ;")
        .refuses();
    assert!(
        said.contains(
            "its first line, \"model,params.Decay,Params.seed\", is one name, and no field has it"
        ),
        "{said}"
    );
    project.has("a.csv", "model;decay;seed\na;0,5;7\n");
    let answer = project.wallow("import --from a.csv");
    assert_data_eq!(
        &answer.stdout,
        str![[r#"
0 inserted, 0 overwritten, 0 existing, 1 refused
the values are separated by semicolons
refused line 2: field `decay`: "0,5" is no float; a comma separates no decimals here, write `0.5`

"#]]
    );
    answer.refuses();
}

#[test]
fn names_in_another_unicode_form_are_the_same() {
    let project =
        Project::with("[project]\nname = \"a\"\n[identifying.\"größe\"]\ntype = \"int\"\n");
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.has("a.csv", "gro\u{308}ße\n7\n");
    project.has("a.jsonl", "{\"gro\u{308}ße\": 8}\n{\"GRÖßE\": 9}\n");
    project.wallow("import --from a.csv").succeeds();
    project.wallow("import --from a.jsonl").succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(größe) FROM runs"),
        "7,8,9"
    );
    // The same applies to names that a person types.
    let name = "gro\u{308}ße";
    for (line, answer) in [
        (
            format!("ls --where \"{name} >= 8\" --columns {name} --sort -{name} --format csv"),
            "größe\n9\n8\n",
        ),
        (
            format!("count --where \"`{name}` == 7 or {name} == 9\""),
            "2\n",
        ),
        (
            format!("export --where \"id == 1\" --columns {name}"),
            "größe\n7\n",
        ),
        (
            format!("ls --group-by {name} --agg max:{name} --where \"id == 1\" --format csv"),
            "größe,runs,max:größe\n7,1,7\n",
        ),
    ] {
        let said = project.wallow(&line).succeeds();
        assert!(said.ends_with(answer), "{line}: {said}");
    }
    let top = format!("top {name} -n 1 --format csv");
    assert!(project.wallow(&top).succeeds().contains("\n3,9,"));
    project.has("b.csv", "x\n10\n");
    for option in [
        format!("--map x={name}"),
        format!("--set {name}=11 --map x="),
    ] {
        project
            .wallow(&format!("import --from b.csv {option}"))
            .succeeds();
    }
    let collisions = project.wallow(&format!("collisions {name}")).finds();
    assert!(collisions.contains("without `größe`"), "{collisions}");
}

#[test]
fn two_names_for_one_field_are_ambiguous() {
    let project = project();
    project.has("a.csv", "model,decay, Seed,SEED\na,0.5,1,2\n");
    let refusal = project.wallow("import --from a.csv").refuses();
    assert_data_eq!(
        refusal,
        str![[r#"
error: `a.csv` is not imported: the columns ` Seed` and `SEED` both mean the field `seed`; `--map " Seed="` leaves one of them out

"#]]
    );
    project.has(
        "a.jsonl",
        &line("0.5", "1", "")
            .replace("seed", "Seed")
            .replace('}', ", \"SEED\": 2}"),
    );
    let answer = project.wallow("import --from a.jsonl");
    assert!(
        answer
            .stdout
            .contains("refused line 1: field `seed`: the members `Seed` and `SEED` both mean"),
        "{}",
        answer.stdout
    );
    answer.refuses();
    // A column that is spelled as in the schema wins; the other one is reported.
    project.has("a.csv", "model,decay,seed,SEED\na,0.5,1,2\n");
    let said = project.wallow("import --from a.csv").succeeds();
    assert!(
        said.contains(
            "ignored: `SEED` in 1 record, with another value; `seed` was taken from `seed`"
        ),
        "{said}"
    );
    assert_eq!(runs(&project), "a 0.5 1");
}

#[test]
fn a_file_without_a_column_of_the_key_is_refused() {
    let project = project();
    project.has("a.csv", "model,decay,loss\na,0.5,1\nb,0.5,1\na,0.5,2\n");
    assert_data_eq!(
        project.wallow("import --from a.csv").refuses(),
        str![[r#"
error: `a.csv` is not imported: no column means the identifying field `seed` (there are: `model`, `decay`, `loss`); `--map THEIRS=seed` names one, or `--defaults` takes its default 0 for runs without a value, `--set seed=VALUE` another value

"#]]
    );
    assert_eq!(runs(&project), "NULL");
    assert_data_eq!(
        project
            .wallow("import --from a.csv --defaults --dry-run")
            .succeeds(),
        str![[r#"
2 inserted, 0 overwritten, 1 existing, 0 refused
default taken: `seed` is 0 in 3 runs
the same key: 2 records fell together onto 1 run (line 2 = line 4); 1 of them has other values, which are not imported: a completed one counts, else the first one
dry run: nothing was changed in runs.db, beside wallow.toml

"#]]
    );
    project
        .wallow("import --from a.csv --set seed=7")
        .succeeds();
    assert_eq!(runs(&project), "a 0.5 7, b 0.5 7");
    // Each line that lacks the member is refused separately.
    project.has(
        "a.jsonl",
        "{\"model\": \"c\", \"decay\": 0.5}\n{\"model\": \"c\", \"decay\": 0.5, \"seed\": 1}\n",
    );
    let answer = project.wallow("import --from a.jsonl");
    assert!(
        answer
            .stdout
            .contains("refused line 1: field `seed`: missing; `--defaults`"),
        "{}",
        answer.stdout
    );
    answer.refuses();
    let said = project
        .wallow("import --from a.jsonl --defaults")
        .succeeds();
    assert!(
        said.contains("default taken: `seed` is 0 in 1 run"),
        "{said}"
    );
    // The same applies to runs of another database whose table is older than the field.
    let older = Project::with_runs(SCHEMA);
    let database = older.path("runs.db");
    let line = format!(
        "import --from-python {} --map rate=decay --set model=x",
        database.display()
    );
    project.wallow(&line).succeeds();
    older.declares(&SCHEMA.replace(
        "[annotating.loss]",
        "[identifying.warm]\ntype = \"bool\"\ndefault = false\n\n[annotating.loss]",
    ));
    older.wallow("migrate generate warm").succeeds();
    let newer = "import --from-python runs.db --db new.db";
    older.wallow("migrate apply --db new.db").succeeds();
    let refusal = older.wallow(newer).refuses();
    assert!(
        refusal.contains("no column means the identifying field `warm`"),
        "{refusal}"
    );
    older.wallow(&format!("{newer} --defaults")).succeeds();
}

/// specs 8.18
#[test]
fn what_is_not_taken_because_another_name_is_nearer_is_reported() {
    let project = project();
    project.has(
        "a.csv",
        "model,decay,seed,params.seed,metrics.seed,loss,params.loss\n\
         a,0.5,1,1,2,0.5,\n\
         a,0.5,,3,2,0.5,0.25\n",
    );
    project.has(
        "a.jsonl",
        "{\"model\": \"a\", \"decay\": 0.5, \"seed\": 1, \"params.seed\": 1.0, \"metrics.seed\": 2, \"loss\": 0.5, \"params.loss\": null}\n\
         {\"model\": \"a\", \"decay\": 0.5, \"seed\": null, \"params.seed\": 3, \"metrics.seed\": 2, \"loss\": 0.5, \"params.loss\": 0.25}\n",
    );
    for file in ["a.csv", "a.jsonl"] {
        assert_data_eq!(
            project.wallow(&format!("import --from {file}")).succeeds(),
            str![[r#"
2 inserted, 0 overwritten, 0 existing, 0 refused
ignored: `metrics.seed` in 1 record, with another value; `seed` was taken from `params.seed`
ignored: `metrics.seed` in 1 record, with another value; `seed` was taken from `seed`
ignored: `params.seed` in 1 record, with the same value; `seed` was taken from `seed`
ignored: `params.loss` in 1 record, with another value; `loss` was taken from `loss`
into runs.db, beside wallow.toml

"#]]
        );
        assert_eq!(runs(&project), "a 0.5 1, a 0.5 3");
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
    }
    // Leaving out one name does not affect the others.
    let said = project
        .wallow("import --from a.csv --map seed= --map params.loss=")
        .succeeds();
    assert!(!said.contains("params.loss"), "{said}");
    assert_eq!(runs(&project), "a 0.5 1, a 0.5 3");
    project.wallow("rm --where \"id > 0\" --yes").succeeds();
    project
        .wallow("import --from a.csv --map metrics.seed=seed --skip-refused")
        .succeeds();
    assert_eq!(runs(&project), "a 0.5 2");
}

/// specs 8.18
#[test]
fn map_finds_a_name_behind_its_group() {
    let project = project();
    project.executes_on(
        "study.db",
        include_str!("../../../tests/fixtures/optuna-4.5.0.sql"),
    );
    let import = "import --from-optuna study.db --set model=a --skip-refused";
    for map in ["lr=decay", "params.lr=decay", "LR=decay", "Params.LR=decay"] {
        let said = project.wallow(&format!(
            "{import} --map {map} --map params.decay= --map value=loss"
        ));
        let said = said.succeeds();
        assert!(said.starts_with("9 inserted"), "{map}: {said}");
        assert!(!said.contains("mapped"), "{map}: {said}");
        assert_eq!(
            project.reads("SELECT group_concat(DISTINCT decay) FROM runs"),
            "0.01,0.02,0.03,0.04"
        );
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
    }
    // A name that is spelled as in `--map` comes first, then the nearest group; the others are reported.
    project.has(
        "a.csv",
        "model,decay,params.lr,metrics.lr,seed\na,0.1,0.2,0.3,1\n",
    );
    let said = project
        .wallow("import --from a.csv --map lr=decay")
        .succeeds();
    for line in [
        "ignored: `decay` in 1 record, with another value; `decay` was taken from `params.lr`\n",
        "ignored: `metrics.lr` in 1 record, with another value; `decay` was taken from `params.lr`\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(runs(&project), "a 0.2 1");
    let said = project
        .wallow("import --from a.csv --map lr=decay --map metrics.lr=decay")
        .succeeds();
    assert!(
        said.contains("`decay` was taken from `metrics.lr`"),
        "{said}"
    );
    assert_eq!(runs(&project), "a 0.2 1, a 0.3 1");
    // If one of two is left out, as the advice says, the other one is imported.
    project.has("a.csv", "model,decay,Seed,SEED\na,0.9,7,8\n");
    project.wallow("import --from a.csv --map Seed=").succeeds();
    assert!(runs(&project).ends_with("a 0.9 8"));
}

/// specs 8.18
#[test]
fn the_next_name_with_a_value_counts_also_if_it_differs_only_in_form() {
    let project = project();
    let csv = "model,decay,seed,Seed,params.seed,SEED\n\
               a,0.5,1,2,,\n\
               a,0.5,,2,,\n\
               a,0.5,,,3,2\n\
               a,0.5,,,,4\n";
    project.has("a.csv", csv);
    let member = |line: &str| {
        let values = line
            .split(',')
            .skip(2)
            .zip(["seed", "Seed", "params.seed", "SEED"]);
        let values = values.filter(|(value, _)| !value.is_empty());
        let values = values.map(|(value, name)| format!(", \"{name}\": {value}"));
        format!(
            "{{\"model\": \"a\", \"decay\": 0.5{}}}\n",
            values.collect::<String>()
        )
    };
    project.has(
        "a.jsonl",
        &csv.lines().skip(1).map(member).collect::<String>(),
    );
    for file in ["a.csv", "a.jsonl"] {
        assert_data_eq!(
            project.wallow(&format!("import --from {file}")).succeeds(),
            str![[r#"
4 inserted, 0 overwritten, 0 existing, 0 refused
ignored: `SEED` in 1 record, with another value; `seed` was taken from `params.seed`
ignored: `Seed` in 1 record, with another value; `seed` was taken from `seed`
into runs.db, beside wallow.toml

"#]]
        );
        assert_eq!(runs(&project), "a 0.5 1, a 0.5 2, a 0.5 3, a 0.5 4");
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
    }
    // Two values that are equally near have no winner, even behind a nearer column that is empty here.
    project.has(
        "a.csv",
        "model,decay,seed,Seed,SEED\na,0.5,,1,2\na,0.5,3,1,2\n",
    );
    let answer = project.wallow("import --from a.csv --skip-refused");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
1 inserted, 0 overwritten, 0 existing, 1 refused
refused line 2: field `seed`: the columns `Seed` and `SEED` both mean the field `seed`; `--map "Seed="` leaves one of them out
ignored: `SEED` in 1 record, with another value; `seed` was taken from `seed`
ignored: `Seed` in 1 record, with another value; `seed` was taken from `seed`
into runs.db, beside wallow.toml

"#]]
    );
}
