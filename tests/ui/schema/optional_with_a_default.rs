//! A default beside `optional`: the field is still optional in the builder.

mod registry {
    wallow::wallow_schema!("schemas/optional_with_a_default.toml");
}
#[path = "../program.rs"]
mod program;

fn main() -> wallow::Result<()> {
    program::run()
}
