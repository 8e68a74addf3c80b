//! A field that is declared twice.

mod registry {
    wallow::wallow_schema!("schemas/in_both_tables.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
