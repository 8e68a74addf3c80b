//! A text has no time zone.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = Annotating::new().started_at("2026-01-31 12:00:00");
}
