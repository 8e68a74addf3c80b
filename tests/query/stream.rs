//! Streams: bounded memory, undisturbed by other calls, and nothing left when dropped.

#[cfg(feature = "postgres")]
#[cfg(feature = "postgres")]
use test_support::Kind;
use wallow::OnDuplicate;

use super::key;
use super::registry::{Annotating, Run, Store, fields};

/// More runs than a small table has, so that threads read ahead.
const MANY: i64 = 12_000;
const COUNT: usize = 12_000;

fn filled(url: &str) -> Store {
    let store = Store::options().pool_size(2).open(url).unwrap();
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres") {
        store
            .with_postgres(|conn| {
                use wallow::diesel::connection::SimpleConnection;
                conn.batch_execute(&format!(
                    "INSERT INTO runs (uuid, created_at, updated_at, n, lr, name, flag) \
                     SELECT lpad(to_hex(n), 12, '0'), '2026-01-01', '2026-01-01', n, 0.1, '', false \
                     FROM generate_series(0, {MANY} - 1) AS n"
                ))
            })
            .unwrap();
        return store;
    }
    store
        .with_sqlite(|conn| {
            use wallow::diesel::connection::SimpleConnection;
            conn.batch_execute(&format!(
                "WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < {MANY} - 1) \
                 INSERT INTO runs (uuid, created_at, updated_at, n, lr, name, flag) \
                 SELECT printf('%012x', n), '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000', \
                 n, 0.1, '', 0 FROM c"
            ))
        })
        .unwrap();
    store
}

/// A file, a database in memory, and, if there is a server, one of its databases.
fn urls(dir: &tempfile::TempDir) -> Vec<String> {
    let file = dir.path().join("runs.db").to_str().unwrap().to_owned();
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_mut, reason = "a server's is added with the feature alone")
    )]
    let mut urls = vec![file, ":memory:".to_owned()];
    #[cfg(feature = "postgres")]
    if Kind::Postgres.is_there() {
        urls.push(Kind::Postgres.fresh());
    }
    urls
}

#[test]
fn every_run_comes_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    for url in urls(&dir) {
        let store = filled(&url);
        let query = store
            .query()
            .order_by(fields::n.desc())
            .offset(1)
            .limit(4_000);
        let numbers = query.iter().map(|run| run.unwrap().n).collect::<Vec<_>>();
        assert_eq!(numbers, (MANY - 4_001..MANY - 1).rev().collect::<Vec<_>>());
    }
}

/// The order of ids is read by pages of 256: filters with `OR` and limits at their edges.
#[test]
fn pages_give_what_all_gives() {
    let dir = tempfile::tempdir().unwrap();
    for store in urls(&dir).iter().map(|url| filled(url)) {
        pages_of(&store);
    }
}

fn pages_of(store: &Store) {
    for limit in [0, 1, 255, 256, 257, 512, 4_000, 10_000, usize::MAX] {
        for filter in [
            fields::n.lt(300) | fields::n.ge(MANY - 300),
            fields::n.ge(0) & fields::name.eq(""),
            fields::n.lt(0),
        ] {
            let query = store.query().filter(filter).limit(limit);
            let streamed = query.iter().map(|run| run.unwrap().n).collect::<Vec<_>>();
            let all = query
                .all()
                .unwrap()
                .iter()
                .map(|run| run.n)
                .collect::<Vec<_>>();
            assert_eq!(streamed, all, "{query:?}");
        }
    }
}

/// A page is full with a MiB of text. How many runs a server is asked for depends on the length of the runs before.
#[test]
fn long_texts_make_short_pages() {
    let dir = tempfile::tempdir().unwrap();
    for url in urls(&dir) {
        let store = Store::open(&url).unwrap();
        let text = |n: i64| match n {
            30..1_000 => String::new(),
            _ => "é".repeat(200_000),
        };
        let pairs = (0..1_010).map(|n| (key(n), Annotating::new().extra(text(n))));
        store.register_many(pairs, OnDuplicate::Error).unwrap();
        let numbers = |query: wallow::Query<_>| {
            let runs = query.iter().map(|run: Result<Run, _>| {
                let run = run.unwrap();
                assert_eq!(run.extra, Some(text(run.n).into()));
                run.n
            });
            runs.collect::<Vec<_>>()
        };
        assert_eq!(numbers(store.query()), (0..1_010).collect::<Vec<_>>());
        assert_eq!(numbers(store.query().limit(7)), (0..7).collect::<Vec<_>>());
        assert_eq!(
            numbers(store.query().order_by(fields::n.desc())),
            (0..1_010).rev().collect::<Vec<_>>()
        );
    }
}

/// A small table is read at once.
#[test]
fn few_runs_in_an_order_come_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("runs.db").to_str().unwrap()).unwrap();
    let pairs = (0..700).map(|n| (key(n), Annotating::new()));
    store.register_many(pairs, OnDuplicate::Error).unwrap();
    let query = store.query().order_by(fields::n.desc()).limit(600);
    let numbers = query.iter().map(|run| run.unwrap().n).collect::<Vec<_>>();
    assert_eq!(numbers, (100..700).rev().collect::<Vec<_>>());
}

#[test]
fn an_unreadable_run_is_an_error_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    for url in [dir.path().join("runs.db").to_str().unwrap(), ":memory:"] {
        let store = filled(url);
        store
            .with_sqlite(|conn| {
                use wallow::diesel::connection::SimpleConnection;
                conn.batch_execute("UPDATE runs SET created_at = 'yesterday' WHERE n = 300")
            })
            .unwrap();
        for query in [store.query(), store.query().order_by(fields::n.asc())] {
            let items = query.iter().collect::<Vec<_>>();
            assert_eq!(items.len(), COUNT);
            for (n, item) in items.iter().enumerate() {
                match item {
                    Ok(run) => assert_eq!(run.n, i64::try_from(n).unwrap()),
                    Err(error) => assert_eq!((n, error.field()), (300, Some("created_at"))),
                }
            }
            assert!(items[300].is_err());
        }
    }
}

#[test]
fn other_calls_go_on_while_it_streams() {
    let dir = tempfile::tempdir().unwrap();
    for url in urls(&dir) {
        let store = filled(&url);
        let mut seen = 0;
        for run in &store.query() {
            let run = run.unwrap();
            if run.n % 1_000 == 0 {
                let patch = Annotating::new().score(0.5);
                assert!(
                    store
                        .register(&run.identifying(), &patch, OnDuplicate::Overwrite)
                        .unwrap()
                        .was_updated()
                );
                assert!(
                    store
                        .register(&key(MANY + run.n), &patch, OnDuplicate::Error)
                        .unwrap()
                        .was_inserted()
                );
            }
            seen += 1;
        }
        assert_eq!(
            seen, MANY,
            "a stream shows the runs that were there when it began"
        );
    }
}

/// With two connections, a third stream would wait forever if a dropped one kept its connection.
#[test]
fn a_dropped_stream_leaves_its_connection() {
    let dir = tempfile::tempdir().unwrap();
    for store in urls(&dir).iter().map(|url| filled(url)) {
        for _ in 0..10 {
            let mut stream = store.query().order_by(fields::n.asc()).iter();
            assert_eq!(stream.next().unwrap().unwrap().n, 0);
        }
        assert_eq!(store.query().iter().count(), COUNT);
    }
}
