//! The file is in another encoding.

mod registry {
    wallow::wallow_schema!("schemas/not_utf8.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
