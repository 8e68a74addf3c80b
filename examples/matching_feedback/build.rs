//! Reports at build time if the schema is broken, or if a change has no migration.

fn main() {
    wallow_schema::build::check("wallow.toml");
}
