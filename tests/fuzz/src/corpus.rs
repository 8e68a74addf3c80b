//! Inputs that failed once, as files: `corpus/<target>/<checksum>`.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

/// An input and its file.
pub type Entry = (PathBuf, Vec<u8>);

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target)
}

/// The inputs of a target, in the order of their names; none if it has no folder.
///
/// # Errors
/// If a file cannot be read.
pub fn load(target: &str) -> io::Result<Vec<Entry>> {
    let entries = match fs::read_dir(folder(target)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    let read = |path: PathBuf| Ok((path.clone(), fs::read(path)?));
    paths.into_iter().map(read).collect()
}

/// Adds an input, and returns its file.
///
/// # Errors
/// If it cannot be written.
pub fn save(target: &str, input: &[u8]) -> io::Result<PathBuf> {
    let mut sum = DefaultHasher::new();
    input.hash(&mut sum);
    let folder = folder(target);
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{:016x}", sum.finish()));
    fs::write(&path, input)?;
    Ok(path)
}
