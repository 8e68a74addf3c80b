//! A name that Rust does not take.

mod registry {
    wallow::wallow_schema!("schemas/hyphen_in_name.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
