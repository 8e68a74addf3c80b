//! The floor on PostgreSQL is a fair comparison, too: it does what wallow does, on the same table.

use chrono::DateTime;
use wallow_bench::registry::{Run, Store};
use wallow_bench::{
    Combination, Kind, PostgresDatabases, PostgresFloor, Result, Results, Side, SideName, Wallow,
};

const ROWS: usize = 50;

/// One test after the other, because the databases of both sides have fixed names.
#[test]
fn both_sides_do_the_same_on_postgres() {
    if Kind::Postgres.is_there() {
        compare().unwrap();
    }
}

fn compare() -> Result<()> {
    let databases = PostgresDatabases::with_rows(ROWS)?;
    let wallow = Wallow::new(Store::open(databases.url(SideName::Wallow))?);
    let floor = PostgresFloor::open(&databases.url(SideName::Floor))?;
    reads(&wallow, &floor)?;
    writes(&wallow, &floor)?;
    claims(&wallow, &floor)?;
    grids(&wallow, &floor)
}

/// The run without random values and times.
fn comparable(run: Run) -> Run {
    Run {
        uuid: String::new(),
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        started_at: run
            .started_at
            .filter(|_| run.status.as_deref() == Some("completed")),
        ..run
    }
}

fn reads(wallow: &Wallow, floor: &PostgresFloor) -> Result<()> {
    for n in 0..ROWS {
        let combination = Combination::nth(n);
        let by_wallow = wallow.find(&Wallow::key(&combination))?;
        assert_eq!(by_wallow, floor.find(&combination)?);
        let results = Results::nth(n);
        assert_eq!(by_wallow.val_loss, Some(results.val_loss));
        assert_eq!(by_wallow.training_curve, Some(results.training_curve));
        assert_eq!(by_wallow.completed_at, Some(results.completed_at));
    }
    let by_wallow = wallow.top_ten()?;
    assert_eq!(by_wallow.len(), 10);
    assert_eq!(by_wallow, floor.top_ten()?);
    assert_eq!(wallow.count()?, floor.count()?);
    assert_eq!(wallow.stream()?, floor.stream()?);
    assert_eq!(wallow.stream_ordered()?, floor.stream_ordered()?);
    assert_eq!(wallow.listing()?, floor.listing()?);
    Ok(())
}

fn writes(wallow: &Wallow, floor: &PostgresFloor) -> Result<()> {
    let results = Results::nth(7);
    let known = Combination::nth(3);
    let by_wallow = wallow.register_duplicate(&Wallow::key(&known), &Wallow::start(&results))?;
    assert_eq!(by_wallow, floor.register_duplicate(&known, &results)?);

    let by_wallow = wallow.overwrite(&Wallow::key(&known), &Wallow::finish(&results))?;
    let by_floor = floor.overwrite(&known, &results)?;
    assert_eq!(by_wallow.val_loss, Some(results.val_loss));
    assert_eq!(comparable(by_wallow), comparable(by_floor));

    let moved = wallow.heartbeat(&Wallow::key(&known))?;
    assert_eq!(moved, wallow.find(&Wallow::key(&known))?.updated_at);
    let moved = floor.heartbeat(&known)?;
    assert_eq!(moved, floor.find(&known)?.updated_at);

    let new = Combination::nth(ROWS);
    let by_wallow = wallow.register_new(&Wallow::key(&new), &Wallow::start(&results))?;
    let by_floor = floor.register_new(&new, &results)?;
    assert_eq!(by_wallow.started_at, by_floor.started_at);
    assert_eq!(by_floor.created_at, by_floor.updated_at);
    assert_eq!(by_floor.uuid.len(), 12);
    assert_eq!(comparable(by_wallow), comparable(by_floor));
    Ok(())
}

fn claims(wallow: &Wallow, floor: &PostgresFloor) -> Result<()> {
    let waiting = Combination::waiting(7);
    for _ in 0..2 {
        let by_wallow = wallow.claim(&Wallow::key(&waiting))?;
        assert_eq!(by_wallow.status.as_deref(), Some("running"));
        assert!(by_wallow.started_at.is_some());
        let by_floor = floor.claim(&waiting)?;
        assert!(by_floor.started_at.is_some());
        assert_eq!(comparable(by_wallow), comparable(by_floor));

        let by_wallow = wallow.claim_next()?;
        assert_eq!(comparable(by_wallow), comparable(floor.claim_next()?));
    }
    let put_back = floor.find(&waiting)?;
    assert_eq!(put_back.status.as_deref(), Some("pending"));
    assert_eq!(put_back.started_at, None);
    Ok(())
}

fn grids(wallow: &Wallow, floor: &PostgresFloor) -> Result<()> {
    for new in [1_100, 0] {
        assert_eq!(wallow.register_many(0..1_100)?, new);
        assert_eq!(floor.register_many(0..1_100)?, new);
        assert_eq!(wallow.enqueue(0..1_100)?, new);
        assert_eq!(floor.enqueue(0..1_100)?, new);
    }
    for combination in [Combination::of_grid(1_099), Combination::to_enqueue(1_099)] {
        let number = |run: Run| Run {
            id: 0,
            started_at: run.started_at,
            ..comparable(run)
        };
        let by_wallow = wallow.find(&Wallow::key(&combination))?;
        assert_eq!(number(by_wallow), number(floor.find(&combination)?));
    }
    Ok(())
}
