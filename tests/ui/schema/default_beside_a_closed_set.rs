//! A default that is none of the values, in a schema whose enums the program uses.

wallow::wallow_schema!("schemas/default_beside_a_closed_set.toml");

fn main() {
    let key = Identifying::builder().optimiser(Optimiser::Sgd).build();
    let _ = Annotating::new().stop_reason(StopReason::Budget);
    let _ = (key.lr_schedule() == LrSchedule::Cosine, fields::grade.eq(Grade::A));
}
