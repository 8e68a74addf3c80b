//! An optional field takes the bare value; leaving it out is absent.

wallow::wallow_schema!("schemas/optional.toml");

fn main() {
    let _ = Identifying::builder().optimiser(Optimiser::Sgd).momentum(None);
}
