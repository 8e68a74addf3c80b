//! A filter of one schema on the runs of another.

mod other {
    wallow::wallow_schema!("schemas/ml_sweep.toml");
}

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn query(store: &Store) {
    let _ = store.filter(other::fields::seed.eq(1));
}

fn main() {}
