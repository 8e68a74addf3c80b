//! The same field is set, and another is not.

wallow::wallow_schema!("schemas/build.toml");

fn main() {
    let _ = Identifying::builder().build(1).build();
}
