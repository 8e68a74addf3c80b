//! The folder: PostgreSQL's data, and the files of wallow beside it.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use chrono::{DateTime, Utc};

use super::lock;
use super::programs::Programs;
use super::server::{DATABASE, USER};
use super::system;
use crate::advice::{shell_path, shell_word};
use crate::files::Replacement;
use crate::output::{self, Failure, display_path};
use crate::work::guard::{self, Tie};

/// A folder that is wallow's, or may become it.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

/// The name of the dump.
const DUMP: &str = "runs.sql";

/// How the name of incomplete data begins.
const DRAFT: &str = "data.new-";

/// For a sweep of many processes; each of them needs two connections. A person may change it in that file.
const SETTINGS: &str = "\n# Written by `wallow serve-db`, once.\nmax_connections = 500\n";

impl Folder {
    /// Looks at a folder, which need not exist. One with files of others is refused.
    pub(super) fn look(path: &Path) -> Result<Self, Failure> {
        let names = match fs::read_dir(path) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Folder(path.to_path_buf()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(Failure::usage(format!(
                    "`--data {}` is a file; name a folder, which is made if it does not exist",
                    display_path(path)
                )));
            }
            Err(error) => return Err(unusable(path, &error)),
        };
        let is_empty = names.count() == 0;
        if !is_empty && !path.join(lock::NAME).is_file() {
            return Err(Failure::usage(format!(
                "`{}` has files that are not of `wallow serve-db`; name a new folder with `--data`, such as `{}`",
                display_path(path),
                shell_path(&path.join("postgres"))
            )));
        }
        if path.join(DUMP).is_dir() {
            return Err(Failure::usage(format!(
                "`{}` is a folder, and the dump is a file of this name; move the folder away, or name another one with \
                 `--data`",
                display_path(&path.join(DUMP))
            )));
        }
        Ok(Folder(path.to_path_buf()))
    }

    /// Makes it, for this user alone.
    pub(super) fn create(&self) -> Result<Self, Failure> {
        let failed = |error: io::Error| unusable(&self.0, &error);
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&self.0).map_err(failed)?;
        // The server has another working directory.
        Ok(Folder(self.0.canonicalize().map_err(failed)?))
    }

    /// A warning about the network file system that it lies on.
    pub(super) fn on_network(&self, kind: &str) -> String {
        let name = self.0.file_name().unwrap_or(self.0.as_os_str());
        format!(
            "`{}` lies on a network file system ({kind}): each commit waits for it, and the data is only safe if the mount \
             reports every write that fails (NFS: the option `hard`). If this machine has a disk with enough room, use \
             `--data \"$TMPDIR/{}\"`, and let COMMAND end with a copy to where the runs are to stay, such as `wallow copy \
             --to FILE`",
            display_path(&self.0),
            display_path(Path::new(name)),
        )
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// What the server writes about itself.
    pub(super) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// The URL with the password, while the server is there.
    pub(super) fn url(&self) -> PathBuf {
        self.0.join("url")
    }

    pub(super) fn dump(&self) -> PathBuf {
        self.0.join(DUMP)
    }

    /// A file that is there from the start of a server until a dump is complete, so that a person learns if the data may be
    /// newer than the dump.
    fn without_dump(&self) -> PathBuf {
        self.0.join("not-dumped")
    }

    /// From now on the data may become newer than the dump.
    pub(super) fn expect_changes(&self) -> Result<(), Failure> {
        write(
            &self.without_dump(),
            "The data beside this file may be newer than the dump.",
        )
    }

    /// The dump has everything.
    pub(super) fn has_dumped(&self) {
        // If it stays, a person only looks twice.
        let _ = fs::remove_file(self.without_dump());
    }

    /// What a person can do with the dump if the data cannot be read.
    pub(super) fn advice_on_dump(&self) -> String {
        let written = fs::metadata(self.dump()).and_then(|dump| dump.modified());
        let Ok(written) = written else {
            return "there is no dump".to_owned();
        };
        let inner = format!(
            "psql -q1 -o /dev/null -v ON_ERROR_STOP=1 -f {} \"$WALLOW_DATABASE_URL\"",
            shell_path(&self.dump())
        );
        let command = format!(
            "`wallow serve-db --data NEW -- sh -c {}`",
            shell_word(&inner)
        );
        let written = DateTime::<Utc>::from(written).format("%Y-%m-%d %H:%M UTC");
        if self.without_dump().exists() {
            format!(
                "the dump of {written} is older than the data, because the last call wrote none: what came after it is lost \
                 if you load it into a new folder with {command}"
            )
        } else {
            format!("or load the dump of {written} into a new folder: {command}")
        }
    }

    /// Who may connect.
    pub(super) fn clients(&self) -> PathBuf {
        self.0.join("pg_hba.conf")
    }

    fn password_file(&self) -> PathBuf {
        self.0.join("password")
    }

    /// The version of PostgreSQL that the data has; `None` if there is none yet.
    pub(super) fn version(&self) -> Result<Option<u32>, Failure> {
        let path = self.data().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => match text.trim().parse() {
                Ok(version) => Ok(Some(version)),
                Err(_) => Err(Failure::finding(format!(
                    "`{}` is no version of PostgreSQL, so the data beside it is damaged; restore a copy of `{}`; {}",
                    display_path(&path),
                    display_path(&self.data()),
                    self.advice_on_dump()
                ))),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(system(&format!("`{}`", display_path(&path)), &error)),
        }
    }

    /// Makes the data if there is none: complete or not at all.
    pub(super) fn initialise(&self, programs: &Programs) -> Result<(), Failure> {
        self.refuse_half_made()?;
        if self.version()?.is_some() {
            return Ok(());
        }
        let failed = |error: io::Error| system(&format!("`{}`", display_path(&self.0)), &error);
        self.remove_drafts();
        // A draft of its own, because an earlier `initdb` may still be about to end, and removes what it has made.
        let draft = self
            .0
            .join(format!("{DRAFT}{}", uuid::Uuid::new_v4().simple()));
        let password = uuid::Uuid::new_v4().simple().to_string();
        write(&self.password_file(), &password)?;
        output::note(&format!("making `{}`", display_path(&self.data())));
        let arguments = [
            "-D".into(),
            draft.clone().into_os_string(),
            "-U".into(),
            USER.into(),
            "--pwfile".into(),
            self.password_file().into_os_string(),
            "-A".into(),
            "scram-sha-256".into(),
            "-E".into(),
            "UTF8".into(),
            // The order of texts must not depend on the libraries of the machine, of which a cluster has several.
            "--locale=C".into(),
        ];
        let log = self.new_log().map_err(failed)?;
        let mut initdb = self.command(programs, "initdb", &arguments)?;
        let initdb = initdb.stdin(Stdio::null()).stdout(Stdio::null());
        let status = initdb.stderr(log).status().map_err(failed)?;
        if !status.success() {
            return Err(Failure::finding(format!(
                "`initdb` failed ({status}){}",
                self.end_of_log()
            )));
        }
        let settings = fs::OpenOptions::new()
            .append(true)
            .open(draft.join("postgresql.conf"));
        settings
            .and_then(|mut settings| settings.write_all(SETTINGS.as_bytes()))
            .map_err(failed)?;
        fs::rename(&draft, self.data()).map_err(failed)
    }

    /// An error if the data lacks files that every server needs. What this command makes is complete, so an `initdb` by
    /// hand or a copy was interrupted, and nobody knows what else is missing.
    fn refuse_half_made(&self) -> Result<(), Failure> {
        let data = self.data();
        // There is no data yet; or it cannot be read, and then the server reports that.
        let is_empty = fs::read_dir(&data).map_or(true, |mut names| names.next().is_none());
        let lacks = |name: &&&str| !data.join(name).exists();
        let Some(lacking) = ["PG_VERSION", "global/pg_control"].iter().find(lacks) else {
            return Ok(());
        };
        if is_empty {
            return Ok(());
        }
        let from = shell_path(&data);
        let aside = |number: u32| self.0.join(format!("data.half-{number}"));
        let free = (1..100).map(aside).find(|path| !path.exists());
        let to = shell_path(&free.unwrap_or_else(|| aside(0)));
        Err(Failure::finding(format!(
            "`{}` is half made: it has no `{lacking}`, so a copy or an `initdb` was interrupted; copy it again from where it \
             is whole, or move it away (`mv {from} {to}`), and this command makes an empty database; {}",
            display_path(&data),
            self.advice_on_dump()
        )))
    }

    /// Removes the URL of a server that has ended without removing it, because it was killed or its machine failed.
    pub(super) fn forget_url(&self) {
        // There need not be one.
        let _ = fs::remove_file(self.url());
    }

    /// Removes data that was never complete. What cannot be removed is in nobody's way.
    fn remove_drafts(&self) {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(DRAFT))
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }

    /// An empty log; that of the last job is kept.
    pub(super) fn new_log(&self) -> io::Result<File> {
        // There need not be one.
        let _ = fs::rename(self.log(), self.0.join("log.old"));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(self.log())
    }

    /// One of PostgreSQL's programs, without the variables of a client.
    pub(super) fn command(
        &self,
        programs: &Programs,
        name: &str,
        arguments: &[OsString],
    ) -> Result<std::process::Command, Failure> {
        let path = match name {
            "pg_dump" => programs.dump(),
            _ => programs.path(name),
        };
        // `initdb` would only take note of a softer signal.
        let tie = if name == "initdb" {
            Tie::Run
        } else {
            Tie::Server
        };
        let mut command = guard::command(&path, arguments, tie)
            .map_err(|error| system(&format!("`{name}`"), &error))?;
        command.current_dir(&self.0).env("LC_ALL", "C");
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        Ok(command)
    }

    /// The password of the user.
    pub(super) fn password(&self, programs: &Programs) -> Result<String, Failure> {
        let path = self.password_file();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let is_password =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_password(text.trim()) {
            return Ok(text.trim().to_owned());
        }
        let file = shell_path(&path);
        Err(Failure::finding(format!(
            "`{}` is missing, or is not the password that was made with the data; make a new one, and tell the server: \
             `(umask 077; head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n' > {file}) && echo \"ALTER ROLE {USER} \
             PASSWORD '$(cat {file})'\" | {} --single -D {} {DATABASE}`",
            display_path(&path),
            shell_path(&programs.path("postgres")),
            shell_path(&self.data())
        )))
    }

    /// The last lines of the server's log, to be put behind an error.
    pub(super) fn end_of_log(&self) -> String {
        const LINES: usize = 5;
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().collect::<Vec<_>>();
        let from = lines.len().saturating_sub(LINES);
        let mut end = format!("; the end of `{}`:", display_path(&self.log()));
        for line in lines.into_iter().skip(from) {
            end.push_str("\n  ");
            end.push_str(&output::visible(line));
        }
        end
    }
}

/// The error of a folder that cannot be made or read.
fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::finding(format!(
        "`{}` cannot be used as a folder: {error}; have it made for this user, or name another one with `--data`",
        display_path(path)
    ))
}

/// Writes a file that only this user reads.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let written = Replacement::of(path).and_then(|draft| {
        let mut file = draft.writer()?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        writeln!(file, "{text}")?;
        draft.keep()
    });
    written.map_err(|error| system(&format!("`{}`", display_path(path)), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_file_system_is_named_with_another_folder() {
        let warning = Folder("/scratch/me/sweep-db".into()).on_network("Lustre");
        for part in [
            "`/scratch/me/sweep-db`",
            "(Lustre)",
            "`--data \"$TMPDIR/sweep-db\"`",
        ] {
            assert!(warning.contains(part), "{part}\n{warning}");
        }
    }
}
