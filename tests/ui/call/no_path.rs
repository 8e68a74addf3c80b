//! The macro is called without a path.

wallow::wallow_schema!();

fn main() {}
