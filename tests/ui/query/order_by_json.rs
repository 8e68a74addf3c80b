//! An order by a field whose values have no order.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::training_curve.asc();
}
