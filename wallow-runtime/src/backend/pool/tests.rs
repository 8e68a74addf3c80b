use super::*;
use crate::backend::{Session as _, sqlite};
use crate::error::ErrorKind;

const HOUR: Duration = Duration::from_secs(3_600);

fn options(folder: &tempfile::TempDir, size: usize, busy_timeout: Duration) -> PoolOptions {
    let file = folder.path().join("runs.db");
    PoolOptions {
        target: Target::Sqlite(sqlite::Target {
            name: file.to_string_lossy().into_owned(),
            file: Some(file),
            read_only: false,
            quiet: None,
            opened: Arc::default(),
        }),
        size,
        busy_timeout,
        environment: Environment::default(),
    }
}

fn pool(folder: &tempfile::TempDir, size: usize) -> Result<Pool, Error> {
    Pool::open(options(folder, size, HOUR))
}

fn one(connection: &mut Connection) -> Result<(), Error> {
    assert_eq!(connection.text("SELECT 1")?.as_deref(), Some("1"));
    Ok(())
}

#[test]
fn a_thread_that_waits_gets_the_connection_that_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, 1).unwrap();
    std::thread::scope(|scope| {
        let waiting = pool.lend(|_| {
            let waiting = scope.spawn(|| pool.read(one));
            while pool.shared.lock().waiting == 0 {
                std::thread::yield_now();
            }
            Ok(waiting)
        });
        waiting.unwrap().join().unwrap().unwrap();
    });
    assert_eq!(pool.shared.lock().waiting, 0);
    assert_eq!(pool.shared.lock().open, 1);
}

#[test]
fn many_threads_share_few_connections() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, 2).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    pool.read(one).unwrap();
                    pool.write(one).unwrap();
                }
            });
        }
    });
    let state = pool.shared.lock();
    assert!(state.open <= 2, "{}", state.open);
    assert_eq!(state.idle.len(), state.open);
    assert_eq!(state.waiting, 0);
    assert_eq!(state.writing, 0);
}

#[test]
fn a_panic_gives_the_place_of_the_connection_free() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, 1).unwrap();
    std::thread::scope(|scope| {
        let panicking =
            scope.spawn(|| pool.write(|_| -> Result<(), Error> { panic!("on purpose") }));
        assert!(panicking.join().is_err());
    });
    pool.write(one).unwrap();
    assert_eq!(pool.shared.lock().open, 1);
}

#[test]
fn a_dedicated_connection_works_while_all_others_are_lent() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, 1).unwrap();
    let mut dedicated = pool.dedicated(Duration::from_secs(1), HOUR);
    pool.lend(|_| {
        for _ in 0..3 {
            dedicated.run(one).unwrap();
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_dedicated_connection_that_does_not_answer_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, 1).unwrap();
    let mut dedicated = pool.dedicated(HOUR, Duration::from_millis(1));
    let (resume, resumed) = std::sync::mpsc::channel::<()>();
    let frozen = dedicated.run(move |_| Ok(resumed.recv().is_ok()));
    assert_eq!(frozen.unwrap_err().kind(), ErrorKind::Busy);
    drop(resume);
    let mut dedicated = pool.dedicated(HOUR, HOUR);
    dedicated.run(one).unwrap();
}

/// SQLite waits for a moment and is asked again, until the deadline; for work that is not repeated it waits by itself.
#[test]
fn a_lock_is_waited_for_in_short_turns() {
    let folder = tempfile::tempdir().unwrap();
    let pool = Pool::open(options(&folder, 2, Duration::from_secs(60))).unwrap();
    let timeout = |connection: &mut Connection| -> Result<u64, Error> {
        let millis = connection.text("PRAGMA busy_timeout")?;
        Ok(millis.and_then(|millis| millis.parse().ok()).unwrap())
    };
    assert_eq!(pool.write(timeout).unwrap(), 1);
    let spent = Deadline::after(Duration::from_secs(10));
    assert_eq!(pool.with(spent, Purpose::Once, true, timeout).unwrap(), 1);
    assert!(
        pool.with(
            Deadline::after(Duration::ZERO),
            Purpose::Once,
            true,
            timeout
        )
        .unwrap()
            == 0
    );
    assert_eq!(pool.write(timeout).unwrap(), 1);
    assert_eq!(pool.read_once(timeout).unwrap(), 60_000);
    assert_eq!(pool.lend(timeout).unwrap(), 60_000);
    assert_eq!(pool.write(timeout).unwrap(), 1);
}

/// Each thread that wants to write waits for its own busy timeout and no longer, however many threads there are.
#[test]
fn a_turn_to_write_is_waited_for_until_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder, 2).unwrap();
    let (began, has_begun) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let pool = &pool;
        scope.spawn(move || {
            pool.write(|_| {
                began.send(()).unwrap();
                Ok(ended.recv().is_ok())
            })
        });
        has_begun.recv().unwrap();
        let patience = Deadline::after(Duration::from_millis(1));
        let error = pool.write_within(patience, |_| -> Result<(), Error> { unreachable!() });
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.to_string().contains("busy_timeout"), "{error}");
        drop(end);
    });
    pool.write(one).unwrap();
}
