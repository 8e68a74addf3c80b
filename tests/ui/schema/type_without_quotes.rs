//! A syntax error in one value.

mod registry {
    wallow::wallow_schema!("schemas/type_without_quotes.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
