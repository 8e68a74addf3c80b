//! The zone that the variable TZ names, as far as it can be determined.
//!
//! This check is needed because the library that reads TZ silently replaces an unknown zone.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The folders of the zone database.
const FOLDERS: [&str; 4] = [
    "/usr/share/zoneinfo",
    "/share/zoneinfo",
    "/etc/zoneinfo",
    "/usr/share/lib/zoneinfo",
];

/// A warning about the zone in TZ, if it is unknown.
pub(super) fn remark() -> Option<String> {
    if !cfg!(unix) {
        // Other systems ignore the variable.
        return None;
    }
    let name = env::var_os("TZ")?.to_string_lossy().into_owned();
    if name.is_empty() || is_known(&name) {
        return None;
    }
    let offset = chrono::Local::now().offset().to_string();
    let taken = match offset.as_str() {
        "+00:00" => "UTC".to_owned(),
        offset => format!("this machine's, now {offset}"),
    };
    Some(format!(
        "the zone `{name}` of the variable TZ is not known here, so the zone of its times is taken for {taken}; \
         write a name such as `Europe/Berlin`, or install the time zones (tzdata)"
    ))
}

fn is_known(name: &str) -> bool {
    let path = name.strip_prefix(':').unwrap_or(name);
    if path == "localtime" {
        return true;
    }
    let path = Path::new(path);
    let files: Vec<PathBuf> = if path.is_absolute() {
        vec![path.to_owned()]
    } else {
        FOLDERS
            .iter()
            .map(|folder| Path::new(folder).join(path))
            .collect()
    };
    files.iter().any(|file| is_zone(file)) || is_rule(name)
}

fn is_zone(file: &Path) -> bool {
    let mut start = [0; 4];
    let read = File::open(file).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"TZif"
}

/// Whether it is a POSIX rule, such as `CET-1` or `CET-1CEST,M3.5.0,M10.5.0/3`.
fn is_rule(name: &str) -> bool {
    let Some(rest) = behind_name(name) else {
        return false;
    };
    let offset = rest.trim_start_matches(['+', '-']);
    let is_offset = |char: char| char.is_ascii_digit() || char == ':';
    let summer = offset.trim_start_matches(is_offset);
    // Without a rule, the start of summer time is unknown.
    offset.starts_with(|char: char| char.is_ascii_digit())
        && (summer.is_empty()
            || behind_name(summer).is_some_and(|rest| rest.matches(',').count() == 2))
}

/// The text after the abbreviation of a zone.
fn behind_name(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('<') {
        return rest.split_once('>').map(|(_, rest)| rest);
    }
    let rest = text.trim_start_matches(|char: char| char.is_ascii_alphabetic());
    (text.len() - rest.len() >= 3).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_itself_what_it_is() {
        for rule in [
            "UTC0",
            "CET-1",
            "<+0330>-3:30",
            "CET-1CEST,M3.5.0,M10.5.0/3",
            "EST5EDT4,M3.2.0,M11.1.0",
        ] {
            assert!(is_rule(rule), "{rule}");
        }
        for none in [
            "Mars/Phobos",
            "CET",
            "CET-1CEST",
            "x-1",
            "Europe/Berlin",
            "",
            "<+03",
            "1",
        ] {
            assert!(!is_rule(none), "{none}");
        }
    }
}
