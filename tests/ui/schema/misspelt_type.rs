//! One type is misspelt: `flaot`.

mod registry {
    wallow::wallow_schema!("schemas/misspelt_type.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
