//! A syntax error at which the parser gives up.

mod registry {
    wallow::wallow_schema!("schemas/comment_of_another_language.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
