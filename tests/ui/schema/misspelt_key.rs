//! The type is under a key that does not exist.

mod registry {
    wallow::wallow_schema!("schemas/misspelt_key.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
