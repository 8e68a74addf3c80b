//! A field that is not a table.

mod registry {
    wallow::wallow_schema!("schemas/field_as_a_string.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
