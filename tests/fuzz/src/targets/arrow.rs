//! Arrow files and streams, damaged.

use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use wallow_cli::fuzzing::Format;

use super::parquet::{batch, damaged};
use super::readers;
use crate::Target;

pub(super) const TARGET: Target = Target {
    name: "arrow",
    about: "Arrow files and streams with wrong bytes in them",
    words: &["ARROW1", "\0\0\0\0", "\x7f\u{7f}\u{7f}", "FEA1"],
    seeds: || samples().to_vec(),
    generate: |random| damaged(random, samples()),
    check,
    in_tests: 60,
};

fn samples() -> &'static [Vec<u8>] {
    static SAMPLES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(|| {
        let kinds = [
            None,
            Some(CompressionType::LZ4_FRAME),
            Some(CompressionType::ZSTD),
        ];
        kinds.into_iter().filter_map(file).chain(stream()).collect()
    })
}

fn file(compression: Option<CompressionType>) -> Option<Vec<u8>> {
    let options = IpcWriteOptions::default()
        .try_with_compression(compression)
        .ok()?;
    let (batch, mut bytes) = (batch()?, Vec::new());
    let mut writer = FileWriter::try_new_with_options(&mut bytes, &batch.schema(), options).ok()?;
    writer.write(&batch).ok()?;
    writer.finish().ok()?;
    drop(writer);
    Some(bytes)
}

fn stream() -> Option<Vec<u8>> {
    let (batch, mut bytes) = (batch()?, Vec::new());
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).ok()?;
    writer.write(&batch).ok()?;
    writer.finish().ok()?;
    drop(writer);
    Some(bytes)
}

fn check(input: &[u8]) -> String {
    let read = readers::read(Format::Arrow, input);
    if samples().iter().any(|sample| sample == input) {
        let is_whole = read.records.iter().all(|(_, read)| read.is_ok());
        assert!(is_whole && read.records.len() == 12, "{read:?}");
    }
    readers::check(&read);
    readers::answer(&read)
}
