//! The project has no name.

mod registry {
    wallow::wallow_schema!("schemas/no_project_name.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
