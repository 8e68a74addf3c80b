//! Only an optional field can be cleared.

wallow::wallow_schema!("schemas/optional.toml");

fn main() {
    let _ = Identifying::builder().optimiser(Optimiser::Sgd).clear_optimiser();
}
