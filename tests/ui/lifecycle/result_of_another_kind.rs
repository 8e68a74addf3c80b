//! A closure that returns something that is not a result of a run.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn train(store: &Store, key: &Identifying, options: wallow::LifecycleOptions<Run>) {
    let _ = store.run_lifecycle(key, options, |_| Ok::<f64, wallow::Error>(0.31));
}

fn main() {}
