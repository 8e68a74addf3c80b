//! A number is compared with a status.

wallow::wallow_schema!("schemas/ml_sweep.toml");

fn main() {
    let _ = fields::val_loss.eq(wallow::RunStatus::Completed);
}
