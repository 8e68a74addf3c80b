//! A table that diesel cannot have.

use wallow::diesel::prelude::*;

wallow::wallow_schema!("schemas/wide.toml");

fn main() -> wallow::Result<()> {
    let store = Store::open(":memory:")?;
    let key = Identifying::builder().seed(1).build();
    let patch = Annotating::new().loss_129(0.5);
    store.register(&key, &patch, wallow::OnDuplicate::Skip)?;
    store.sqlite(|connection| {
        runs::table
            .filter(runs::loss_1.lt(0.5))
            .select(Run::as_select())
            .load(connection)
    })?;
    Ok(())
}
