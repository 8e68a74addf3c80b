//! The program of a command: where it is, and whether the system can execute it.
//!
//! What enters: the first word of a command. What leaves: its path, or what is wrong with it. It is looked at before
//! anything is claimed, because otherwise every run would fail. A file that the system does not know is refused here, too:
//! the C library would have a shell execute it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::output::{Failure, display_path, visible};

/// The longest first line with an interpreter that Linux reads.
const FIRST_LINE: usize = 256;

/// The program that a name means.
///
/// # Errors
/// With status 2, if there is none, or if it cannot be executed.
pub(crate) fn find(program: &OsStr) -> Result<PathBuf, Failure> {
    let path = Path::new(program);
    if !path.exists()
        && let Some(reason) = slip(&program.to_string_lossy())
    {
        return Err(Failure::usage(reason));
    }
    if path.components().count() > 1 || path.is_absolute() {
        // The command has the working directory of this process.
        return match obstacle(path) {
            None => Ok(path.to_path_buf()),
            Some(reason) => Err(Failure::usage(reason)),
        };
    }
    let name = display_path(path);
    let found = in_path(path).ok_or_else(|| {
        Failure::usage(format!(
            "there is no program `{name}` in the folders of PATH; give its path, such as `./{name}`"
        ))
    })?;
    match obstacle(&found) {
        None => Ok(found),
        Some(reason) => Err(Failure::usage(reason)),
    }
}

/// What a person has probably meant by a program that cannot have this name.
fn slip(program: &str) -> Option<String> {
    let name = visible(program);
    if program.trim().is_empty() {
        return Some("the program is an empty word; write its name behind `--`".to_owned());
    }
    if program.starts_with('{') {
        return Some(format!(
            "`{name}` stands where the program is named, which is the same for every run; write the program in front, such as \
             `-- python3 train.py {name}`"
        ));
    }
    program.contains(char::is_whitespace).then(|| {
        format!(
            "there is no program `{name}`; if these are a program and its arguments, write them as separate words, without \
             the quotes around all of them: `-- {name}`"
        )
    })
}

/// The program of this name in the folders of PATH.
fn in_path(name: &Path) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&folders).map(|folder| folder.join(name));
    found.find(|path| path.is_file() && is_executable(path))
}

/// Why the system refuses a program, in words that lead out; `error` is what it says.
pub(super) fn refusal(program: &Path, error: &io::Error) -> String {
    obstacle(program).unwrap_or_else(|| format!("`{}`: {error}", display_path(program)))
}

/// What keeps the system from executing a file, as far as the file itself tells.
fn obstacle(path: &Path) -> Option<String> {
    let name = display_path(path);
    if path.is_dir() {
        return Some(format!(
            "`{name}` is a folder; name the program that is to be executed"
        ));
    }
    if !path.is_file() {
        return Some(format!("there is no program `{name}`"));
    }
    if !is_executable(path) {
        return Some(format!(
            "`{name}` may not be executed; make it executable with `chmod +x {name}`, or name its interpreter first: {}",
            by_interpreter(path)
        ));
    }
    // A program that may be executed but not read is none that needs an interpreter.
    let head = head(path).ok()?;
    if let Some(line) = head.strip_prefix(b"#!") {
        return interpreter_obstacle(path, line);
    }
    if is_text(&head) {
        return Some(format!(
            "`{name}` does not say what executes it: its first line does not begin with `#!`; add such a line \
             (`#!/usr/bin/env python3`, for example), or name the interpreter first: {}",
            by_interpreter(path)
        ));
    }
    #[cfg(target_os = "linux")]
    if elf::is_for_another_machine(&head) {
        return Some(format!(
            "`{name}` is a program for another kind of machine; build it for this one"
        ));
    }
    None
}

/// What is wrong with the line behind `#!`.
fn interpreter_obstacle(script: &Path, line: &[u8]) -> Option<String> {
    let name = display_path(script);
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    if line.ends_with('\r') {
        return Some(format!(
            "`{name}` has the line ends of Windows, and the system takes them for a part of the interpreter's name; write \
             them as line feeds: `sed -i 's/\\r$//' {name}`"
        ));
    }
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    let interpreter = words.next().unwrap_or_default();
    let path = Path::new(interpreter);
    let correct = format!(
        "correct that line, or name the interpreter first: {}",
        by_interpreter(script)
    );
    let interpreter = visible(interpreter);
    if !path.is_file() {
        return Some(format!(
            "the interpreter `{interpreter}`, which the first line of `{name}` names, does not exist; {correct}"
        ));
    }
    if !is_executable(path) {
        return Some(format!(
            "the interpreter `{interpreter}`, which the first line of `{name}` names, may not be executed; {correct}"
        ));
    }
    if path.file_name() != Some(OsStr::new("env")) {
        return None;
    }
    let called = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
    let is_there = called.contains('/') || in_path(Path::new(called)).is_some();
    (!is_there).then(|| {
        format!(
            "the first line of `{name}` asks for `{}`, and no folder of PATH has that program; {correct}",
            visible(called)
        )
    })
}

