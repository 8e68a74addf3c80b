//! Values into their binary forms, and cells back into a run.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::libpq::{Answer, Bind};
use crate::registry::Run;
use crate::run::Combination;
use crate::{Result, side::Line};

/// The start of 2000 in microseconds of Unix: PostgreSQL counts from there.
const EPOCH: i64 = 946_684_800_000_000;

pub(crate) fn int(value: i64) -> Bind<'static> {
    Bind::Eight(value.to_be_bytes())
}

pub(crate) fn float(value: f64) -> Bind<'static> {
    Bind::Eight(value.to_be_bytes())
}

pub(super) fn time(value: &DateTime<Utc>) -> Bind<'static> {
    int(value.timestamp_micros() - EPOCH)
}

/// JSON in the form of `jsonb`: the version of the format, and the text.
pub(super) fn json(value: &serde_json::Value) -> Bind<'static> {
    let mut bytes = vec![1];
    bytes.extend(value.to_string().into_bytes());
    Bind::Bytes(bytes)
}

/// The key, in the order of its columns.
pub(super) fn key(key: &Combination) -> [Bind<'static>; 7] {
    [
        Bind::Text(key.architecture),
        Bind::Text(key.optimiser),
        float(key.learning_rate),
        int(key.batch_size),
        float(key.weight_decay),
        int(key.num_epochs),
        int(key.seed),
    ]
}

/// The first run of an answer.
pub(super) fn one(answer: &Answer) -> Result<Option<Run>> {
    match answer.rows() {
        0 => Ok(None),
        _ => Cells { answer, row: 0 }.run().map(Some),
    }
}

/// Every run of an answer.
pub(super) fn each(answer: &Answer) -> impl Iterator<Item = Result<Run>> {
    (0..answer.rows()).map(move |row| Cells { answer, row }.run())
}

/// Every line of an answer.
pub(super) fn lines(answer: &Answer) -> impl Iterator<Item = Result<Line>> {
    (0..answer.rows()).map(move |row| {
        let cells = Cells { answer, row };
        Ok((cells.text(0)?, cells.float(1)?, cells.float(2)?))
    })
}

/// The number that is the answer.
pub(super) fn number(answer: &Answer) -> Result<i64> {
    required(Cells { answer, row: 0 }.int(0)?)
}

/// The time in the first column of the first row; `None` if there is no row.
pub(super) fn instant(answer: &Answer) -> Result<Option<DateTime<Utc>>> {
    Cells { answer, row: 0 }.time(0)
}

pub(crate) struct Cells<'a> {
    pub(crate) answer: &'a Answer,
    pub(crate) row: i32,
}

impl Cells<'_> {
    fn run(&self) -> Result<Run> {
        // The first byte is the version of the format.
        let curve = self
            .answer
            .cell(self.row, 16)
            .and_then(|cell| cell.get(1..));
        Ok(Run {
            id: required(self.int(0)?)?,
            uuid: self.text(1)?,
            created_at: required(self.time(2)?)?,
            updated_at: required(self.time(3)?)?,
            architecture: self.text(4)?,
            optimiser: self.text(5)?,
            learning_rate: required(self.float(6)?)?,
            batch_size: required(self.int(7)?)?,
            weight_decay: required(self.float(8)?)?,
            num_epochs: required(self.int(9)?)?,
            seed: required(self.int(10)?)?,
            status: self.nullable_text(11)?,
            best_checkpoint: self.nullable_text(12)?.map(PathBuf::from),
            val_loss: self.float(13)?,
            val_accuracy: self.float(14)?,
            train_loss: self.float(15)?,
            training_curve: curve.map(serde_json::from_slice).transpose()?,
            host: self.nullable_text(17)?,
            git_commit: self.nullable_text(18)?,
            started_at: self.time(19)?,
            completed_at: self.time(20)?,
            wallclock_seconds: self.float(21)?,
            error_excerpt: self.nullable_text(22)?,
        })
    }

    fn eight(&self, column: i32) -> Result<Option<[u8; 8]>> {
        let cell = self.answer.cell(self.row, column);
        Ok(cell.map(<[u8; 8]>::try_from).transpose()?)
    }

    pub(crate) fn int(&self, column: i32) -> Result<Option<i64>> {
        Ok(self.eight(column)?.map(i64::from_be_bytes))
    }

    pub(crate) fn float(&self, column: i32) -> Result<Option<f64>> {
        Ok(self.eight(column)?.map(f64::from_be_bytes))
    }

    pub(crate) fn time(&self, column: i32) -> Result<Option<DateTime<Utc>>> {
        let micros = self.int(column)?;
        Ok(micros.and_then(|micros| DateTime::from_timestamp_micros(micros + EPOCH)))
    }

    pub(crate) fn nullable_text(&self, column: i32) -> Result<Option<String>> {
        let cell = self.answer.cell(self.row, column);
        Ok(cell.map(str::from_utf8).transpose()?.map(str::to_owned))
    }

    pub(crate) fn text(&self, column: i32) -> Result<String> {
        required(self.nullable_text(column)?)
    }
}

pub(crate) fn required<T>(value: Option<T>) -> Result<T> {
    value.ok_or_else(|| "NULL in a place that has a value".into())
}
