//! `optional` on an annotating field.

mod registry {
    wallow::wallow_schema!("schemas/optional_annotates.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
