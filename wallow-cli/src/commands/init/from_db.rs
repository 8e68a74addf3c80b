//! `wallow init --from-db URL`: the wallow.toml that an existing table implies.

use std::path::Path;

use wallow_schema::{Schema, redact, to_toml};

use super::folder::{keep_former, write};
use super::name_of;
use crate::args::Place;
use crate::output::{self, Failure, Status};
use crate::project::{Named, SCHEMA, implied};

/// Reads the table, which is not changed, and writes the schema into `dir`.
pub(super) fn run(url: &str, dir: &Path, force: bool) -> Result<Status, Failure> {
    let dir = dir.strip_prefix(".").unwrap_or(dir);
    let path = dir.join(SCHEMA);
    if !force && path.symlink_metadata().is_ok() {
        return Err(Failure::finding(format!(
            "`{}` is there already; overwrite it with `--force`, or use another `--dir`",
            path.display()
        )));
    }
    let place = Place {
        schema: None,
        db: Some(url.to_owned()),
        option: Some("--from-db"),
    };
    let Some(named) = Named::outside(&place, Path::new("."))? else {
        return Err(Failure::usage(
            "name a database, such as `--from-db runs.db`",
        ));
    };
    let inferred = implied::schema(&named)?;
    let schema = declared(inferred.schema, url, dir, &named);
    let text = format!("{}\n{}", head(&named, &inferred.notes), to_toml(&schema));
    // What is written has to be what wallow reads.
    wallow_schema::parse(&text, SCHEMA)?;
    if force {
        keep_former(&path, &text)?;
    }
    write(&path, &text, force)?;
    output::line(&format!("wrote {}", output::display_path(&path)));
    if redact::has_password(url) {
        output::warning(&format!(
            "the password was left out of {SCHEMA}, which others read: write the whole URL as `WALLOW_DATABASE_URL=…` into \
             a file `.env` beside it, which git should ignore, or name the database with `--db URL`"
        ));
    }
    for note in &inferred.notes {
        output::note(note);
    }
    output::line("next: look through it, then `wallow status`");
    Ok(Status::Fine)
}

/// The schema with the name of its folder, and the database that it was read off.
fn declared(mut schema: Schema, url: &str, dir: &Path, named: &Named) -> Schema {
    schema.project.name = name_of(dir);
    let url = redact::without_password(url);
    // A path in the file is relative to the file, one on the command line to the working directory.
    let moved = match named.url.file() {
        Some(file) if !dir.as_os_str().is_empty() && file.is_relative() => file.canonicalize().ok(),
        _ => None,
    };
    let moved = moved.and_then(|file| file.to_str().map(ToOwned::to_owned));
    schema.database.url = Some(moved.unwrap_or(url));
    schema
}

/// Comments on what the table does not say.
fn head(named: &Named, notes: &[String]) -> String {
    let mut lines = format!(
        "# Read off the table `runs` of {}.\n",
        output::visible(&named.url.to_string())
    );
    if !notes.is_empty() {
        lines.push_str("# The table does not say:\n");
    }
    let notes = notes
        .iter()
        .map(|note| format!("# - {}\n", output::visible(note)));
    lines.extend(notes);
    lines
}
