//! A broken schema fails the build before anything is compiled.

fn main() {
    wallow_schema::build::check("wallow.toml");
}
