//! A text where a value of a closed set belongs.

wallow::wallow_schema!("schemas/closed.toml");

fn main() {
    let _ = Identifying::builder().optimiser("sgd").build();
}
