//! A store of something that is no run.

fn main() {
    let _ = wallow::Store::<String>::open("runs.db");
}
