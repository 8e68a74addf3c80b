//! The process that reads a file in a columnar format.
//!
//! What enters: a path as argument, and on standard input the columns that are wanted. What leaves: frames on standard
//! output. However it ends, the parent process continues: a panic is caught here, and a failed allocation ends only
//! this process.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write as _};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use super::format::Format;
use super::frames::Frame;
use super::reader::{Table, Wrong};

/// The hidden argument that starts this process; no person types it.
pub(super) const WORD: &str = "__read-table";

/// The memory limit of this process: a damaged file must not exhaust the memory of the machine.
pub(super) const MEMORY: u64 = 4 << 30;

/// Reads files, one after the other, if this process was started for that.
pub(crate) fn serve(mut args: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    if args.nth(1)? != WORD {
        return None;
    }
    let format = args.next();
    let format = format
        .as_deref()
        .and_then(|word| Format::of_word(word.to_str()?));
    let Some(format) = format else {
        return Some(ExitCode::from(2));
    };
    limit();
    panic::set_hook(Box::new(note));
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut bytes = Vec::new();
    for path in args {
        let read = panic::catch_unwind(AssertUnwindSafe(|| {
            read(Path::new(&path), format, &mut out, &mut bytes)
        }));
        let last = match read {
            Ok(Ok(())) => Frame::End,
            Ok(Err(Wrong::File(reason))) => Frame::Wrong(reason),
            Ok(Err(Wrong::Gone)) => return Some(ExitCode::FAILURE),
            Err(_) => Frame::Wrong(damaged()),
        };
        let sent = last.write(&mut out, &mut bytes).and_then(|()| out.flush());
        if sent.is_err() {
            return Some(ExitCode::FAILURE);
        }
    }
    Some(ExitCode::SUCCESS)
}

fn read(
    path: &Path,
    format: Format,
    out: &mut BufWriter<io::StdoutLock<'_>>,
    bytes: &mut Vec<u8>,
) -> Result<(), Wrong> {
    let table = Table::open(path, format)?;
    let header = Frame::Header(table.names.clone());
    let sent = header.write(out, bytes).and_then(|()| out.flush());
    sent.map_err(|_| Wrong::Gone)?;
    let wanted = Frame::read(&mut io::stdin().lock(), bytes).map_err(|_| Wrong::Gone)?;
    let Frame::Wanted(wanted) = wanted else {
        return Err(Wrong::Gone);
    };
    table.read(&wanted, &mut |cells| Frame::Row(cells).write(out, bytes))
}

/// The place of the last panic in the code of this crate.
static OWN: Mutex<Option<String>> = Mutex::new(None);

/// The crates that read these formats are known to panic on damaged files. A panic in the code of this crate is a bug,
/// and should be reported.
fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    let own = place.filter(|place| place.contains("wallow-cli"));
    *OWN.lock().unwrap_or_else(PoisonError::into_inner) = own;
}

fn damaged() -> String {
    match OWN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        None => "it is damaged".into(),
        Some(place) => {
            format!("it is damaged in a way that wallow did not expect ({place}); please report it")
        }
    }
}

/// Limits the memory of this process, if the system supports that.
fn limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        for (resource, limit) in [(Resource::As, MEMORY), (Resource::Core, 0)] {
            let maximum = getrlimit(resource).maximum;
            let current = Some(maximum.map_or(limit, |maximum| maximum.min(limit)));
            // If the limit cannot be set, the file is read nevertheless.
            let _ = setrlimit(resource, Rlimit { current, maximum });
        }
    }
}
