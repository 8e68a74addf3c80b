//! A name that TOML does not take: the program has the nearest one that Rust takes.

mod registry {
    wallow::wallow_schema!("schemas/space_in_name.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
