//! The path is not a string.

wallow::wallow_schema!(wallow.toml);

fn main() {}
