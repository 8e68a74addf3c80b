//! A syntax error that swallows the rest of the file.

mod registry {
    wallow::wallow_schema!("schemas/unclosed_array.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
