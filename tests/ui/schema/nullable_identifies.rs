//! A key that may be NULL.

mod registry {
    wallow::wallow_schema!("schemas/nullable_identifies.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
