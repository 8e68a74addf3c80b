//! Two fields with the same name for a database.

mod registry {
    wallow::wallow_schema!("schemas/name_in_two_cases.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
