//! Two mistakes are two errors.

mod registry {
    wallow::wallow_schema!("schemas/two_in_the_schema.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
