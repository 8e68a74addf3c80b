//! One field has no type.

mod registry {
    wallow::wallow_schema!("schemas/missing_type.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
