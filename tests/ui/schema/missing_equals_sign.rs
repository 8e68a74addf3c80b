//! A syntax error that hides a type.

mod registry {
    wallow::wallow_schema!("schemas/missing_equals_sign.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
