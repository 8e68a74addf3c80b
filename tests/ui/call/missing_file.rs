//! The path is wrong.

wallow::wallow_schema!("/nowhere/wallow.toml");

fn main() {
    let _ = Store::open("runs.db");
}
