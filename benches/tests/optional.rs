//! The comparison of optional fields is fair: both sides find the same runs, whatever is absent.

use wallow_bench::{Kind, Optional, OptionalOperation, Plan};

#[test]
fn both_sides_find_the_same_runs() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if !kind.is_there() {
            postgres_server::not_tested("optional fields by hand: PostgreSQL is not installed");
            continue;
        }
        let mut databases = Optional::with_rows(kind, 60).unwrap();
        let plan = Plan {
            batch: 3,
            rounds: 2,
        };
        databases
            .measure(OptionalOperation::RegisterNew, plan)
            .unwrap();
        for n in 0..69 {
            let [wallow, hand] = databases.both(n).unwrap();
            assert!(wallow.is_some(), "{n}");
            assert_eq!(wallow, hand);
        }
        assert_eq!(databases.both(69).unwrap(), [None, None]);
    }
}
