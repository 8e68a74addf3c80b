//! The file in which a command reports its results, followed while it grows.
//!
//! What enters: lines of JSON. What leaves: values for the run, points of its curve, and what does not fit. The file is
//! opened once; a line ends with a line feed or a carriage return.

mod opened;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use wallow_runtime::dynamic::{Fields, Value};
use wallow_runtime::value::json_for;
use wallow_schema::ddl::Dialect;
use wallow_schema::{FieldType, Schema};

use super::curve::Curve;
use crate::import::result_values::{ResultLine, ResultValues};
pub(super) use values::Values;

/// How long the file is read at the end until signals are looked at again.
const PIECE: Duration = Duration::from_millis(50);

/// A line may have this many bytes.
const LONGEST: usize = 16 << 20;

/// At most this many warnings of one run are printed.
const WARNED: usize = 20;

/// The results of one attempt.
#[derive(Debug)]
pub(super) struct Results<'a> {
    schema: &'a Schema,
    /// The database that they go to.
    dialect: Dialect,
    curve_field: Option<&'a str>,
    file: File,
    /// The checksum of what was read, which shows whether the command wrote over it.
    read: Sha256,
    /// The line that has not ended yet.
    line: Vec<u8>,
    number: u64,
    /// The line is too long, and its rest is skipped.
    is_skipping: bool,
    buffer: Vec<u8>,
    values: BTreeMap<String, Value>,
    /// Whether the command has reported the field of the curve as a whole. That value is kept.
    has_own_curve: bool,
    curve: Curve,
    /// What the last write took.
    taken: BTreeMap<String, Value>,
    /// Where the file is.
    path: PathBuf,
    /// Every field that was reported.
    reported: BTreeSet<String>,
    /// Every field that was written to the run.
    written: BTreeSet<String>,
    faults: Vec<String>,
    warnings: Vec<String>,
    warned: usize,
}

impl<'a> Results<'a> {
    pub(super) fn open(
        schema: &'a Schema,
        dialect: Dialect,
        curve: Option<&'a str>,
        path: &Path,
        file: File,
    ) -> Self {
        Results {
            schema,
            dialect,
            curve_field: curve,
            file,
            read: Sha256::new(),
            line: Vec::new(),
            number: 0,
            is_skipping: false,
            buffer: vec![0; 1 << 16],
            values: BTreeMap::new(),
            has_own_curve: false,
            curve: Curve::default(),
            taken: BTreeMap::new(),
            path: path.to_path_buf(),
            reported: BTreeSet::new(),
            written: BTreeSet::new(),
            faults: Vec::new(),
            warnings: Vec::new(),
            warned: 0,
        }
    }

    /// Reads what was appended, for about this long: whoever follows a command has more to do. Returns whether everything
    /// was read.
    pub(super) fn follow(&mut self, limit: Duration) -> io::Result<bool> {
        let started = Instant::now();
        loop {
            let mut buffer = std::mem::take(&mut self.buffer);
            let read = self.file.read(&mut buffer);
            if let Ok(length) = read {
                self.read.update(&buffer[..length]);
                self.add(&buffer[..length]);
            }
            self.buffer = buffer;
            match read {
                Ok(0) => return Ok(true),
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ if started.elapsed() >= limit => return Ok(false),
                _ => {}
            }
        }
    }

    /// Reads what the file has when the command has ended, and its last line even if nothing ends it. Asks `goes_on`
    /// between pieces; returns `false` if it ended the reading.
    pub(super) fn finish(&mut self, mut goes_on: impl FnMut() -> bool) -> io::Result<bool> {
        // Something that has left the session of the command may write on and on.
        let end = self.file.metadata()?.len();
        if !(self.read_up_to(end, &mut goes_on)? && self.read_anew(&mut goes_on)?) {
            return Ok(false);
        }
        if !self.line.is_empty() || self.is_skipping {
            self.end_line();
        }
        Ok(true)
    }

