//! All annotating fields are under a table that does not exist.

mod registry {
    wallow::wallow_schema!("schemas/misspelt_table.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
