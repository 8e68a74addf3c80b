//! Which of several records of one run counts.
//!
//! Trackers keep a record for each try: a failed trial, and the one that repeated it. The run of both is what the
//! completed one says, whichever comes first. Records that are equal in this are taken in their order.

use sha2::{Digest as _, Sha256};
use wallow_runtime::RunStatus;
use wallow_runtime::dynamic::Value;

use super::codec::{put_number, put_value};
use super::mapping::{Mapped, Mapping};

/// The precedence of a record among those of its run, and what it says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Precedence {
    /// The smallest counts.
    pub(super) rank: u8,
    /// A digest of its values beside the key.
    pub(super) values: u64,
}

impl Precedence {
    /// Of a record that was mapped. `status` is what a tracker says of it, which a schema without a status does not keep.
    pub(super) fn of(mapping: &Mapping, mapped: &Mapped, mut status: Option<RunStatus>) -> Self {
        let mut bytes = Vec::new();
        for (place, value) in &mapped.values {
            if !mapping.is_annotating(*place) || *value == Value::Null {
                continue;
            }
            let name = mapping.column(*place);
            if let ("status", Value::Text(word)) = (name, value) {
                status = RunStatus::of(&word.trim().to_lowercase()).or(status);
            }
            put_number(&mut bytes, *place as u64);
            put_value(&mut bytes, value);
        }
        let rank = match status {
            Some(RunStatus::Completed) => 0,
            Some(RunStatus::Failed) => 1,
            _ => 2,
        };
        let digest = Sha256::digest(&bytes);
        let values = digest.iter().take(8);
        Precedence {
            rank,
            values: values.fold(0, |values, byte| values << 8 | u64::from(*byte)),
        }
    }
}
