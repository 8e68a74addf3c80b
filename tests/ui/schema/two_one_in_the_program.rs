//! Beside the mistake of the schema, the program's own is found too.

mod registry {
    wallow::wallow_schema!("schemas/misspelt_type.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    let _ = registry::Annotating::new().val_loss("low");
    program::run()
}
