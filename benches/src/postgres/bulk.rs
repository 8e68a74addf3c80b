//! Many runs by hand: one prepared insert of a thousand runs, with each column as an array.

use std::ffi::CStr;
use std::ops::Range;

use super::PostgresFloor;
use super::libpq::Bind;
use crate::Result;
use crate::floor::uuid;
use crate::run::{Combination, Results};

/// How many runs one statement inserts, which is a transaction of its own.
const CHUNK: usize = 1000;

const INSERT: &CStr = c"insert_grid";
const ENQUEUE: &CStr = c"insert_waiting";

macro_rules! key_columns {
    () => {
        "uuid, architecture, optimiser, learning_rate, batch_size, weight_decay, num_epochs, seed"
    };
}

macro_rules! key_arrays {
    () => {
        "$1::text[], $2::text[], $3::text[], $4::float8[], $5::int8[], $6::float8[], $7::int8[], $8::int8[]"
    };
}

macro_rules! insert_time {
    () => {
        "now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'"
    };
}

pub(super) const STATEMENTS: [(&CStr, &str); 2] = [
    (
        INSERT,
        concat!(
            "INSERT INTO runs (created_at, updated_at, status, ",
            key_columns!(),
            ", host, git_commit, started_at) SELECT ",
            insert_time!(),
            ", 'running', new.* FROM unnest(",
            key_arrays!(),
            ", $9::text[], $10::text[], $11::timestamp[]) AS new",
            super::conflict!(),
        ),
    ),
    (
        ENQUEUE,
        concat!(
            "INSERT INTO runs (created_at, updated_at, status, ",
            key_columns!(),
            ") SELECT ",
            insert_time!(),
            ", 'pending', new.* FROM unnest(",
            key_arrays!(),
            ") AS new",
            super::conflict!(),
        ),
    ),
];

/// The numbers of types in the server's catalogue.
const INT8: u32 = 20;
const TEXT: u32 = 25;
const FLOAT8: u32 = 701;
const TIMESTAMP: u32 = 1114;

impl PostgresFloor {
    pub(super) fn insert_grid(&self, range: Range<usize>) -> Result<u64> {
        let mut inserted = 0;
        for chunk in chunks(range) {
            let starts = chunk.clone().map(Results::nth).collect::<Vec<_>>();
            let keys = keys(chunk.map(Combination::of_grid));
            let rest = [
                array(TEXT, starts.iter().map(|start| start.host)),
                array(TEXT, starts.iter().map(|start| start.git_commit)),
                eights(
                    TIMESTAMP,
                    starts.iter().map(|start| super::time(&start.started_at)),
                ),
            ];
            let mut binds = keys.into_iter().chain(rest);
            let binds: [Bind<'_>; 11] = std::array::from_fn(|_| binds.next().unwrap_or(Bind::Null));
            inserted += self.connection.run(INSERT, &binds)?.written()?;
        }
        Ok(inserted)
    }

    pub(super) fn insert_waiting(&self, range: Range<usize>) -> Result<u64> {
        let mut inserted = 0;
        for chunk in chunks(range) {
            let keys = keys(chunk.map(Combination::to_enqueue));
            inserted += self.connection.run(ENQUEUE, &keys)?.written()?;
        }
        Ok(inserted)
    }
}

fn chunks(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(CHUNK)
        .map(move |start| start..end.min(start + CHUNK))
}

/// New uuids, and the columns of keys.
fn keys(keys: impl Iterator<Item = Combination>) -> [Bind<'static>; 8] {
    let keys = keys.collect::<Vec<_>>();
    let texts = |text: fn(&Combination) -> &'static str| array(TEXT, keys.iter().map(text));
    let ints =
        |int: fn(&Combination) -> i64| eights(INT8, keys.iter().map(|key| super::int(int(key))));
    let floats = |float: fn(&Combination) -> f64| {
        eights(FLOAT8, keys.iter().map(|key| super::float(float(key))))
    };
    [
        array(TEXT, keys.iter().map(|_| uuid())),
        texts(|key| key.architecture),
        texts(|key| key.optimiser),
        floats(|key| key.learning_rate),
        ints(|key| key.batch_size),
        floats(|key| key.weight_decay),
        ints(|key| key.num_epochs),
        ints(|key| key.seed),
    ]
}

fn eights<'b>(kind: u32, items: impl ExactSizeIterator<Item = Bind<'b>>) -> Bind<'static> {
    array(
        kind,
        items.map(|bind| match bind {
            Bind::Eight(bytes) => bytes,
            _ => [0; 8],
        }),
    )
}

/// The binary form of an array: one dimension, no NULL, the type, the number of items, the first index, and each item
/// after its length.
fn array(kind: u32, items: impl ExactSizeIterator<Item = impl AsRef<[u8]>>) -> Bind<'static> {
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = Vec::with_capacity(20 + items.len() * 16);
    for head in [1, 0, kind] {
        bytes.extend(head.to_be_bytes());
    }
    bytes.extend(number(items.len()));
    bytes.extend(1_u32.to_be_bytes());
    for item in items {
        let item = item.as_ref();
        bytes.extend(number(item.len()));
        bytes.extend(item);
    }
    Bind::Bytes(bytes)
}
