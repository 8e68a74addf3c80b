//! A program whose only dependency is wallow: every type of field, and both kinds of queries.
#![deny(warnings, missing_docs)]

use std::time::SystemTime;

use wallow::OnDuplicate;
use wallow::diesel::prelude::*;

/// The registry.
pub mod registry {
    wallow::wallow_schema!("wallow.toml");
}

use registry::{Annotating, Identifying, Run, Store, fields, runs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::open(":memory:")?;
    let key = Identifying::builder().n(1).lr(0.1).name("a").build();
    let recorded = Annotating::new()
        .text("completed")
        .score(0.5)
        .count(3)
        .on(true)
        .at(SystemTime::now())
        .file("weights.bin")
        .extra("json")
        .clear_in();
    let outcome = store.register(&key, &recorded, OnDuplicate::Error)?;
    assert!(outcome.was_inserted());

    let found = store.filter(fields::text.eq("completed")).one()?;
    assert_eq!(found.identifying(), key);
    let raw = store.with_sqlite(|connection| {
        runs::table
            .filter(runs::n.eq(1))
            .select(Run::as_select())
            .first(connection)
    })?;
    assert_eq!(raw, found);
    Ok(())
}
