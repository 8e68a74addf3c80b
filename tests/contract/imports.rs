//! A page of imported runs has the outcomes that its runs have one after the other, on every database.

use test_support::{Kind, Place, on_every_kind, on_shared_databases};
use wallow::Error;
use wallow::diesel::connection::{Connection as _, SimpleConnection as _};
use wallow::diesel::sqlite::SqliteConnection;
use wallow::dynamic::import::{Ending, ImportOutcome, ImportedRun, OnConflict};
use wallow::dynamic::{Fields, Store, Value};
use wallow::schema::Schema;

on_every_kind! {
    a_page_is_imported_as_its_runs_one_by_one,
    a_run_without_times_has_one_time,
}

on_shared_databases! {
    what_a_trigger_refuses_or_swallows_is_known_for_each_run,
}

/// `level` has no default, so a new run needs it and one that is there does not.
const SCHEMA: &str = "[project]\nname = 'imports'\n[identifying.seed]\ntype = 'int'\n\
    [identifying.rate]\ntype = 'float'\noptional = true\n\
    [annotating.score]\ntype = 'float'\ndefault = 9.0\n\
    [annotating.note]\ntype = 'string'\n\
    [annotating.host]\ntype = 'string'\nnullable = false\ndefault = 'here'\n\
    [annotating.level]\ntype = 'int'\nnullable = false\n\
    [annotating.extra]\ntype = 'json'\n";

const POLICIES: [OnConflict; 3] = [OnConflict::Leave, OnConflict::Overwrite, OnConflict::Refuse];

fn schema() -> Schema {
    wallow::schema::parse(SCHEMA, "imports.toml").unwrap()
}

fn run(seed: i64) -> ImportedRun {
    ImportedRun {
        identifying: Fields::new().with("seed", seed),
        annotating: Fields::new().with("level", 1),
        ..ImportedRun::default()
    }
}

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// True once in this many calls on average.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A run that is often the same as another one, and cannot always be stored.
    fn run(&mut self) -> ImportedRun {
        let mut key = Fields::new().with("seed", i64::try_from(self.below(30)).unwrap());
        match self.below(4) {
            0 => key = key.with("rate", 0.5),
            1 => key = key.with("rate", 0.1 + 0.2),
            2 if self.once_in(8) => key = key.with("rate", f64::NAN),
            _ => {}
        }
        let mut fields = Fields::new();
        if !self.once_in(6) {
            fields = fields.with("level", i64::try_from(self.below(9)).unwrap());
        }
        match self.below(4) {
            0 => fields = fields.with("score", Value::Null),
            1 => fields = fields.with("score", f64::from(u32::try_from(self.below(99)).unwrap())),
            _ => {}
        }
        match self.below(3) {
            0 => fields = fields.with("note", format!("note {}", self.below(99))),
            1 => fields = fields.with("extra", serde_json::json!({ "n": self.below(99) })),
            _ => {}
        }
        if self.once_in(20) {
            fields = fields.with("host", Value::Null);
        }
        ImportedRun {
            identifying: key,
            annotating: fields,
            uuid: self.once_in(3).then(|| match self.below(50) {
                0 => "NO UUID".to_owned(),
                number => format!("{number:012x}"),
            }),
            only_new: if self.once_in(4) {
                vec!["note".to_owned()]
            } else {
                Vec::new()
            },
            ..ImportedRun::default()
        }
    }
}

fn word(outcome: ImportOutcome) -> String {
    match outcome {
        ImportOutcome::Inserted => "inserted".into(),
        ImportOutcome::Updated => "updated".into(),
        ImportOutcome::Existing => "existing".into(),
        ImportOutcome::Refused(error) => error.to_string(),
    }
}

/// Imports the runs in one transaction, in pages of this size; returns their outcomes.
fn import(store: &Store, runs: &[ImportedRun], policy: OnConflict, page: usize) -> Vec<String> {
    let outcomes = store.import(|import| {
        let mut outcomes = Vec::new();
        for page in runs.chunks(page) {
            outcomes.extend(import.take(page, policy)?.into_iter().map(word));
        }
        Ok::<_, Error>(Ending::Keep(outcomes))
    });
    outcomes.unwrap()
}

/// The runs in the order of their keys, without what differs from import to import: ids, times, and uuids that none of
/// them brought.
fn contents(store: &Store) -> Vec<String> {
    let runs = store.query().all().unwrap();
    let runs = runs.iter().map(|run| {
        let fields = run.iter().filter(|(name, value)| match *name {
            "id" | "created_at" | "updated_at" => false,
            "uuid" => matches!(value, Value::Text(uuid) if uuid.starts_with("0000000")),
            _ => true,
        });
        format!("{:?}", fields.collect::<Vec<_>>())
    });
    let mut runs = runs.collect::<Vec<_>>();
    runs.sort();
    runs
}

