//! Two fields that a database takes for one.

mod registry {
    wallow::wallow_schema!("schemas/name_in_two_cases.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
