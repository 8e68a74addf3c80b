//! A store of a type that is not a run.

fn main() {
    let _ = wallow::Store::<String>::open("runs.db");
}
