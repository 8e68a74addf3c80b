//! The logs of attempts. A request names a run and a number; the path is made here, from the layout of the schema.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use wallow_runtime::dynamic::{self, Row};

use super::Shown;
use super::answer::{Answer, Refusal};
use super::parameters::Parameters;
use crate::artefacts::AttemptNames;
use crate::open::look_up;
use crate::output;
use crate::page;

/// At most this many bytes of the end of a log are sent.
const TAIL: u64 = 64 * 1024;

/// The numbers of more attempts are not tried.
const ATTEMPTS: i64 = 100;

/// The two outputs of a command.
const STREAMS: [&str; 2] = ["out", "err"];

/// The attempts at a run: those of the history, or if the schema keeps none, those whose logs are on this machine.
pub(super) fn attempts(shown: &Shown, row: &Row) -> Result<Vec<Json>, Refusal> {
    let store = &shown.reading.store;
    if store.schema().project.attempts {
        let condition = dynamic::parse(store.schema(), &format!("uuid == \"{}\"", row.uuid()))?;
        let found = page::attempts::of(store, condition)?;
        // Those that cannot be read are reported where the server was started.
        let reasons = found.damaged.reasons();
        reasons.for_each(|error| output::warning(&error.to_string()));
        return Ok(found.by_run.into_values().flatten().collect());
    }
    Ok(with_logs(shown, row))
}

fn with_logs(shown: &Shown, row: &Row) -> Vec<Json> {
    let Some(folder) = folder(shown, row) else {
        return Vec::new();
    };
    let names = AttemptNames::of(shown.reading.store.schema(), row);
    let has_log = |attempt: &i64| {
        let names = STREAMS.iter().map(|stream| names.name(*attempt, stream));
        let mut files = names.map(|name| folder.join(name));
        files.any(|path| path.is_file())
    };
    let found = (1..=ATTEMPTS).filter(has_log);
    found
        .map(|attempt| json!({ "attempt": attempt, "outcome": "–" }))
        .collect()
}

/// The end of a log; `text` is null if there is none.
pub(super) fn log(shown: &Shown, parameters: &Parameters) -> Result<Answer, Refusal> {
    let wrong = || Refusal::request("the parameter `attempt` has to be a number from 1 on");
    let attempt = parameters
        .required("attempt")?
        .parse()
        .map_err(|_| wrong())?;
    if attempt < 1 {
        return Err(wrong());
    }
    let stream = parameters.required("stream")?;
    if !STREAMS.contains(&stream) {
        return Err(Refusal::request("the parameter `stream` is `out` or `err`"));
    }
    let row = look_up(&shown.reading.store, parameters.required("run")?)?;
    let file = row.and_then(|row| {
        let names = AttemptNames::of(shown.reading.store.schema(), &row);
        Some(folder(shown, &row)?.join(names.name(attempt, stream)))
    });
    let end = file.and_then(|file| end(&file).ok());
    let (text, is_cut) = end.map_or((None, false), |(text, is_cut)| (Some(text), is_cut));
    Ok(Answer::json(&json!({ "text": text, "isCut": is_cut })))
}

fn folder(shown: &Shown, row: &Row) -> Option<PathBuf> {
    let folder = shown
        .reading
        .store
        .artefacts_dir(&shown.artefacts, row)
        .ok()?;
    // A folder that is a link may lead anywhere.
    let is_folder = folder
        .symlink_metadata()
        .is_ok_and(|folder| folder.is_dir());
    is_folder.then_some(folder)
}

/// The last bytes of a file as text, and whether there are more. A link is no log: the command of a run may have made
/// it.
fn end(path: &Path) -> io::Result<(String, bool)> {
    if !path.symlink_metadata()?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), from > 0))
}
