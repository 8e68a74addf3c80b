//! The folder of a run, and the files of an attempt in it.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use wallow_runtime::dynamic::Row;
use wallow_schema::Schema;

use crate::commands::value_as_json;

/// The files of one attempt.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) dir: PathBuf,
    /// A JSON object of the identifying fields.
    pub(super) params: PathBuf,
    /// Where the command appends its results.
    pub(super) results: PathBuf,
    out: PathBuf,
    err: PathBuf,
}

impl Folder {
    /// Creates the folder and the files that the command finds in it.
    pub(super) fn create(schema: &Schema, dir: &Path, run: &Row, attempt: i64) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        // Whatever the working directory of the command is, it finds its files.
        let dir = dir.canonicalize()?;
        let file = |ending: &str| dir.join(format!("attempt-{attempt}.{ending}"));
        let folder = Folder {
            params: file("params.json"),
            results: file("results.jsonl"),
            out: file("out"),
            err: file("err"),
            dir: dir.clone(),
        };
        let fields = schema.identifying.iter();
        let members = fields.map(|field| {
            let value = run
                .get(&field.name)
                .map_or(serde_json::Value::Null, value_as_json);
            (field.name.clone(), value)
        });
        let params = serde_json::Value::Object(members.collect());
        fs::write(&folder.params, format!("{params}\n"))?;
        File::create(&folder.results)?;
        Ok(folder)
    }

    /// The files of stdout and stderr, empty.
    pub(super) fn outputs(&self) -> io::Result<(File, File)> {
        Ok((File::create(&self.out)?, File::create(&self.err)?))
    }

    /// The last characters of stderr, at most this many.
    pub(super) fn end_of_stderr(&self, most: usize) -> String {
        end_of(&self.err, most).unwrap_or_default()
    }
}

fn end_of(path: &Path, most: usize) -> io::Result<String> {
    // A character has at most four bytes, and blanks at the end are left out.
    let bytes = u64::try_from(most * 4 + 1024).unwrap_or(u64::MAX);
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
    let mut end = Vec::new();
    file.take(bytes).read_to_end(&mut end)?;
    let text = String::from_utf8_lossy(&end);
    let text = text.trim();
    let skipped = text.chars().count().saturating_sub(most);
    Ok(text.chars().skip(skipped).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_file_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, expected) in [
            ("", ""),
            ("short\n", "short"),
            (&format!("{}last é\n", "x".repeat(100_000)), "xxxxlast é"),
        ] {
            fs::write(file.path(), text).unwrap();
            assert_eq!(end_of(file.path(), 10).unwrap(), expected);
        }
        fs::write(file.path(), [b'a', 0xff, b'b']).unwrap();
        assert_eq!(end_of(file.path(), 10).unwrap(), "a\u{fffd}b");
    }
}
