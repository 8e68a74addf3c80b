//! The floor is a fair comparison: it does what wallow does, on the same table, with the same settings.

use chrono::DateTime;
use wallow::diesel::{self, RunQueryDsl};
use wallow_bench::registry::{Run, Store};
use wallow_bench::{Combination, Databases, Floor, Result, Results, Side, SideName, Wallow};

const ROWS: usize = 50;

fn sides() -> Result<(Databases, Wallow, Floor)> {
    let databases = Databases::with_rows(ROWS)?;
    let wallow = Databases::open_wallow(&databases.path(SideName::Wallow))?;
    let floor = Floor::open(&databases.path(SideName::Floor))?;
    Ok((databases, wallow, floor))
}

/// The run without random values and times.
fn comparable(run: Run) -> Run {
    Run {
        uuid: String::new(),
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        ..run
    }
}

#[test]
fn both_sides_find_the_same_runs() {
    let (_databases, wallow, floor) = sides().unwrap();
    for n in 0..ROWS {
        let combination = Combination::nth(n);
        let by_wallow = wallow.find(&Wallow::key(&combination)).unwrap();
        let by_floor = floor.find(&Floor::key(&combination)).unwrap();
        assert_eq!(by_wallow, by_floor);
        assert_eq!(by_wallow.val_loss, Some(Results::nth(n).val_loss));
    }
}

#[test]
fn both_sides_register_a_new_run_alike() {
    let (_databases, wallow, floor) = sides().unwrap();
    let (combination, results) = (Combination::nth(ROWS), Results::nth(7));
    let by_wallow = wallow
        .register_new(&Wallow::key(&combination), &Wallow::start(&results))
        .unwrap();
    let by_floor = floor
        .register_new(&Floor::key(&combination), &Floor::start(&results))
        .unwrap();
    for run in [&by_wallow, &by_floor] {
        assert_eq!(run.uuid.len(), 12);
        assert_eq!(run.created_at, run.updated_at);
        assert_eq!(run.status.as_deref(), Some("running"));
    }
    assert_eq!(comparable(by_wallow), comparable(by_floor));
}

#[test]
fn both_sides_leave_a_duplicate_as_it_is() {
    let (_databases, wallow, floor) = sides().unwrap();
    let (combination, results) = (Combination::nth(3), Results::nth(7));
    let by_wallow = wallow
        .register_duplicate(&Wallow::key(&combination), &Wallow::start(&results))
        .unwrap();
    let by_floor = floor
        .register_duplicate(&Floor::key(&combination), &Floor::start(&results))
        .unwrap();
    assert_eq!(by_wallow, by_floor);
    assert_eq!(by_wallow.status.as_deref(), Some("completed"));
}

#[test]
fn both_sides_overwrite_the_same_fields() {
    let (_databases, wallow, floor) = sides().unwrap();
    let (combination, results) = (Combination::nth(3), Results::nth(7));
    let by_wallow = wallow
        .overwrite(&Wallow::key(&combination), &Wallow::finish(&results))
        .unwrap();
    let by_floor = floor
        .overwrite(&Floor::key(&combination), &Floor::finish(&results))
        .unwrap();
    assert_eq!(by_wallow.val_loss, Some(results.val_loss));
    assert_eq!(by_wallow.completed_at, Some(results.completed_at));
    assert_eq!(comparable(by_wallow), comparable(by_floor));
}

#[test]
fn both_sides_move_updated_at_and_say_where_to() {
    let (_databases, wallow, floor) = sides().unwrap();
    let combination = Combination::nth(3);
    let before = floor.find(&combination).unwrap().updated_at;

    let moved = wallow.heartbeat(&Wallow::key(&combination)).unwrap();
    let found = wallow.find(&Wallow::key(&combination)).unwrap();
    assert!(moved > before);
    assert_eq!(moved, found.updated_at);

    let moved = floor.heartbeat(&combination).unwrap();
    let found = floor.find(&combination).unwrap();
    assert!(moved > before);
    assert_eq!(moved, found.updated_at);
}

