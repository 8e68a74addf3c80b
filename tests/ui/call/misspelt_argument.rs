//! The only other argument is `crate`.

wallow::wallow_schema!("schemas/ml_sweep.toml", crat = wallow);

fn main() {}
