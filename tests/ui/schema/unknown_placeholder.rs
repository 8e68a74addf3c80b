//! The layout names a field that does not exist.

mod registry {
    wallow::wallow_schema!("schemas/unknown_placeholder.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
