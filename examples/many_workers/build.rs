//! Says at build time if the schema is broken.

fn main() {
    wallow_schema::build::check("wallow.toml");
}
