//! Reports a broken schema at build time.

fn main() {
    wallow_schema::build::check("wallow.toml");
}
