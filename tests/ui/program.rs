//! A program that uses every field of ml_sweep: what a mistake in the schema must not spoil further.

use chrono::Utc;
use wallow::OnDuplicate;
use wallow::diesel::prelude::*;

use crate::registry::{Annotating, Identifying, Run, Store, fields, runs};

/// Registers a run, reads it back in every way, prints all of it.
pub fn run() -> wallow::Result<()> {
    let store = Store::open(":memory:")?;
    let key = Identifying::builder()
        .architecture("mlp-32x16")
        .optimiser("adamw")
        .learning_rate(1e-3)
        .batch_size(32)
        .weight_decay(0.01)
        .seed(1)
        .build();
    let patch = Annotating::new()
        .status("completed")
        .best_checkpoint("artefacts/best.safetensors")
        .val_loss(0.31)
        .val_accuracy(0.9)
        .train_loss(0.2)
        .training_curve(serde_json::json!([0.4, 0.31]))
        .host("lab")
        .clear_git_commit()
        .started_at(Utc::now())
        .completed_at(Utc::now())
        .wallclock_seconds(12.5)
        .clear_error_excerpt();
    store.register(&key, &patch, OnDuplicate::Error)?;
    println!("{} {} {}", key.architecture(), key.learning_rate(), key.num_epochs());
    if let Some(run) = store.find(&key)? {
        println!("{} {:?} {:?} {:?}", run.uuid, run.status, run.val_loss, run.training_curve);
        println!("{} {}", fields::val_loss, fields::started_at);
    }
    let best = store.with_sqlite(|connection| {
        runs::table
            .filter(runs::status.eq("completed"))
            .order_by(runs::val_loss.asc())
            .select(Run::as_select())
            .load(connection)
    })?;
    println!("{}", best.len());
    Ok(())
}
