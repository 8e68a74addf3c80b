//! A required field has the name of the method that ends the builder.

wallow::wallow_schema!("schemas/build.toml");

fn main() {
    let _ = Identifying::builder().seed(1).build();
}
