//! A field with the name of a column of wallow's own.

mod registry {
    wallow::wallow_schema!("schemas/reserved_name.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
