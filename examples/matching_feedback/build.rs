//! Says at build time if the schema is broken, or has moved on without a migration.

fn main() {
    wallow_schema::build::check("wallow.toml");
}
