//! A name that TOML does not accept: the program has the nearest Rust identifier.

mod registry {
    wallow::wallow_schema!("schemas/space_in_name.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
