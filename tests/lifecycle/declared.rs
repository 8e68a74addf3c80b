//! `[project] lifecycle = true` declares the fields of the lifecycle (specs 1.12).

use wallow::{LifecycleOptions, Reclaim, RunStatus, schema};

mod registry {
    wallow::wallow_schema!("tests/schemas/lifecycle.toml");
}

use registry::{Annotating, Identifying, Run, Store, fields};

#[test]
fn a_schema_that_asks_for_the_lifecycle_has_it() {
    let store = Store::open(":memory:").unwrap();
    let key = Identifying::builder().seed(1).build();
    let options = LifecycleOptions::new(Reclaim::Immediately);
    let outcome = store.run_lifecycle(&key, options, |_| {
        Ok::<_, std::io::Error>(Annotating::new().val_loss(0.5))
    });
    let run: Run = outcome.unwrap().into_run();
    assert_eq!(run.status.as_deref(), Some("completed"));
    assert!(run.started_at <= run.completed_at && run.wallclock_seconds.is_some());
    assert_eq!(run.error_excerpt, None);
    let completed = store.filter(fields::status.eq(RunStatus::Completed));
    assert_eq!(completed.count().unwrap(), 1);
}

#[test]
fn it_says_the_same_as_the_five_fields_by_hand() {
    let short = schema::parse(include_str!("../schemas/lifecycle.toml"), "wallow.toml").unwrap();
    let long = "[project]\nname = 'sweep'\n[identifying.seed]\ntype = 'int'\n\
        [annotating.val_loss]\ntype = 'float'\n[annotating.status]\ntype = 'string'\nindexed = true\n\
        [annotating.started_at]\ntype = 'datetime'\n[annotating.completed_at]\ntype = 'datetime'\n\
        [annotating.wallclock_seconds]\ntype = 'float'\n[annotating.error_excerpt]\ntype = 'string'\n";
    let long = schema::parse(long, "wallow.toml").unwrap();
    let essence = |schema: &schema::Schema| {
        let fields = schema.fields();
        let essence =
            fields.map(|field| (field.name.clone(), field.ty, field.indexed, field.nullable));
        essence.collect::<Vec<_>>()
    };
    assert_eq!(essence(&short), essence(&long));
    assert!(short.has_lifecycle());
}
