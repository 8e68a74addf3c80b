//! A default that does not fit: the field is still optional in the builder.

mod registry {
    wallow::wallow_schema!("schemas/default_of_another_type.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
