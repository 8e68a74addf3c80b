//! Records of Parquet and Arrow files.
//!
//! The crates that read these formats trust their input: one wrong byte can make them panic, or request more memory
//! than there is, which aborts the process. So the file is read in another process: this same program, with a limit on
//! its memory. Whatever happens to it is an error here.

mod cells;
mod child;
mod expect;
mod format;
mod frames;
mod reader;

use std::env;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

pub(crate) use self::child::serve;
pub(crate) use self::format::Format;
use self::frames::Frame;
use super::mapping::Mapping;
use super::{Location, Record, RecordError, Records, unreadable};
use crate::output::Failure;

/// A file that another process reads.
struct Rows {
    path: PathBuf,
    child: Process,
    names: Vec<Arc<str>>,
    number: u64,
    bytes: Vec<u8>,
    ended: bool,
}

/// A process that is killed when it is no longer needed.
struct Process {
    child: Child,
    out: BufReader<ChildStdout>,
}

pub(super) fn open(path: &Path, format: Format, mapping: &mut Mapping) -> Result<Records, Failure> {
    let wrong = |reason: String| unreadable(path, reason);
    let metadata = path.metadata().map_err(|error| wrong(error.to_string()))?;
    if !metadata.is_file() {
        return Err(wrong(
            "it is no file, and this format is not read in one go".into(),
        ));
    }
    expect::expect(path, format)?;
    let mut bytes = Vec::new();
    let mut child = Process::start(path, format).map_err(|error| {
        wrong(format!(
            "the process that reads it cannot be started: {error}"
        ))
    })?;
    let names = match Frame::read(&mut child.out, &mut bytes) {
        Ok(Frame::Header(names)) => names,
        Ok(Frame::Wrong(reason)) => return Err(wrong(reason)),
        _ => return Err(wrong(damaged())),
    };
    let names = names.into_iter().map(Arc::from).collect::<Vec<Arc<str>>>();
    let is_wanted = mapping.header(&path.display().to_string(), &names)?;
    let wanted = (0..names.len()).filter(|&column| is_wanted[column]);
    let wanted = wanted.collect::<Vec<_>>();
    let names = wanted.iter().map(|&column| Arc::clone(&names[column]));
    let names = names.collect();
    if let Some(mut stdin) = child.child.stdin.take() {
        let asked = Frame::Wanted(wanted).write(&mut stdin, &mut bytes);
        asked.map_err(|_| wrong(damaged()))?;
    }
    Ok(Box::new(Rows {
        path: path.to_owned(),
        child,
        names,
        number: 0,
        bytes,
        ended: false,
    }))
}

impl Process {
    fn start(path: &Path, format: Format) -> io::Result<Self> {
        // This is the running program, even if its file has been replaced since it started.
        let this = Path::new("/proc/self/exe");
        let program = if this.exists() {
            this.to_owned()
        } else {
            env::current_exe()?
        };
        let mut child = Command::new(program)
            .args([child::WORD, format.word()])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let out = BufReader::with_capacity(1 << 16, out);
        Ok(Process { child, out })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Iterator for Rows {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let reason = match Frame::read(&mut self.child.out, &mut self.bytes) {
            Ok(Frame::Row(cells)) => {
                self.number += 1;
                return Some(Ok(Record {
                    within: Vec::new(),
                    at: Location::Row(self.number),
                    values: self.names.iter().cloned().zip(cells).collect(),
                    status: None,
                }));
            }
            Ok(Frame::End) => {
                self.ended = true;
                return None;
            }
            Ok(Frame::Wrong(reason)) => reason,
            _ => damaged(),
        };
        self.ended = true;
        Some(Err(RecordError::End(unreadable(&self.path, reason))))
    }
}

/// What is known about a process that ended unexpectedly.
fn damaged() -> String {
    format!(
        "it is damaged, or reading it takes more than {} GiB of memory (smaller batches or row groups take less)",
        child::MEMORY >> 30
    )
}
