//! The name of the facade has to mean the same in every module that is emitted.

wallow::wallow_schema!("schemas/ml_sweep.toml", crate = self::wallow);

fn main() {}