fn a_page_is_imported_as_its_runs_one_by_one(kind: Kind) {
    let schema = schema();
    for policy in POLICIES {
        let mut numbers = Numbers(7);
        let first = (0..40).map(|_| numbers.run()).collect::<Vec<_>>();
        let then = (0..300).map(|_| numbers.run()).collect::<Vec<_>>();
        let mut expected = None;
        let memory = Kind::SqliteMemory;
        for (kind, page) in [(memory, 1), (kind, 1), (kind, 7), (kind, 300)] {
            let store = Store::open(&schema, &*kind.fresh()).unwrap();
            let outcomes = [
                import(&store, &first, OnConflict::Leave, page),
                import(&store, &then, policy, page),
            ];
            let found = (outcomes, contents(&store));
            let words = found.0[1].join(" ");
            for part in [
                "inserted",
                "field `uuid`: another run has",
                "field `level`: a new",
            ] {
                assert!(words.contains(part), "{policy:?} {part}");
            }
            let expected = expected.get_or_insert_with(|| found.clone());
            assert_eq!(found, *expected, "{policy:?}, pages of {page} in {kind:?}");
        }
    }
}

/// Runs SQL as another program could.
fn execute(db: &Place, sqlite: &str, postgres: &str) {
    match db.on_server() {
        Some(database) => {
            let server = database.server();
            server.psql(database.name(), postgres).unwrap();
        }
        None => {
            let mut other = SqliteConnection::establish(&db.url()).unwrap();
            other.batch_execute(sqlite).unwrap();
        }
    }
}

fn what_a_trigger_refuses_or_swallows_is_known_for_each_run(db: &Place) {
    let store = Store::open(&schema(), db.url()).unwrap();
    import(&store, &[run(3), run(5)], OnConflict::Leave, 2);
    execute(
        db,
        "CREATE TRIGGER seven BEFORE INSERT ON runs WHEN NEW.seed = 7 BEGIN SELECT RAISE(ABORT, 'seven'); END; \
         CREATE TRIGGER eight BEFORE INSERT ON runs WHEN NEW.seed = 8 BEGIN SELECT RAISE(IGNORE); END; \
         CREATE TRIGGER five BEFORE UPDATE ON runs WHEN NEW.seed = 5 BEGIN SELECT RAISE(IGNORE); END",
        "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF TG_OP = 'UPDATE' AND NEW.seed = 5 THEN RETURN NULL; END IF; \
         IF TG_OP = 'INSERT' AND NEW.seed = 7 THEN RAISE EXCEPTION 'seven'; END IF; \
         IF TG_OP = 'INSERT' AND NEW.seed = 8 THEN RETURN NULL; END IF; RETURN NEW; END $$; \
         CREATE TRIGGER odd BEFORE INSERT OR UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION odd()",
    );
    let (leave, overwrite) = (OnConflict::Leave, OnConflict::Overwrite);
    for (policy, seeds, expected) in [
        (
            leave,
            &[1, 3, 5, 8, 2][..],
            "inserted existing existing swallowed inserted",
        ),
        (
            leave,
            &[11, 3, 5, 7, 8, 12, 11],
            "inserted existing existing seven swallowed inserted existing",
        ),
        (
            overwrite,
            &[1, 3, 8, 13],
            "updated updated swallowed inserted",
        ),
        (
            overwrite,
            &[14, 3, 5, 7, 8, 12, 14],
            "inserted updated swallowed seven swallowed updated updated",
        ),
    ] {
        let runs = seeds.iter().map(|seed| run(*seed)).collect::<Vec<_>>();
        let outcomes = import(&store, &runs, policy, 10);
        let outcomes = outcomes.iter().map(|outcome| match outcome {
            outcome if outcome.contains("stored nothing") => "swallowed",
            outcome if outcome.contains("seven") => "seven",
            outcome => outcome,
        });
        let outcomes = outcomes.collect::<Vec<_>>().join(" ");
        assert_eq!(outcomes, expected, "{policy:?} {seeds:?}");
    }
    assert_eq!(store.query().count().unwrap(), 8);
}

fn a_run_without_times_has_one_time(kind: Kind) {
    let store = Store::open(&schema(), &*kind.fresh()).unwrap();
    let time = "2020-02-29T12:00:00.000250Z".parse().ok();
    let old = ImportedRun {
        updated_at: time,
        ..run(2)
    };
    assert_eq!(
        import(&store, &[run(1), old], OnConflict::Refuse, 2),
        ["inserted"; 2]
    );
    for run in store.query().all().unwrap() {
        assert_eq!(run.get("created_at"), run.get("updated_at"));
    }
}
