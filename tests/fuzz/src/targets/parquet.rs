//! Parquet files, damaged.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringDictionaryBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    StructArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use wallow_cli::fuzzing::Format;

use super::readers;
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "parquet",
    about: "Parquet files with wrong bytes in them",
    words: &[
        "PAR1",
        "\x15\x02",
        "\x19\x1c",
        "\0\0\0\0",
        "\x7f\u{7f}\u{7f}",
    ],
    seeds: || samples().to_vec(),
    generate: |random| damaged(random, samples()),
    check,
    in_tests: 60,
};

/// Rows with every common kind of column.
pub(super) fn batch() -> Option<RecordBatch> {
    let rows = 0..12;
    let mut models = StringDictionaryBuilder::<Int32Type>::new();
    let mut curves = ListBuilder::new(arrow_array::builder::Float64Builder::new());
    for row in rows.clone() {
        models.append_value(["mlp", "cnn", "naïve 🐷"][row % 3]);
        curves.values().append_value([0.5, f64::NAN, -0.0][row % 3]);
        curves.values().append_option((row % 2 == 0).then_some(0.1));
        curves.append(row % 5 > 0);
    }
    let int = |row: usize| i64::try_from(row).unwrap_or_default();
    let small = |row: usize| f64::from(u32::try_from(row).unwrap_or_default());
    let meta = StructArray::from(vec![(
        Arc::new(Field::new("count", DataType::UInt64, true)),
        Arc::new(
            rows.clone()
                .map(|row| Some(u64::MAX - row as u64))
                .collect::<UInt64Array>(),
        ) as ArrayRef,
    )]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("model", Arc::new(models.finish())),
        (
            "rate",
            Arc::new(
                rows.clone()
                    .map(|row| Some(0.1 / small(row + 1)))
                    .collect::<Float64Array>(),
            ),
        ),
        (
            "seed",
            Arc::new(
                rows.clone()
                    .map(|row| Some(int(row)))
                    .collect::<Int64Array>(),
            ),
        ),
        (
            "warm",
            Arc::new(
                rows.clone()
                    .map(|row| Some(row % 2 == 0))
                    .collect::<BooleanArray>(),
            ),
        ),
        (
            "loss",
            Arc::new(
                rows.clone()
                    .map(|row| (row % 4 > 0).then_some(0.25))
                    .collect::<Float32Array>(),
            ),
        ),
        ("curve", Arc::new(curves.finish())),
        (
            "place",
            Arc::new(
                rows.clone()
                    .map(|row| (row % 3 > 0).then(|| format!("/data/{row}")))
                    .collect::<StringArray>(),
            ),
        ),
        (
            "seen_at",
            Arc::new(
                rows.map(|row| Some(1_710_037_800_000_000_001 * int(row % 5)))
                    .collect::<TimestampNanosecondArray>(),
            ),
        ),
        ("note", Arc::new(meta)),
    ];
    RecordBatch::try_from_iter(columns).ok()
}

fn samples() -> &'static [Vec<u8>] {
    static SAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(|| {
        let kinds = [
            (Compression::UNCOMPRESSED, false),
            (Compression::SNAPPY, true),
            (Compression::ZSTD(ZstdLevel::default()), true),
        ];
        kinds
            .into_iter()
            .filter_map(|(compression, dictionary)| write(compression, dictionary))
            .collect()
    })
}

fn write(compression: Compression, dictionary: bool) -> Option<Vec<u8>> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_dictionary_enabled(dictionary)
        .build();
    let (batch, mut bytes) = (batch()?, Vec::new());
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).ok()?;
    writer.write(&batch).ok()?;
    writer.close().ok()?;
    Some(bytes)
}

/// A whole file with a few wrong bytes, often at its end, which describes its layout.
pub(super) fn damaged(random: &mut Random, samples: &[Vec<u8>]) -> Vec<u8> {
    let Some(sample) = samples.get(random.below(samples.len())) else {
        return Vec::new();
    };
    let mut bytes = sample.clone();
    for _ in 0..=random.below(4) {
        let near = bytes.len().min(1500);
        let place = match random.below(2) {
            0 => bytes.len() - near + random.below(near),
            _ => random.below(bytes.len()),
        };
        let end = (place + 1 + random.below(8)).min(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(place),
            1 => drop(bytes.drain(place..end)),
            2 => {
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
            3 => bytes[place..end].fill(0xff),
            4 => bytes[place..end].fill(0),
            _ => {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    bytes
}

fn check(input: &[u8]) -> String {
    let read = readers::read(Format::Parquet, input);
    if samples().iter().any(|sample| sample == input) {
        let is_whole = read.records.iter().all(|(_, read)| read.is_ok());
        assert!(is_whole && read.records.len() == 12, "{read:?}");
    }
    readers::check(&read);
    readers::answer(&read)
}