#[test]
fn both_sides_have_the_same_settings() {
    let databases = Databases::with_rows(1).unwrap();
    let path = databases.path(SideName::Wallow);
    let store = Store::open(&path.to_string_lossy()).unwrap();
    let floor = Floor::open(&databases.path(SideName::Floor)).unwrap();
    for pragma in [
        "synchronous",
        "foreign_keys",
        "wal_autocheckpoint",
        "journal_size_limit",
        "busy_timeout",
        "cache_size",
        "mmap_size",
        "page_size",
    ] {
        let pragma = format!("PRAGMA {pragma}");
        let of_wallow = store
            .with_sqlite(|connection| {
                diesel::dsl::sql::<diesel::sql_types::BigInt>(&pragma).get_result::<i64>(connection)
            })
            .unwrap();
        let of_floor: i64 = floor
            .connection()
            .query_row(&pragma, (), |row| row.get(0))
            .unwrap();
        assert_eq!(of_wallow, of_floor, "{pragma}");
    }
    let mode = store
        .with_sqlite(|connection| {
            diesel::dsl::sql::<diesel::sql_types::Text>("PRAGMA journal_mode")
                .get_result::<String>(connection)
        })
        .unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn both_sides_select_the_same_runs() {
    let (_databases, wallow, floor) = sides().unwrap();
    let scores = |runs: Vec<Run>| runs.iter().map(|run| run.val_accuracy).collect::<Vec<_>>();
    let by_wallow = scores(wallow.top_ten().unwrap());
    assert_eq!(by_wallow.len(), 10);
    assert_eq!(by_wallow, scores(floor.top_ten().unwrap()));
    assert_eq!(wallow.count().unwrap(), floor.count().unwrap());
    assert_eq!(wallow.stream().unwrap(), floor.stream().unwrap());
    assert_eq!(
        wallow.stream_ordered().unwrap(),
        floor.stream_ordered().unwrap()
    );
    assert_eq!(wallow.listing().unwrap(), floor.listing().unwrap());
}

#[test]
fn both_sides_claim_alike_and_put_back() {
    let (databases, wallow, floor) = sides().unwrap();
    let waiting = Combination::waiting(7);
    let attempts = |store: &Floor| -> i64 {
        let sql = "SELECT sum(_wallow_attempt) FROM runs WHERE status = 'pending'";
        store
            .connection()
            .query_row(sql, (), |row| row.get(0))
            .unwrap()
    };
    for _ in 0..2 {
        let by_wallow = wallow.claim(&Wallow::key(&waiting)).unwrap();
        let by_floor = floor.claim(&waiting).unwrap();
        let comparable = |run: Run| Run {
            started_at: None,
            ..comparable(run)
        };
        assert_eq!(by_wallow.status.as_deref(), Some("running"));
        assert_eq!(comparable(by_wallow), comparable(by_floor));

        let by_wallow = wallow.claim_next().unwrap();
        let by_floor = floor.claim_next().unwrap();
        assert!(by_wallow.started_at.is_some());
        assert_eq!(comparable(by_wallow), comparable(by_floor));
    }
    let of_wallow = Floor::open(&databases.path(SideName::Wallow)).unwrap();
    assert_eq!((attempts(&of_wallow), attempts(&floor)), (4, 4));
}

#[test]
fn both_sides_register_and_enqueue_a_grid_alike() {
    let (databases, wallow, floor) = sides().unwrap();
    for new in [1_100, 0] {
        assert_eq!(wallow.register_many(0..1_100).unwrap(), new);
        assert_eq!(floor.register_many(0..1_100).unwrap(), new);
        assert_eq!(wallow.enqueue(0..1_100).unwrap(), new);
        assert_eq!(floor.enqueue(0..1_100).unwrap(), new);
    }
    let of_wallow = Floor::open(&databases.path(SideName::Wallow)).unwrap();
    for combination in [Combination::of_grid(1_099), Combination::to_enqueue(1_099)] {
        let by_wallow = comparable(of_wallow.find(&combination).unwrap());
        let by_floor = comparable(floor.find(&combination).unwrap());
        let number = |run: Run| Run { id: 0, ..run };
        assert_eq!(number(by_wallow), number(by_floor));
    }
}