/// The command with an interpreter in front, for a message.
fn by_interpreter(script: &Path) -> String {
    let interpreter = match script.extension().and_then(OsStr::to_str) {
        Some("py") => "python3",
        Some("R" | "r") => "Rscript",
        Some("jl") => "julia",
        Some("pl") => "perl",
        Some("rb") => "ruby",
        Some("js") => "node",
        Some("sh") => "sh",
        _ => "INTERPRETER",
    };
    format!("`-- {interpreter} {}`", display_path(script))
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let limit = u64::try_from(FIRST_LINE).unwrap_or(u64::MAX);
    File::open(path)?.take(limit).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether a file is empty or begins like a text.
fn is_text(head: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    !head.iter().any(is_control)
}

/// Whether anybody may execute a file.
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = path.metadata().map(|data| data.permissions().mode());
    mode.is_ok_and(|mode| mode & 0o111 != 0)
}

#[cfg(target_os = "linux")]
mod elf {
    use std::fs;
    use std::path::Path;

    /// Where the header has the kind of machine.
    const MACHINE: std::ops::Range<usize> = 18..20;

    /// The number of Intel's 32-bit machines, whose programs most 64-bit ones execute.
    const I386: [u8; 2] = [3, 0];

    /// Whether a program is for another kind of machine than this one, and nothing executes such programs here.
    pub(super) fn is_for_another_machine(head: &[u8]) -> bool {
        let own = super::head(Path::new("/proc/self/exe"));
        let (Some(other), Some(own)) = (machine(head), own.ok().as_deref().and_then(machine))
        else {
            return false;
        };
        // An emulator that is registered with the kernel executes them.
        let emulators = fs::read_dir("/proc/sys/fs/binfmt_misc")
            .into_iter()
            .flatten();
        let mut names = emulators.flatten().map(|entry| entry.file_name());
        other != own && other != I386 && !names.any(|name| name != "register" && name != "status")
    }

    fn machine(head: &[u8]) -> Option<[u8; 2]> {
        let is_elf = head.starts_with(b"\x7fELF");
        let machine = head.get(MACHINE).filter(|_| is_elf)?;
        machine.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// What is said of a file with this content and mode.
    fn said(name: &str, content: &[u8], mode: u32) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let place = format!("{}/", folder.path().display());
        obstacle(&path).unwrap_or_default().replace(&place, "")
    }

    #[test]
    fn a_file_that_cannot_be_executed_says_why() {
        for (name, content, mode, expected) in [
            ("run", &b"#!/bin/sh\n"[..], 0o755, ""),
            ("run", b"#! /bin/sh -e\n", 0o755, ""),
            ("run", b"#!/usr/bin/env -S sh -e\n", 0o755, ""),
            ("run", b"\x7fELF\x02\x01\x01\0", 0o755, ""),
            (
                "run.py",
                b"print(1)",
                0o644,
                "`run.py` may not be executed; make it executable with `chmod +x run.py`, or name its interpreter first: \
                 `-- python3 run.py`",
            ),
            (
                "run",
                b"#!/no/such/python3 -u\nprint(1)",
                0o755,
                "the interpreter `/no/such/python3`, which the first line of `run` names, does not exist; correct that \
                 line, or name the interpreter first: `-- INTERPRETER run`",
            ),
            (
                "run.py",
                b"#!/usr/bin/env no-such-python\n",
                0o755,
                "the first line of `run.py` asks for `no-such-python`, and no folder of PATH has that program; correct \
                 that line, or name the interpreter first: `-- python3 run.py`",
            ),
            (
                "run.sh",
                b"#!/bin/sh\r\necho\r\n",
                0o755,
                "`run.sh` has the line ends of Windows, and the system takes them for a part of the interpreter's name; \
                 write them as line feeds: `sed -i 's/\\r$//' run.sh`",
            ),
            (
                "run.sh",
                b"echo 1\n",
                0o755,
                "`run.sh` does not say what executes it: its first line does not begin with `#!`; add such a line \
                 (`#!/usr/bin/env python3`, for example), or name the interpreter first: `-- sh run.sh`",
            ),
        ] {
            assert_eq!(said(name, content, mode), expected);
        }
        assert!(said("run", b"", 0o755).contains("does not begin with `#!`"));
        assert!(obstacle(Path::new("/")).is_some_and(|said| said.contains("is a folder")));
        assert!(obstacle(Path::new("/bin/sh")).is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_machine_of_a_program_is_in_its_header() {
        let own = head(Path::new("/proc/self/exe")).unwrap();
        assert!(!elf::is_for_another_machine(&own));
        assert!(!elf::is_for_another_machine(b"MZ"));
    }
}
