//! A text where a value of an optional closed set belongs.

wallow::wallow_schema!("schemas/optional.toml");

fn main() {
    let _ = Identifying::builder().schedule("cosine");
}
