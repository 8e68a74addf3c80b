//! What `diesel print-schema` prints of a table, beside what `wallow_schema!` emits for it. The printed files are
//! compared with a real diesel by `cargo xtask diesel`.

#![cfg(test)]

use diesel::Expression;
use diesel::prelude::*;
use wallow::OnDuplicate;

/// A field of every type.
mod contract {
    wallow::wallow_schema!("../../schemas/contract.toml");
}

mod on_sqlite {
    include!("../../../fixtures/print-schema/sqlite.rs");
}

mod on_postgres {
    include!("../../../fixtures/print-schema/postgres.rs");
}

/// Compiles where both columns are of one type, NULL included.
fn agree<A: Expression, B: Expression<SqlType = A::SqlType>>(_: A, _: B) {}

macro_rules! agree {
    ($printed:ident: $($column:ident),+ $(,)?) => {$(
        agree(contract::runs::$column, $printed::runs::$column);
    )+};
}

#[test]
fn every_column_has_one_type_in_both_tables() {
    agree!(
        on_postgres: id, uuid, created_at, updated_at, _wallow_attempt, label, step, rate, warm, count, score, note, done,
        extra, seen_at, file,
    );
    // A json field is text on SQLite, and every integer is one of 64 bits; nothing there says more.
    agree!(
        on_sqlite: id, uuid, created_at, updated_at, label, step, rate, warm, count, score, note, done,
        seen_at, file,
    );
}

#[test]
fn the_printed_table_reads_what_was_written() {
    use on_sqlite::runs;
    let store = contract::Store::open(":memory:").unwrap();
    let key = contract::Identifying::builder()
        .label("a")
        .step(i64::MAX)
        .rate(0.1)
        .build();
    let seen: chrono::DateTime<chrono::Utc> = "2026-01-02T03:04:05.000006Z".parse().unwrap();
    let patch = contract::Annotating::new()
        .score(1.0 / 3.0)
        .extra(serde_json::json!([1]))
        .seen_at(seen);
    let outcome = store.register(&key, &patch, OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
    let row = store
        .with_sqlite(|conn| {
            runs::table
                .filter(runs::step.eq(i64::MAX))
                .select((runs::rate, runs::score, runs::seen_at, runs::extra))
                .first::<(
                    f64,
                    Option<f64>,
                    Option<chrono::DateTime<chrono::Utc>>,
                    Option<String>,
                )>(conn)
        })
        .unwrap();
    assert_eq!(
        row,
        (0.1, Some(1.0 / 3.0), Some(seen), Some("[1]".to_owned()))
    );
}

/// Every column as the emitted table says, past the engine.
#[cfg(feature = "postgres")]
#[test]
fn the_emitted_table_reads_postgres() {
    use contract::runs;
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let store = contract::Store::open(database.url()).unwrap();
    let key = contract::Identifying::builder().label("a").build();
    let patch = contract::Annotating::new()
        .count(i64::MAX)
        .extra(serde_json::json!([1]));
    let outcome = store.register(&key, &patch, OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());
    let row = store.with_postgres(|conn| {
        let columns = (runs::_wallow_attempt, runs::count, runs::rate, runs::extra);
        runs::table
            .select(columns)
            .first::<(i32, Option<i64>, f64, Option<serde_json::Value>)>(conn)
    });
    let expected = (0, Some(i64::MAX), 0.5, Some(serde_json::json!([1])));
    assert_eq!(row.unwrap(), expected);
}
