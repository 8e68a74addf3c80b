//! The dump: the database as SQL text, which any PostgreSQL of the same or a newer version reads.

use std::fs::Permissions;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use super::course::{self, Course, Event};
use super::folder::Folder;
use super::programs::Programs;
use super::server::{DATABASE, Server, USER};
use crate::files::Replacement;
use crate::output::{self, Failure, display_path, visible};

/// How a dump went.
#[derive(Debug)]
pub(super) enum Dumped {
    /// It has this many bytes.
    Written(u64),
    /// A second signal came, or the server ended.
    Interrupted,
}

/// Writes the dump; if that fails, the last one stays.
pub(super) fn write(
    programs: &Programs,
    folder: &Folder,
    server: &Server,
    course: &mut Course,
) -> Result<Dumped, Failure> {
    let path = folder.dump();
    let failed = |error: &dyn std::fmt::Display| {
        Failure::finding(format!(
            "the dump `{}` was not written, and the last one, if there is one, is unchanged; the data is in `{}`: {}",
            display_path(&path),
            display_path(folder.path()),
            visible(&error.to_string())
        ))
    };
    let io = |error: std::io::Error| failed(&error);
    output::note(&format!("writing the dump `{}`", display_path(&path)));
    let draft = Replacement::of(&path).map_err(io)?;
    let file = draft.writer().map_err(io)?;
    let private = Permissions::from_mode(0o600);
    file.set_permissions(private).map_err(io)?;
    let mut errors = tempfile::tempfile().map_err(io)?;
    let port = server.address().port().to_string();
    let arguments = ["-h", "127.0.0.1", "-p", &port, "-U", USER, "-d", DATABASE];
    let options = ["--no-password", "--no-owner", "--no-privileges"];
    let arguments = arguments.into_iter().chain(options);
    let arguments = arguments.map(Into::into).collect::<Vec<_>>();
    let mut command = folder.command(programs, "pg_dump", &arguments)?;
    command.env("PGPASSWORD", folder.password(programs)?);
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(io)?);
    command.stderr(errors.try_clone().map_err(io)?);
    let mut child = command.spawn().map_err(io)?;
    course.watch(course::pid(&child), Event::DumpEnded);
    while !course.has_seen(Event::DumpEnded) {
        course.next(None);
        if !course.may_dump() {
            // An error means that it has ended.
            let _ = child.kill();
        }
    }
    let status = child.wait().map_err(io)?;
    if !course.may_dump() {
        return Ok(Dumped::Interrupted);
    }
    if !status.success() {
        let mut text = String::new();
        let _ = errors
            .rewind()
            .and_then(|()| errors.read_to_string(&mut text));
        return Err(failed(&format!("{status}: {}", text.trim())));
    }
    let bytes = file.metadata().map_err(io)?.len();
    draft.keep().map_err(io)?;
    folder.has_dumped();
    Ok(Dumped::Written(bytes))
}
