//! A field is compared with the value of another closed set, and with a text.

wallow::wallow_schema!("schemas/closed.toml");

fn main() {
    let _ = fields::optimiser.eq(Grade::A);
    let _ = fields::optimiser.eq("sgd");
}
