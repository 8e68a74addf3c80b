//! Fields with the names of wallow's own methods and columns: the field's are called otherwise.

use ::core::option::Option::{None, Some};
use ::core::result::Result::Ok;
use ::my_wallow::diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper};
use ::my_wallow::OnDuplicate;
use ::std::assert_eq;

/// The path from `crate` to a facade that is re-exported.
pub(crate) mod deps {
    pub(crate) use ::my_wallow as facade;
}

mod all {
    #[expect(unused_imports, reason = "that none of it is used is the test")]
    use crate::decoys::*;

    ::my_wallow::wallow_schema!(
        "schemas/own_names.toml",
        crate = crate::own_names::deps::facade,
    );
}

mod optional {
    ::my_wallow::wallow_schema!("schemas/optional_build.toml", crate = my_wallow);
}

#[test]
fn every_field_has_a_method_of_its_own() -> ::my_wallow::Result<()> {
    use all::{fields, runs, Annotating, Identifying, Run, Store};

    let store = Store::open(":memory:")?;
    let key = Identifying::builder()
        .builder(2)
        .star(0.5)
        .runs_("a")
        .build(1)
        .build();
    assert_eq!(
        (key.build(), key.get_builder(), key.star(), key.runs_()),
        (1, 2, 0.5, "a")
    );
    let patch = Annotating::new()
        .set_new_(1)
        .set_new(2)
        .x(3)
        .clear_x__()
        .clear_x(4)
        .clear_x_(5)
        .x_(6)
        .clear_x___()
        .runs("b")
        .star_("c");
    let outcome = store.register(&key, &patch, OnDuplicate::Error)?;
    let run = outcome.into_run().unwrap();
    assert_eq!((run.new, run.set_new), (Some(1), Some(2)));
    assert_eq!((run.x, run.x_), (None, None));
    assert_eq!((run.clear_x, run.clear_x_), (Some(4), 5));
    let raw = store.with_sqlite(|connection| {
        runs::table
            .filter(runs::runs__.eq("b"))
            .filter(runs::columns::runs_.eq("a"))
            .filter(runs::columns::star__.eq(0.5))
            .filter(runs::star_.eq("c"))
            .select(Run::as_select())
            .first(connection)
    })?;
    assert_eq!(raw, run);
    assert_eq!((fields::star.name(), fields::runs.name()), ("star", "runs"));
    Ok(())
}

#[test]
fn a_build_with_a_default_leaves_build_to_the_builder() {
    let key = optional::Identifying::builder().set_build(1).build();
    assert_eq!((key.build(), key.set_build()), (1, 1));
    let key = optional::Identifying::builder()
        .set_build_(2)
        .set_build(1)
        .build();
    assert_eq!((key.build(), key.set_build()), (2, 1));
}
