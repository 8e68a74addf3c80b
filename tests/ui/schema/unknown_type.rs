//! One type is one that wallow has not: the setter of its field takes anything.

mod registry {
    wallow::wallow_schema!("schemas/unknown_type.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
