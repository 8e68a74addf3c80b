//! The three migrations, with the rows of the first program in the table: what each step does to them, and what today's
//! program reports and does at each.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod laboratory;
mod past;

/// The types of the registry, as the program itself has them.
mod registry {
    wallow::wallow_schema!("wallow.toml");
}

use std::path::Path;

use laboratory::{Laboratory, stderr};
use past::{OLD_COLUMNS, OLD_KEY, history, scripts};
use registry::{Annotating, Identifying, Store};
use wallow::{ErrorKind, OnDuplicate};
use wallow_runtime::migrate::{Script, State};
use wallow_schema::diff::{Hints, diff};

/// The output of the program when everything is done.
const ALL_DONE: &str = "144 runs: 0 new, 144 already done\n";

fn open(laboratory: &Laboratory) -> Store {
    Store::open(laboratory.url()).unwrap()
}

/// A key that the first program had done, in today's schema.
fn old_key() -> Identifying {
    let key = Identifying::builder().cell_k(4).cell_sigma(0.1);
    key.generation(1).candidate_id(2).seed(1).build()
}

/// Checks that the program reports this, ends with status 1, and changes nothing.
fn refused(laboratory: &Laboratory, current: &str, pending: &[&str]) {
    let before = laboratory.dump_all();
    for arguments in [&[][..], &["analyse"]] {
        let output = laboratory.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, b"");
        let said = stderr(&output);
        assert!(said.starts_with("error: the database is behind"), "{said}");
        assert!(said.contains(current), "{said}");
        assert!(said.contains(&pending.join(", ")), "{said}");
        assert!(
            said.contains("wallow migrate apply") && said.contains("--migrate"),
            "{said}"
        );
    }
    assert_eq!(laboratory.dump_all(), before);
    let error = Store::open(laboratory.url()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PendingMigration);
    assert_eq!(error.current_revision(), Some(current));
}

#[test]
fn rows_of_the_first_program_live_through_every_step_and_back() {
    let laboratory = Laboratory::new();
    let [first, second, third] = scripts();
    assert!(laboratory.database().apply(&first, None).unwrap());
    // The old program was stopped four runs before its end.
    laboratory.old_program(140);
    let old = laboratory.dump(OLD_COLUMNS);
    refused(&laboratory, &first.version, &[&second.name, &third.name]);

    // Step 2: the old runs are those without a warm-up, and still unique.
    assert!(laboratory.database().apply(&second, Some(&first)).unwrap());
    assert_eq!(laboratory.dump(OLD_COLUMNS), old);
    refused(&laboratory, &second.version, &[&third.name]);

    // Step 3, by the program itself, which then does only the four missing runs.
    let said = laboratory.run(&["--migrate"]);
    let went_on = "144 runs: 4 new, 140 already done";
    assert_eq!(said, format!("applied {}\n{went_on}\n", third.name));
    assert_eq!(laboratory.run(&[]), ALL_DONE);
    assert_eq!(laboratory.run(&["--migrate"]), ALL_DONE);
    let renamed = OLD_COLUMNS.replace("train_seconds", "wall_clock_sec");
    assert_eq!(laboratory.dump(&renamed)[..140], old);
    let runs = open(&laboratory).all().unwrap();
    assert_eq!(runs.len(), 144);
    for run in &runs {
        assert_eq!(run.warmup_steps, 0);
        assert_eq!(run.discovered_T.is_some(), run.id > 140, "{}", run.id);
    }

    // The key includes the new field: the same key is refused, and another warm-up is another run.
    let store = open(&laboratory);
    let nothing = Annotating::new();
    let again = store
        .register(&old_key(), &nothing, OnDuplicate::Error)
        .unwrap_err();
    assert_eq!(again.existing().unwrap().warmup_steps, 0);
    let warmed_up = Identifying::builder()
        .cell_k(4)
        .cell_sigma(0.1)
        .generation(1);
    let warmed_up = warmed_up.candidate_id(2).seed(1).warmup_steps(500).build();
    let other = store
        .register(&warmed_up, &nothing, OnDuplicate::Error)
        .unwrap();
    assert!(other.was_inserted());

    // Back to the first step: refused while two runs would get the same key; after that, every old value is as it was.
    assert!(laboratory.database().revert(&third).unwrap());
    let before = laboratory.dump_all();
    let stopped = laboratory
        .database()
        .revert(&second)
        .unwrap_err()
        .to_string();
    assert!(
        stopped.contains("wallow collisions warmup_steps"),
        "{stopped}"
    );
    assert_eq!(laboratory.dump_all(), before);
    laboratory
        .execute("DELETE FROM runs WHERE warmup_steps = 500")
        .unwrap();
    assert!(laboratory.database().revert(&second).unwrap());
    assert_eq!(laboratory.dump(OLD_COLUMNS)[..140], old);
    let twice = format!(
        "INSERT INTO runs ({OLD_KEY}, uuid, created_at, updated_at) SELECT {OLD_KEY}, 'another', created_at, updated_at FROM runs LIMIT 1"
    );
    assert!(
        laboratory.execute(&twice).is_err(),
        "the first schema has lost its uniqueness"
    );
    refused(&laboratory, &first.version, &[&second.name, &third.name]);

    // And forward again: nothing is done a second time.
    let said = laboratory.run(&["analyse", "--migrate"]);
    let applied = format!("applied {}\napplied {}\n", second.name, third.name);
    assert!(said.starts_with(&applied), "{said}");
    assert_eq!(laboratory.run(&[]), ALL_DONE);
}

