//! A type that is not allowed in a key.

mod registry {
    wallow::wallow_schema!("schemas/json_identifies.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
