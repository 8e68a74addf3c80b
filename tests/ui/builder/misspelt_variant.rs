//! A value that a closed set does not have.

wallow::wallow_schema!("schemas/closed.toml");

fn main() {
    let _ = Identifying::builder().optimiser(Optimiser::Sdg).build();
}