    /// Reads at least up to this position, if there is so much.
    fn read_up_to(&mut self, end: u64, goes_on: &mut impl FnMut() -> bool) -> io::Result<bool> {
        while !self.follow(PIECE)? && self.file.stream_position()? < end {
            if !goes_on() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the file from its beginning if the command has replaced it, cut it or written over it, instead of appending to
    /// it. A link to another file is none of the run's.
    fn read_anew(&mut self, goes_on: &mut impl FnMut() -> bool) -> io::Result<bool> {
        use std::os::unix::fs::MetadataExt as _;

        let own = self.file.metadata()?;
        let named = match opened::opened(&self.path) {
            Ok(named) => named,
            Err(reason) => {
                let path = crate::output::display_path(&self.path);
                self.refuse(format!("`{path}` {reason}; append to it"));
                return Ok(true);
            }
        };
        let found = named.metadata()?;
        if (found.dev(), found.ino()) == (own.dev(), own.ino()) {
            match self.has_what_was_read(goes_on)? {
                None => return Ok(false),
                Some(true) => return Ok(true),
                Some(false) => self.file.seek(SeekFrom::Start(0))?,
            };
        } else {
            self.file = named;
        }
        self.read = Sha256::new();
        self.line.clear();
        self.is_skipping = false;
        self.number = 0;
        // What the file has now counts, also for points that were read before.
        self.faults.clear();
        self.values.clear();
        self.reported.clear();
        self.curve = Curve::default();
        self.has_own_curve = false;
        self.read_up_to(found.len(), goes_on)
    }

    /// Takes fields back that were written and that the file does not have any more: they become what they were `before`.
    pub(super) fn take_back(&mut self, before: impl Fn(&str) -> Value) {
        for name in self.written.difference(&self.reported) {
            self.values.insert(name.clone(), before(name));
        }
    }

    /// Whether the file still begins with all that was read of it; `None` if `goes_on` ended the reading. A file that was cut and written again may have any
    /// length. The position in the file stays.
    fn has_what_was_read(
        &mut self,
        goes_on: &mut impl FnMut() -> bool,
    ) -> io::Result<Option<bool>> {
        let length = self.file.stream_position()?;
        self.file.seek(SeekFrom::Start(0))?;
        let mut now = Sha256::new();
        let mut there = BufReader::with_capacity(1 << 16, (&self.file).take(length));
        loop {
            if !goes_on() {
                return Ok(None);
            }
            let piece = there.fill_buf()?;
            if piece.is_empty() {
                break;
            }
            now.update(piece);
            let read = piece.len();
            there.consume(read);
        }
        let is_whole = there.into_inner().limit() == 0;
        self.file.seek(SeekFrom::Start(length))?;
        let is_same = is_whole && now.finalize() == self.read.clone().finalize();
        Ok(Some(is_same))
    }

    /// The values that are not written yet, with the curve if it has grown enough, or at the end.
    pub(super) fn take(&mut self, is_end: bool) -> Option<Values> {
        let is_due = self.curve.has_grown() || is_end && self.curve.is_unwritten();
        let field = self.curve_field.filter(|_| is_due && !self.has_own_curve);
        let curve = field.map(|field| (field.to_owned(), self.curve.take()));
        if self.values.is_empty() && curve.is_none() {
            return None;
        }
        self.taken = std::mem::take(&mut self.values);
        let curves = curve.iter().map(|(field, _)| field);
        self.written
            .extend(self.taken.keys().chain(curves).cloned());
        Some(Values {
            fields: self.taken.clone().into_iter().collect(),
            curve,
        })
    }

    /// What the last write took, each value on its own with the name of its field.
    pub(super) fn taken(&self) -> Vec<(String, Fields)> {
        let taken = self.taken.iter();
        taken
            .map(|(name, value)| {
                let alone = Fields::new().with(name, value.clone());
                (name.clone(), alone)
            })
            .collect()
    }

    /// Takes back what the last write took, because it was not written. Newer values stay.
    pub(super) fn restore(&mut self) {
        self.curve.restore();
        for (name, value) in std::mem::take(&mut self.taken) {
            self.values.entry(name).or_insert(value);
        }
    }

    /// What does not fit, for the end of the run.
    pub(super) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Notes what does not fit.
    fn refuse(&mut self, reason: String) {
        self.warn(reason.clone());
        self.faults.push(reason);
    }

    /// Notes a value that the database refused: `None` is the curve. It is not written again, unlike the others of its
    /// write, if these have to be. A curve that has grown may be refused for the same reason again, which is noted once.
    pub(super) fn refuse_value(&mut self, field: Option<&str>, reason: String) {
        if let Some(field) = field {
            self.taken.remove(field);
        }
        if !self.faults.contains(&reason) {
            self.refuse(reason);
        }
    }

    /// The fields among these that were not reported.
    pub(super) fn missing(&self, required: &[String]) -> Vec<String> {
        let missing = required
            .iter()
            .filter(|name| !self.reported.contains(*name));
        missing.cloned().collect()
    }

    /// Warnings since the last call.
    pub(super) fn warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    fn add(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (content, ends) = match piece.split_last() {
                Some((b'\n' | b'\r', content)) => (content, true),
                _ => (piece, false),
            };
            if !self.is_skipping {
                self.line.extend_from_slice(content);
                if self.line.len() > LONGEST {
                    self.line = Vec::new();
                    self.is_skipping = true;
                }
            }
            if ends {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        // Empty lines do not count, so `\r\n` ends one line.
        let line = std::mem::take(&mut self.line);
        if self.is_skipping {
            self.is_skipping = false;
            self.number += 1;
            let at = self.number;
            self.refuse(format!("line {at} has more than {} MiB", LONGEST >> 20));
            return;
        }
        if line.trim_ascii().is_empty() {
            return;
        }
        self.number += 1;
        let at = self.number;
        match ResultLine::read(self.schema, &line) {
            Err(reason) => {
                let advice = match line.trim_ascii() {
                    b"{" | b"[" => "; write each object on a line of its own, without indentation",
                    _ => "",
                };
                self.refuse(format!("line {at}: {reason}{advice}"));
            }
            Ok(ResultLine::Values(values)) => self.take_values(at, values),
            Ok(ResultLine::Point(point, altered)) => {
                for note in altered {
                    self.warn(format!("line {at}: {note}"));
                }
                let Some(field) = self.curve_field else {
                    let fields = self.schema.annotating.iter();
                    let json = fields.filter(|field| field.ty == FieldType::Json).count();
                    let reason = if json == 0 {
                        "the schema has no json field for a curve"
                    } else {
                        "the schema has several json fields; name one with `--curve`"
                    };
                    self.warn(format!(
                        "line {at} is a point of a curve (it has `step`), and {reason}"
                    ));
                    return;
                };
                if self.has_own_curve {
                    return;
                }
                self.reported.insert(field.to_owned());
                if !self.curve.push(&json_for(self.dialect, &point)) {
                    self.refuse(format!("line {at}: the curve is larger than 64 MiB; the points from here on are only in the file"));
                }
            }
        }
    }

    fn take_values(&mut self, at: u64, values: ResultValues) {
        for fault in values.faults {
            self.refuse(format!("line {at}: {fault}"));
        }
        for note in values.strangers.into_iter().chain(values.alterations) {
            self.warn(format!("line {at}: {note}"));
        }
        for (name, value) in values.values {
            self.reported.insert(name.clone());
            if self.curve_field == Some(&*name) && !self.has_own_curve {
                self.has_own_curve = true;
                self.warn(format!(
                    "line {at} gives `{name}` a value of its own, which is kept: points of the curve (lines with `step`) \
                     are only in the file"
                ));
            }
            self.values.insert(name, value);
        }
    }

    fn warn(&mut self, warning: String) {
        self.warned += 1;
        match self.warned {
            ..=WARNED => self.warnings.push(warning),
            number if number == WARNED + 1 => self
                .warnings
                .push("further warnings of this run are not printed".to_owned()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
