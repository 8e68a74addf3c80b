//! A hundred fields, with the feature that lets diesel have so many columns.

use wallow::OnDuplicate;
use wallow::diesel::prelude::*;

wallow::wallow_schema!("wallow-schema/tests/fixtures/valid/hundred_fields.toml");
#[test]
fn a_hundred_fields_are_registered_and_read() -> wallow::Result<()> {
    let store = Store::open(":memory:")?;
    let text = |number: usize| match number % 4 {
        0 => format!("{number}"),
        1 => format!("{number}.5"),
        2 => format!("\"{number}\""),
        _ => "true".to_owned(),
    };
    let members = (0..30).map(|number| format!("\"parameter_{number:02}\": {}", text(number)));
    let members = members.collect::<Vec<_>>().join(", ");
    let key: Identifying = serde_json::from_str(&format!("{{{members}}}")).unwrap();
    assert_eq!((key.parameter_28(), key.parameter_29()), (28, 29.5));
    let patch = Annotating::new().result_69("last").result_00(5);
    let run = store.register(&key, &patch, OnDuplicate::Raise)?.into_run();
    let raw = store.sqlite(|connection| {
        runs::table
            .filter(runs::result_69.eq("last"))
            .filter(runs::parameter_29.gt(29.0))
            .select(Run::as_select())
            .first(connection)
    })?;
    assert_eq!(raw.identifying(), key);
    assert_eq!(Some(raw), run);
    Ok(())
}
