//! A checksum of runs: SHA-256 over every value of every run, in order.
//!
//! Invariant: equal runs have the same checksum in both kinds of databases. JSON is parsed first, so that blanks and
//! the order of members do not matter; the sign of a zero is ignored, because SQLite and `JSONB` do not store it.

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use wallow_runtime::dynamic::Value;
use wallow_runtime::dynamic::copy::RawRun;

pub(super) struct Checksum(Sha256);

impl Checksum {
    pub(super) fn new() -> Self {
        Checksum(Sha256::new())
    }

    pub(super) fn take(&mut self, run: &RawRun) {
        self.part(b'r', &run.attempt().to_le_bytes());
        for (_, value) in run.row().iter() {
            match value {
                Value::Null => self.part(b'n', &[]),
                Value::Int(value) => self.part(b'i', &value.to_le_bytes()),
                Value::Float(value) => self.float(*value),
                Value::Bool(value) => self.part(b'b', &[u8::from(*value)]),
                Value::Text(value) => self.part(b't', value.as_bytes()),
                Value::Time(value) => self.part(b'm', &value.timestamp_micros().to_le_bytes()),
                Value::Json(value) => self.json(value),
            }
        }
    }

    /// The first half of the digest, which is enough to compare by eye.
    pub(super) fn text(self) -> String {
        let bytes = self.0.finalize();
        let half = bytes.first_chunk().copied().unwrap_or_default();
        format!("{:032x}", u128::from_be_bytes(half))
    }

    /// Adds bytes with their kind and their length, so that no two sequences of values give the same input.
    fn part(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update([kind]);
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn float(&mut self, value: f64) {
        let unsigned = if value == 0.0 { 0.0 } else { value };
        self.part(b'f', &unsigned.to_bits().to_le_bytes());
    }

    fn json(&mut self, value: &Json) {
        match value {
            Json::Null => self.part(b'n', &[]),
            Json::Bool(value) => self.part(b'b', &[u8::from(*value)]),
            Json::String(value) => self.part(b't', value.as_bytes()),
            Json::Number(number) => match number.as_f64() {
                Some(value) if number.is_f64() => self.float(value),
                _ => self.part(b'i', number.to_string().as_bytes()),
            },
            Json::Array(items) => {
                self.part(b'a', &(items.len() as u64).to_le_bytes());
                for item in items {
                    self.json(item);
                }
            }
            Json::Object(members) => {
                self.part(b'o', &(members.len() as u64).to_le_bytes());
                let mut members = members.iter().collect::<Vec<_>>();
                members.sort_by_key(|(name, _)| *name);
                for (name, member) in members {
                    self.part(b't', name.as_bytes());
                    self.json(member);
                }
            }
        }
    }
}
