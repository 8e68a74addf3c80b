//! The comparison of optional fields is fair: both sides find the same runs, whatever is absent.

use wallow_bench::{Kind, OptionalDatabases, OptionalOperation, OptionalSide, Recorded, SideName};

#[test]
fn both_sides_find_the_same_runs() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if !kind.is_there() {
            postgres_server::not_tested("optional fields by hand: PostgreSQL is not installed");
            continue;
        }
        let databases = OptionalDatabases::with_rows(kind, 60, Recorded::Results).unwrap();
        let sides = [SideName::Wallow, SideName::Floor]
            .map(|side| OptionalSide::open(side, databases.url(side), 60).unwrap());
        let both = |n| sides.each_ref().map(|side| side.nth(n).unwrap());
        for side in &sides {
            side.run(OptionalOperation::RegisterNew, 0..9).unwrap();
        }
        for n in 0..69 {
            let [wallow, floor] = both(n);
            assert!(wallow.is_some(), "{n}");
            assert_eq!(wallow, floor);
        }
        assert_eq!(both(69), [None, None]);
    }
}
