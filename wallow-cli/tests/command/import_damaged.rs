//! Columnar files with wrong bytes in them: each gives an error, never a panic, an abort or output of these.

use std::fs;
use std::io::{BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringDictionaryBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::import_columnar::project;

/// This many files of each kind are damaged, and this many of these are imported with the whole command.
const FILES: u64 = 1000;
const IMPORTED: usize = 25;

/// One process reads this many files.
const AT_ONCE: usize = 50;

fn batch() -> RecordBatch {
    let rows = 0..40_i64;
    let mut lists = ListBuilder::new(arrow_array::builder::Float64Builder::new());
    let mut tags = StringDictionaryBuilder::<Int32Type>::new();
    for row in rows.clone() {
        lists.append_value((0..row % 4).map(|item| (item > 0).then_some(0.5)));
        tags.append_option((row % 3 > 0).then_some(if row % 2 > 0 { "x" } else { "yy" }));
    }
    let texts = rows.clone().map(|row| format!("model {}", row % 7));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("model", Arc::new(texts.map(Some).collect::<StringArray>())),
        (
            "decay",
            Arc::new(rows.clone().map(|_| Some(0.5)).collect::<Float64Array>()),
        ),
        (
            "seed",
            Arc::new(rows.clone().map(Some).collect::<Int64Array>()),
        ),
        (
            "loss",
            Arc::new(
                rows.clone()
                    .map(|row| (row % 5 > 0).then_some(0.1))
                    .collect::<Float64Array>(),
            ),
        ),
        ("curve", Arc::new(lists.finish())),
        (
            "seen_at",
            Arc::new(
                rows.clone()
                    .map(Some)
                    .collect::<TimestampMicrosecondArray>(),
            ),
        ),
        ("note", Arc::new(tags.finish())),
        (
            "done",
            Arc::new(rows.map(|row| Some(row > 3)).collect::<BooleanArray>()),
        ),
    ];
    let columns = columns
        .into_iter()
        .map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn parquet(compression: Compression, plain: bool) -> Vec<u8> {
    let mut properties = WriterProperties::builder().set_compression(compression);
    if plain {
        properties = properties
            .set_dictionary_enabled(false)
            .set_encoding(Encoding::PLAIN);
    }
    let (batch, mut bytes) = (batch(), Vec::new());
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn arrow(compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default()
        .try_with_compression(compression)
        .unwrap();
    let (batch, mut bytes) = (batch(), Vec::new());
    let mut writer =
        FileWriter::try_new_with_options(&mut bytes, &batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Random numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end.max(1)
    }

    /// A position in a file: half of the time near its end, where its layout is described.
    fn place(&mut self, length: usize) -> usize {
        let near = length.min(2000);
        match self.below(2) {
            0 => length - near + self.below(near),
            _ => self.below(length),
        }
    }

    /// A file with one or several kinds of damage.
    fn damaged(&mut self, whole: &[u8]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        for _ in 0..=self.below(4) {
            let place = self.place(bytes.len());
            match self.below(10) {
                0 => bytes.truncate(place),
                1 => {
                    let end = (place + 1 + self.below(16)).min(bytes.len());
                    bytes.drain(place..end);
                }
                2 => {
                    let more = (0..=self.below(16)).map(|_| u8::try_from(self.below(256)).unwrap());
                    let more = more.collect::<Vec<_>>();
                    bytes.splice(place..place, more);
                }
                3 | 4 => {
                    let extreme = [
                        &b"\xff\xff\xff\xff"[..],
                        b"\xff\xff\xff\x7f",
                        b"\0\0\0\x80",
                        b"\0\0\0\0",
                        b"\0\0\0\0\0\x01",
                    ];
                    let extreme = extreme[self.below(extreme.len())];
                    let end = (place + extreme.len()).min(bytes.len());
                    bytes[place..end].copy_from_slice(&extreme[..end - place]);
                }
                5 => bytes[place] = 0xff,
                _ => bytes[place] ^= 1 << self.below(8),
            }
            if bytes.is_empty() {
                break;
            }
        }
        bytes
    }
}

/// The process in which the command reads files, used as the command uses it.
struct Reader {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Reader {
    fn start(format: &str, paths: &[PathBuf]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wallow"))
            .args(["__read-table", format])
            .args(paths)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Reader {
            child,
            stdin,
            stdout: BufReader::new(stdout),
        }
    }

    fn frame(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 8];
        self.stdout.read_exact(&mut length).ok()?;
        let mut frame = vec![0; usize::try_from(u64::from_le_bytes(length)).unwrap()];
        self.stdout.read_exact(&mut frame).ok()?;
        Some(frame)
    }

    /// Reads all columns of one file; returns whether the process still runs.
    fn reads(&mut self) -> bool {
        loop {
            let Some(frame) = self.frame() else {
                return false;
            };
            match frame[0] {
                0 => {
                    let (mut rest, mut columns) = (&frame[1..], 0_u64);
                    while let Some((length, behind)) = rest.split_first_chunk::<8>() {
                        rest = &behind[usize::try_from(u64::from_le_bytes(*length)).unwrap()..];
                        columns += 1;
                    }
                    let mut wanted = vec![1];
                    wanted.extend((0..columns).flat_map(u64::to_le_bytes));
                    let length = u64::try_from(wanted.len()).unwrap().to_le_bytes();
                    // It may have ended already.
                    let _ = self.stdin.write_all(&[&length[..], &wanted].concat());
                }
                2 => {}
                _ => return true,
            }
        }
    }
}

/// Reads every file, and returns those with which a process ended.
fn read_all(format: &str, mut paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut fatal = Vec::new();
    while !paths.is_empty() {
        let some = &paths[..paths.len().min(AT_ONCE)];
        let mut reader = Reader::start(format, some);
        let read = some.iter().take_while(|_| reader.reads()).count();
        reader.child.kill().unwrap();
        reader.child.wait().unwrap();
        if read < some.len() {
            fatal.push(some[read].clone());
            paths = &paths[read + 1..];
        } else {
            paths = &paths[read..];
        }
    }
    fatal
}

fn damage(kind: &str, format: &str, ending: &str, whole: &[u8]) {
    let project = project();
    let path = |name: &str| project.path(&format!("{name}.{ending}"));
    fs::write(path("whole"), whole).unwrap();
    let said = project
        .wallow(&format!("import --from whole.{ending} --dry-run"))
        .succeeds();
    assert!(said.starts_with("40 inserted"), "{said}");
    let write = |number: u64| {
        let path = path(&number.to_string());
        fs::write(
            &path,
            Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).damaged(whole),
        )
        .unwrap();
        path
    };
    let paths = (1..=FILES).map(write).collect::<Vec<_>>();
    let mut chosen = read_all(format, &paths);
    assert!(
        chosen.len() < paths.len() / 4,
        "{kind}: {} of {} ended the process",
        chosen.len(),
        paths.len()
    );
    chosen.truncate(IMPORTED);
    chosen.extend_from_slice(&paths[..IMPORTED]);
    for path in chosen {
        let answer = project.wallow(&format!("import --from {} --dry-run", path.display()));
        let said = format!("{}{}", answer.stdout, answer.stderr);
        assert!(
            !said.contains("panicked") && !said.contains("memory allocation"),
            "{kind}: {said}"
        );
        if answer.stderr.is_empty() {
            answer.succeeds();
        } else {
            answer.refuses();
        }
    }
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "0");
}

#[test]
fn damaged_parquet_files_are_errors() {
    damage(
        "snappy",
        "parquet",
        "parquet",
        &parquet(Compression::SNAPPY, false),
    );
    damage(
        "plain",
        "parquet",
        "parquet",
        &parquet(Compression::UNCOMPRESSED, true),
    );
    damage(
        "zstd",
        "parquet",
        "parquet",
        &parquet(Compression::ZSTD(ZstdLevel::default()), false),
    );
}

#[test]
fn damaged_arrow_files_are_errors() {
    damage("plain", "arrow", "arrow", &arrow(None));
    damage(
        "zstd",
        "arrow",
        "arrow",
        &arrow(Some(CompressionType::ZSTD)),
    );
}

#[test]
fn damaged_feather_files_are_errors() {
    damage(
        "lz4",
        "arrow",
        "feather",
        &arrow(Some(CompressionType::LZ4_FRAME)),
    );
}
