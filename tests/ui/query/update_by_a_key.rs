//! A key instead of a patch.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn update(store: &Store, key: Identifying) {
    let _ = store.query().update(&key);
}

fn main() {}
