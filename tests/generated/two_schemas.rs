//! Two schemas in one crate are two sets of types.

use std::any::TypeId;

use wallow::OnDuplicate;
use wallow::diesel::prelude::*;

mod sweep {
    wallow::wallow_schema!("tests/schemas/ml_sweep.toml");
}

use crate::{every_type, keywords};

#[test]
fn each_has_its_own_types() {
    assert_ne!(TypeId::of::<sweep::Run>(), TypeId::of::<every_type::Run>());
    assert_ne!(
        TypeId::of::<sweep::Store>(),
        TypeId::of::<every_type::Store>()
    );
}

#[test]
fn one_program_keeps_runs_of_both() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let url = |name: &str| folder.path().join(name).display().to_string();
    let sweeps = sweep::Store::open(url("sweeps.db"))?;
    let types = every_type::Store::open(url("types.db"))?;
    let sweep = sweep::Identifying::builder()
        .architecture("mlp")
        .optimiser("adam")
        .learning_rate(0.1)
        .batch_size(32)
        .build();
    let kind = every_type::Identifying::builder()
        .steps(10)
        .rate(0.5)
        .model("mlp")
        .warm(true)
        .build();
    let patch = sweep::Annotating::new().status("completed");
    let one = sweeps.register(&sweep, &patch, OnDuplicate::Error)?;
    let patch = every_type::Annotating::new().best(0.25);
    let other = types.register(&kind, &patch, OnDuplicate::Error)?;
    assert_eq!(one.run().map(sweep::Run::identifying), Some(sweep));
    assert_eq!(other.run().map(every_type::Run::identifying), Some(kind));
    Ok(())
}

#[test]
fn the_table_of_one_is_open_to_raw_diesel() -> wallow::Result<()> {
    use every_type::{Annotating, Identifying, Run, Store, runs};

    let store = Store::open(":memory:")?;
    for steps in 0..3 {
        let key = Identifying::builder()
            .steps(steps)
            .rate(0.5)
            .model("mlp")
            .warm(false)
            .build();
        let patch = Annotating::new()
            .best(0.25)
            .loss(f64::from(steps) / 2.0)
            .weights("w.bin");
        let _ = store.register(&key, &patch, OnDuplicate::Error)?;
    }
    let (count, best, steps) = store.with_sqlite(|connection| {
        let count: i64 = runs::table.count().get_result(connection)?;
        let best: Vec<Run> = runs::table
            .filter(runs::loss.lt(0.75))
            .order_by(runs::loss.desc())
            .select(Run::as_select())
            .load(connection)?;
        let steps: i64 = runs::table
            .group_by(runs::model)
            .select(wallow::diesel::dsl::sql::<wallow::diesel::sql_types::BigInt>("sum(steps)"))
            .get_result(connection)?;
        Ok((count, best, steps))
    })?;
    assert_eq!((count, steps), (3, 3));
    let losses = best.iter().map(|run| run.loss).collect::<Vec<_>>();
    assert_eq!(losses, [Some(0.5), Some(0.0)]);
    assert_eq!(best[0].folder, std::path::Path::new("runs"));
    assert_eq!(
        best[0].weights.as_deref(),
        Some(std::path::Path::new("w.bin"))
    );
    let found = store.with_sqlite(|connection| {
        let run: Run = runs::table
            .find(best[0].id)
            .select(Run::as_select())
            .first(connection)?;
        wallow::diesel::update(&run)
            .set(runs::host.eq("lab"))
            .execute(connection)?;
        runs::table
            .find(best[0].id)
            .select(Run::as_select())
            .first(connection)
    })?;
    assert_eq!(
        found,
        Run {
            host: "lab".into(),
            ..best[0].clone()
        }
    );
    Ok(())
}

#[test]
fn keywords_of_this_edition_are_fields() {
    let key = keywords::Identifying::builder();
    let key = key
        .r#abstract(1)
        .r#as(1)
        .r#async(1)
        .r#await(1)
        .r#box(1)
        .r#break(1)
        .r#const(1);
    let key = key
        .r#continue(1)
        .r#do(1)
        .r#dyn(1)
        .r#enum(1)
        .r#extern(1)
        .r#final(1)
        .r#fn(1);
    let key = key
        .r#for(1)
        .r#gen(2)
        .r#if(1)
        .r#impl(1)
        .r#in(1)
        .r#let(1)
        .r#loop(1)
        .r#match(1);
    let key = key.r#macro(1).r#mod(1).build();
    assert_eq!(key.r#gen(), 2);
    assert!(
        key.to_string().ends_with("loop=1, match=1, macro=1, mod=1"),
        "{key}"
    );
}
