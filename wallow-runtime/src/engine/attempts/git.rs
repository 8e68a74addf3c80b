//! Which commit is checked out, asked of `git` once, within a bounded time. Whatever goes wrong, there is no answer, and
//! no error.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long `git` may take in all.
const LIMIT: Duration = Duration::from_secs(2);

const LOOK: Duration = Duration::from_millis(2);

/// The longest name of a commit: SHA-256 in hexadecimal.
const LONGEST: u64 = 64;

/// The state of a working directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Checkout {
    pub(super) commit: Option<String>,
    /// Whether tracked files differ from the commit.
    pub(super) dirty: Option<bool>,
}

/// What is checked out in a folder.
pub(super) fn checkout(folder: &Path) -> Checkout {
    let deadline = Instant::now() + LIMIT;
    let commit = commit(folder, deadline);
    let dirty = commit.as_ref().and_then(|_| dirty(folder, deadline));
    Checkout { commit, dirty }
}

fn commit(folder: &Path, deadline: Instant) -> Option<String> {
    let mut child = git(folder, &["rev-parse", "--verify", "--quiet", "HEAD"])?;
    if ended(&mut child, deadline)? != 0 {
        return None;
    }
    let mut name = String::new();
    // It was written before git ended, and fits into a pipe.
    child
        .stdout
        .take()?
        .take(LONGEST)
        .read_to_string(&mut name)
        .ok()?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| name.to_owned())
}

fn dirty(folder: &Path, deadline: Instant) -> Option<bool> {
    let diff = ["diff", "--quiet", "--no-ext-diff", "HEAD", "--"];
    match ended(&mut git(folder, &diff)?, deadline)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<Child> {
    let mut command = Command::new("git");
    command
        .args(arguments)
        .current_dir(folder)
        // It must not take a lock that another git waits for, nor ask anybody.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().ok()
}

/// The exit status, or `None` if it takes too long or a signal ended it.
fn ended(child: &mut Child, deadline: Instant) -> Option<i32> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.code(),
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_repository_has_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(checkout(folder.path()), Checkout::default());
        let missing = folder.path().join("missing");
        assert_eq!(checkout(&missing), Checkout::default());
    }

    #[test]
    fn changes_of_tracked_files_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
            let status = command.args(arguments).current_dir(folder.path()).output();
            status.is_ok_and(|output| output.status.success())
        };
        std::fs::write(folder.path().join("a"), "one").unwrap();
        if !(git(&["init", "-q"]) && git(&["add", "a"]) && git(&["commit", "-qm", "one"])) {
            return;
        }
        let clean = checkout(folder.path());
        assert_eq!(clean.commit.as_ref().map(String::len), Some(40));
        assert_eq!(clean.dirty, Some(false));
        std::fs::write(folder.path().join("b"), "untracked").unwrap();
        assert_eq!(checkout(folder.path()), clean);
        std::fs::write(folder.path().join("a"), "two").unwrap();
        assert_eq!(checkout(folder.path()).dirty, Some(true));
    }
}
