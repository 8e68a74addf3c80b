//! What an attempt records of its process: the machine, the user, the command line, the commit.

use std::path::Path;
use std::sync::OnceLock;

use super::{arguments, git};
use crate::sql::Bind;

/// Where a run is executed, and by what. No environment is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provenance {
    host: Option<String>,
    pid: i64,
    os_user: Option<String>,
    /// As JSON.
    argv: String,
    cwd: Option<String>,
    git_commit: Option<String>,
    git_dirty: Option<bool>,
    program: Option<String>,
}

impl Provenance {
    /// The provenance of this process. It is found out once.
    pub(crate) fn of_process() -> &'static Self {
        static PROCESS: OnceLock<Provenance> = OnceLock::new();
        PROCESS.get_or_init(|| {
            let cwd = std::env::current_dir().ok();
            let checkout = cwd.as_deref().map(git::checkout).unwrap_or_default();
            let argv = std::env::args_os();
            let argv = argv.map(|argument| argument.to_string_lossy().into_owned());
            Provenance {
                host: host(),
                pid: std::process::id().into(),
                os_user: os_user(),
                argv: argv_text(&argv.collect::<Vec<_>>()),
                cwd: cwd.as_deref().map(display),
                git_commit: checkout.commit,
                git_dirty: checkout.dirty,
                program: std::env::current_exe().ok().as_deref().map(display),
            }
        })
    }

    /// The same for a program that this process starts, or works for.
    pub(crate) fn with_command(
        &self,
        argv: Option<&[String]>,
        program: Option<&Path>,
        pid: Option<u32>,
    ) -> Self {
        Provenance {
            argv: argv.map_or_else(|| self.argv.clone(), argv_text),
            program: program.map_or_else(|| self.program.clone(), |program| Some(display(program))),
            pid: pid.map_or(self.pid, i64::from),
            ..self.clone()
        }
    }

    /// In the order of the columns from `host` to `program`.
    pub(super) fn binds(&self) -> [Bind<'_>; 8] {
        let text = |text: &'_ Option<String>| text.clone().map(Into::into);
        [
            Bind::Text(text(&self.host)),
            Bind::Int(Some(self.pid)),
            Bind::Text(text(&self.os_user)),
            Bind::Text(Some((&*self.argv).into())),
            Bind::Text(text(&self.cwd)),
            Bind::Text(text(&self.git_commit)),
            Bind::Bool(self.git_dirty),
            Bind::Text(text(&self.program)),
        ]
    }
}

/// A command line as it is stored: a JSON array without secrets.
pub(super) fn argv_text(argv: &[String]) -> String {
    serde_json::Value::from(arguments::without_secrets(argv)).to_string()
}

fn display(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(unix)]
fn host() -> Option<String> {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(not(unix))]
fn host() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// The name of the user that the process runs as; if only the environment knows it, what that says.
#[cfg(unix)]
fn os_user() -> Option<String> {
    let id = rustix::process::geteuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| named(line, id));
    named
        .or_else(|| std::env::var("USER").ok())
        .or_else(|| std::env::var("LOGNAME").ok())
}

/// The name in a line of `/etc/passwd`, if it is that of this user.
#[cfg(unix)]
fn named(line: &str, id: u32) -> Option<String> {
    let mut fields = line.split(':');
    let (name, number) = (fields.next()?, fields.nth(1)?);
    (number.parse() == Ok(id) && !name.is_empty()).then(|| name.to_owned())
}

#[cfg(not(unix))]
fn os_user() -> Option<String> {
    std::env::var("USERNAME").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_itself() {
        let process = Provenance::of_process();
        assert_eq!(process.pid, i64::from(std::process::id()));
        assert!(process.program.is_some() && process.cwd.is_some() && process.host.is_some());
        let argv = serde_json::from_str::<Vec<String>>(&process.argv).unwrap();
        assert_eq!(argv.len(), std::env::args_os().count());
    }

    #[cfg(unix)]
    #[test]
    fn a_user_is_found_by_number() {
        assert_eq!(
            named("root:x:0:0:root:/root:/bin/sh", 0).as_deref(),
            Some("root")
        );
        assert_eq!(named("root:x:0:0:root:/root:/bin/sh", 10), None);
        assert_eq!(named("damaged", 0), None);
    }
}
