//! A hundred and fifty fields: more than any tuple of diesel can have members.

use wallow::OnDuplicate;
use wallow::diesel::prelude::*;

wallow::wallow_schema!("tests/schemas/wide.toml");

/// A key with other values in every field.
#[expect(clippy::unwrap_used, reason = "it has every field")]
fn key(first: i64) -> Identifying {
    let member = |number: i64| match number % 4 {
        0 => (first + number).to_string(),
        1 => format!("{number}.5"),
        2 => format!("\"text {number}\""),
        _ => "true".to_owned(),
    };
    let members = (0..40).map(|number| format!("\"key_{number:03}\": {}", member(number)));
    let members = members.collect::<Vec<_>>().join(", ");
    serde_json::from_str(&format!("{{{members}}}")).unwrap()
}

#[test]
fn every_field_is_registered_and_read() -> wallow::Result<()> {
    let store = Store::open(":memory:")?;
    assert_eq!((key(7).key_000(), key(7).key_037()), (7, 37.5));
    let patch = Annotating::new()
        .note_044("first")
        .note_147(147)
        .note_149("last");
    let run = store
        .register(&key(7), &patch, OnDuplicate::Error)?
        .into_run();
    let raw: Run = store.with_sqlite(|connection| {
        runs::table
            .filter(runs::note_149.eq("last"))
            .filter(runs::key_037.gt(37.0))
            .select(Run::as_select())
            .first(connection)
    })?;
    assert_eq!(raw.identifying(), key(7));
    assert_eq!(
        (raw.note_044.as_deref(), raw.note_147),
        (Some("first"), Some(147))
    );
    assert_eq!(Some(raw), run);
    Ok(())
}

#[test]
fn raw_diesel_can_do_what_it_does_with_few() -> wallow::Result<()> {
    let store = Store::open(":memory:")?;
    for number in 0..3 {
        let patch = Annotating::new().note_140(number);
        let _ = store.register(&key(number), &patch, OnDuplicate::Error)?;
    }
    store.with_sqlite(|connection| {
        let boxed: runs::BoxedQuery<'_, wallow::diesel::sqlite::Sqlite> = runs::table.into_boxed();
        let ids: Vec<i64> = boxed
            .select(runs::id)
            .order(runs::note_140.desc())
            .load(connection)?;
        assert_eq!(ids, [3, 2, 1]);
        let count: i64 = runs::table.count().get_result(connection)?;
        assert_eq!(count, 3);
        let (one, other) = wallow::diesel::alias!(runs as one, runs as other);
        let pairs: i64 = one
            .inner_join(other.on(one.field(runs::note_140).lt(other.field(runs::note_140))))
            .count()
            .get_result(connection)?;
        assert_eq!(pairs, 3);
        let sums: Vec<(bool, i64)> = runs::table
            .group_by(runs::key_039)
            .select((runs::key_039, wallow::diesel::dsl::count(runs::note_140)))
            .load(connection)?;
        assert_eq!(sums, [(true, 3)]);
        let changed: Run = wallow::diesel::update(runs::table.find(1))
            .set(runs::note_149.eq("changed"))
            .returning(Run::as_returning())
            .get_result(connection)?;
        assert_eq!(changed.note_149.as_deref(), Some("changed"));
        Ok(())
    })
}
