//! A name that is not a Rust identifier.

mod registry {
    wallow::wallow_schema!("schemas/hyphen_in_name.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
