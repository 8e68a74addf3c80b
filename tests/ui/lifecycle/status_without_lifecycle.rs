//! The status of a run in a schema without the lifecycle.

wallow::wallow_schema!("schemas/no_lifecycle.toml");

fn status(run: &Run) {
    let _ = run.run_status();
}

fn main() {}
