//! A syntax error in a header.

mod registry {
    wallow::wallow_schema!("schemas/unclosed_header.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
