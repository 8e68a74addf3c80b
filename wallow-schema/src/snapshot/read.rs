//! Reads the text of a snapshot.

use std::sync::Arc;

use super::error::{Problem, SnapshotError};
use super::{FORM, Snapshot, essence};
use crate::check;
use crate::checksum::checksum;
use crate::diagnostic::{Diagnostics, Reported};
use crate::parse;
use crate::raw;
use crate::source::{Source, Spanned};

/// Reads a snapshot; `origin` is the path that messages show.
///
/// # Errors
///
/// [`SnapshotError`] if the text was edited, was written by a newer wallow, or is not a snapshot.
pub fn from_text(text: &str, origin: &str) -> Result<Snapshot, SnapshotError> {
    let text = text.replace("\r\n", "\n");
    let error = |problem| SnapshotError::new(origin, problem);
    let (form, sum, body) = head(&text).ok_or_else(|| error(Problem::NotASnapshot))?;
    // The checksum is not checked here, because a newer format may compute it in another way.
    if form > FORM {
        return Err(error(Problem::Newer));
    }
    if checksum(body) != sum {
        return Err(error(Problem::Edited));
    }
    read(&text, origin).map_err(|problems| error(Problem::Invalid(problems)))
}

/// The format version, the checksum, and the text that it covers.
fn head(text: &str) -> Option<(u32, &str, &str)> {
    let (comment, rest) = text.split_once('\n')?;
    let (line, body) = rest.split_once('\n')?;
    let line = line.strip_prefix("# Form ")?.strip_suffix('.')?;
    let (form, sum) = line.split_once(", checksum ")?;
    comment.starts_with('#').then_some(())?;
    Some((form.parse().ok()?, sum, body))
}

fn read(text: &str, origin: &str) -> Result<Snapshot, Diagnostics> {
    let source = Arc::new(Source::new(text, origin));
    let mut out = Diagnostics::new(Arc::clone(&source));
    let snapshot = parse::snapshot(&source, &mut out).and_then(|raw| checked(&raw, &mut out));
    out.finish(snapshot)
}

fn checked(raw: &raw::Snapshot, out: &mut Diagnostics) -> Result<Snapshot, Reported> {
    let schema = check::snapshot(&raw.schema, out);
    let name = named(&raw.name, out);
    let parent = raw.parent.as_ref().map(|parent| named(parent, out));
    let checksums = raw.checksums.iter();
    Ok(Snapshot {
        name: name?,
        parent: parent.transpose()?,
        schema: essence(&schema?),
        checksums: checksums
            .map(|(path, sum)| ((*path).to_owned(), sum.clone()))
            .collect(),
    })
}

fn named<T>(written: &Spanned<String>, out: &mut Diagnostics) -> Result<T, Reported>
where
    T: std::str::FromStr<Err = crate::migration::InvalidName>,
{
    written.value.parse().map_err(|error: T::Err| {
        let problem = out.error(written.span, error.to_string());
        problem
            .help("restore the snapshot from version control")
            .reported()
    })
}
