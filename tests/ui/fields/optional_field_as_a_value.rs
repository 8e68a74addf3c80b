//! An optional field of a key may be absent.

wallow::wallow_schema!("schemas/optional.toml");

fn main() {
    let key = Identifying::builder().optimiser(Optimiser::Sgd).build();
    let _: f64 = key.momentum();
}
