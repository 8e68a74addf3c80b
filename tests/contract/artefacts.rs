//! Folders for artefacts: always below the root, whatever the values are.

use std::path::{Component, Path};

use test_support::{Place, on_every_database};
use wallow::{ErrorKind, OnDuplicate, Store};

use crate::database::Database as _;
use crate::schemas::{strict, sweep, types};

on_every_database! {
    the_folder_is_the_layout_below_the_root,
    the_root_of_the_schema_is_the_default,
    no_value_leaves_the_root,
    a_folder_is_created_with_all_above_it,
    a_folder_that_cannot_be_created_is_an_error,
    without_a_root_there_is_no_folder,
}

fn open(db: &Place, root: &Path) -> Store<types::Run> {
    Store::options()
        .artefacts_root(root)
        .open(db.url())
        .unwrap()
}

fn run(store: &Store<types::Run>, key: &types::Identifying) -> types::Run {
    let outcome = store.register(key, &types::Annotating::new(), OnDuplicate::Error);
    outcome.unwrap().into_run().unwrap()
}

fn the_folder_is_the_layout_below_the_root(db: &Place) {
    let store = open(db, Path::new("/data"));
    let key = types::Identifying::builder().label("résumé no. 1").step(-7);
    let run = run(&store, &key.build());
    let expected = format!("/data/resume_no._1/step-{}/{}", run.step, run.uuid);
    assert_eq!(store.artefacts_dir(&run).unwrap(), Path::new(&expected));
    let _ = store
        .register(
            &run.identifying(),
            &types::Annotating::new().note("later"),
            OnDuplicate::Overwrite,
        )
        .unwrap();
    let later = store.find(&run.identifying()).unwrap().unwrap();
    assert_eq!(store.artefacts_dir(&later).unwrap(), Path::new(&expected));
}

fn the_root_of_the_schema_is_the_default(db: &Place) {
    let store = db.open::<sweep::Run>();
    let outcome = store.register(&sweep::key(0), &sweep::on("here"), OnDuplicate::Error);
    let run = outcome.unwrap().into_run().unwrap();
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    let expected = schemas.join(format!("artefacts/mlp-32x16/{}", run.uuid));
    assert_eq!(store.artefacts_dir(&run).unwrap(), expected);
    assert!(!expected.exists());
}

fn no_value_leaves_the_root(db: &Place) {
    let root = tempfile::tempdir().unwrap();
    let store = open(db, root.path());
    let long = "x".repeat(100_000);
    for (label, fits) in [
        ("..", false),
        (".", false),
        ("", false),
        ("/", false),
        ("...///...", false),
        ("日本", false),
        ("\u{0}", false),
        ("\u{2025}", false), // a two-dot leader, which NFKD turns into two dots
        ("/etc", true),
        ("../../etc/passwd", true),
        ("a/../../b", true),
        ("C:\\Windows\\..", true),
        ("~root", true),
        ("$HOME `id`", true),
        ("a\0b", true),
        ("a\nb", true),
        ("\u{ff0f}etc", true), // a wide slash, which NFKD turns into a slash
        ("naïve", true),
        (&long, true),
    ] {
        if label.len() > db.longest_key() || (label.contains('\0') && !db.has_nul()) {
            continue;
        }
        let run = run(&store, &types::key(label));
        let dir = match store.artefacts_dir(&run) {
            Ok(dir) => dir,
            Err(error) => {
                assert!(!fits, "{label:?}: {error}");
                assert_eq!(error.kind(), ErrorKind::Validation);
                assert_eq!(error.field(), Some("label"));
                assert!(store.create_artefacts_dir(&run).is_err());
                continue;
            }
        };
        assert!(fits, "{label:?}: {}", dir.display());
        let below = dir.strip_prefix(root.path()).unwrap();
        let parts = below.components().collect::<Vec<_>>();
        assert_eq!(parts.len(), 3, "{}", below.display());
        assert!(
            parts
                .iter()
                .all(|part| matches!(part, Component::Normal(_)))
        );
        assert_eq!(below.file_name().unwrap(), run.uuid.as_str());
    }
    assert_eq!(root.path().read_dir().unwrap().count(), 0);
}

fn a_folder_is_created_with_all_above_it(db: &Place) {
    let root = tempfile::tempdir().unwrap();
    let store = open(db, &root.path().join("not/yet/there"));
    let run = run(&store, &types::key("../up"));
    let dir = store.artefacts_dir(&run).unwrap();
    assert!(!dir.exists());
    for _ in 0..2 {
        assert_eq!(store.create_artefacts_dir(&run).unwrap(), dir);
        assert!(dir.is_dir());
    }
    assert!(
        dir.canonicalize()
            .unwrap()
            .starts_with(root.path().canonicalize().unwrap())
    );
}

fn a_folder_that_cannot_be_created_is_an_error(db: &Place) {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let store = open(db, &file);
    let error = store
        .create_artefacts_dir(&run(&store, &types::key("a")))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(
        error.to_string().contains(file.to_str().unwrap()),
        "{error}"
    );
    let long = run(&store, &types::key(&"x".repeat(10_000)));
    assert_eq!(
        store.create_artefacts_dir(&long).unwrap_err().kind(),
        ErrorKind::Io
    );
}

fn without_a_root_there_is_no_folder(db: &Place) {
    let store = db.open::<strict::Run>();
    let patch = strict::Annotating::new().owner("me");
    let outcome = store.register(&strict::key("a"), &patch, OnDuplicate::Error);
    let error = store
        .artefacts_dir(outcome.unwrap().run().unwrap())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert!(error.to_string().contains("artefacts_root"), "{error}");
}
