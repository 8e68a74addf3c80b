//! A lifecycle without its fields.

wallow::wallow_schema!("schemas/no_lifecycle.toml");

fn enqueue(store: &Store, key: Identifying) {
    let _ = store.enqueue([key]);
}

fn main() {}
