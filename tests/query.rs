//! Queries through the facade: the meaning of every operator, against an oracle and by example.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "tests"
)]

#[path = "query/examples.rs"]
mod examples;
#[path = "query/groups.rs"]
mod groups;
#[path = "query/oracle.rs"]
mod oracle;
#[path = "query/plans.rs"]
mod plans;
#[path = "query/rows.rs"]
mod rows;
#[path = "query/select.rs"]
mod select;
#[path = "query/stream.rs"]
mod stream;
#[path = "query/text.rs"]
mod text;

/// A schema with every type.
mod registry {
    wallow::wallow_schema!("tests/schemas/query.toml");
}

use registry::{Annotating, Identifying, Store};
use test_support::Kind;
use wallow::OnDuplicate;

/// The key with this number.
fn key(n: i64) -> Identifying {
    Identifying::builder().n(n).build()
}

/// A store with these runs, numbered from 0.
fn store_of(kind: Kind, runs: impl IntoIterator<Item = Annotating>) -> Store {
    let store = Store::open(kind.fresh()).unwrap();
    for (n, annotating) in (0..).zip(runs) {
        let outcome = store
            .register(&key(n), &annotating, OnDuplicate::Error)
            .unwrap();
        assert!(outcome.was_inserted());
    }
    store
}