#[test]
fn of_two_that_migrate_at_once_one_does_it_and_both_go_on() {
    let laboratory = Laboratory::new();
    let [first, second, third] = scripts();
    laboratory.database().apply(&first, None).unwrap();
    laboratory.old_program(144);
    let both = [(), ()].map(|()| laboratory.start(&["--migrate"]));
    let said = both.map(Laboratory::ended_well);
    for line in said.iter().filter_map(|said| said.lines().last()) {
        assert_eq!(format!("{line}\n"), ALL_DONE);
    }
    let all = said.concat();
    for script in [second, third] {
        assert_eq!(
            all.matches(&format!("applied {}", script.name)).count(),
            1,
            "{all}"
        );
    }
}

#[test]
fn a_database_whose_fields_a_newer_program_renamed_is_refused_with_and_without_the_flag() {
    let laboratory = Laboratory::new();
    let newer = Script {
        version: "20991231235959".into(),
        name: "2099-12-31-235959_rename".into(),
        up: "ALTER TABLE runs RENAME COLUMN host TO machine;".into(),
        down: "ALTER TABLE runs RENAME COLUMN machine TO host;".into(),
    };
    let mut after = None;
    for script in scripts().into_iter().chain([newer]) {
        let database = laboratory.database();
        database.apply(&script, after.as_ref()).unwrap();
        after = Some(script);
    }
    for arguments in [&[][..], &["--migrate"]] {
        let output = laboratory.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = stderr(&output);
        assert!(said.contains("newer than this program"), "{said}");
        assert!(!said.contains("--migrate"), "{said}");
    }
    let error = Store::open(laboratory.url()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DatabaseAhead);
}

#[test]
fn a_new_database_is_managed_from_its_first_day() {
    let laboratory = Laboratory::new();
    open(&laboratory);
    let applied = scripts().map(|script| script.version.to_string()).to_vec();
    assert_eq!(
        laboratory.database().state().unwrap(),
        State::Managed { applied }
    );
}

#[test]
fn the_migrations_are_as_they_were_generated_and_end_where_the_schema_is() {
    let history = history();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = wallow_schema::load(&here.join("wallow.toml")).unwrap();
    for entry in history.migrations() {
        assert_eq!(entry.edited(), Vec::<String>::new(), "{}", entry.name());
    }
    let steps = diff(
        history.head().map(|head| &head.schema),
        &schema,
        &Hints::default(),
    )
    .unwrap();
    assert_eq!(steps, []);
}
