//! A table that diesel cannot have.

wallow::wallow_schema!("schemas/wide.toml");

fn main() -> wallow::Result<()> {
    let store = Store::open(":memory:")?;
    let key = Identifying::builder().seed(1).build();
    let patch = Annotating::new().loss_129(0.5);
    store.register(&key, &patch, wallow::OnDuplicate::Skip)?;
    Ok(())
}
