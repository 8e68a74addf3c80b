//! The path is no string.

wallow::wallow_schema!(wallow.toml);

fn main() {}
