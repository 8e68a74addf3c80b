//! The commands that messages name, with the options that decide which project and database are meant.
//!
//! A message that says "run `wallow migrate push`" must lead out if it is followed word for word. So if the person gave
//! `--db` or `--schema`, the commands in messages have the same options.

use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

use crate::args::Place;

/// The options that were typed, as they are typed again. Set once, before a command begins.
static OPTIONS: OnceLock<String> = OnceLock::new();

/// What begins a command in a message.
const COMMAND: &str = "`wallow ";

/// Keeps the options for the messages of this process.
pub(crate) fn remember(place: &Place) {
    let schema = place.schema.as_deref().map(Path::to_string_lossy);
    let _ = OPTIONS.set(options(place.db.as_deref(), schema.as_deref()));
}

/// A message whose commands have the options that were typed.
pub(crate) fn complete(message: &str) -> Cow<'_, str> {
    with(message, OPTIONS.get().map_or("", String::as_str))
}

/// A line of advice, which may be a command alone, with the options that were typed.
pub(crate) fn step(advice: &str) -> String {
    let options = OPTIONS.get().map_or("", String::as_str);
    match advice.strip_prefix(&COMMAND[1..]) {
        Some(command) => with(&format!("{COMMAND}{command}"), options)[1..].to_owned(),
        None => with(advice, options).into_owned(),
    }
}

/// A message about a database that another option named, such as `--to`.
pub(crate) fn about(message: &str, place: &Place) -> String {
    let schema = place.schema.as_deref().map(Path::to_string_lossy);
    with(message, &options(place.db.as_deref(), schema.as_deref())).into_owned()
}

fn options(db: Option<&str>, schema: Option<&str>) -> String {
    let options = [("--schema", schema), ("--db", db)];
    let given = options.into_iter().filter_map(|(name, value)| {
        let value = value?;
        Some(format!("{name} {} ", shell_word(value)))
    });
    given.collect()
}

/// Adds the options to every command that has none of its own. `wallow init` makes another project, and options alone
/// are not a command.
fn with<'m>(message: &'m str, options: &str) -> Cow<'m, str> {
    if options.is_empty() || !message.contains(COMMAND) {
        return message.into();
    }
    let mut parts = message.split(COMMAND);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let command = part.split('`').next().unwrap_or_default();
        let mut words = command.split_whitespace();
        let has_own = ["--db", "--schema", "--from", "--to"];
        let is_other =
            matches!(words.next(), None | Some("init" | "serve-db")) || command.starts_with('-');
        let is_complete = words.any(|word| has_own.contains(&word));
        whole.push_str(COMMAND);
        if !is_other && !is_complete {
            whole.push_str(options);
        }
        whole.push_str(part);
    }
    whole.into()
}

/// A value as a shell reads it.
pub(crate) fn shell_word(value: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "._/:@%=+,-".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.into();
    }
    format!("'{}'", value.replace('\'', r"'\''")).into()
}

/// A path as a shell reads it, and as it may be shown.
#[cfg(unix)]
pub(crate) fn shell_path(path: &Path) -> String {
    shell_word(&crate::output::display_path(path)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_the_options_that_were_typed() {
        let options = options(Some("t.db"), Some("my sweep/wallow.toml"));
        for (message, expected) in [
            (
                "run `wallow migrate push`, or name another with `--db URL`",
                "run `wallow --schema 'my sweep/wallow.toml' --db t.db migrate push`, or name another with `--db URL`",
            ),
            (
                "`wallow copy --from a --to b`, `wallow init`, `wallow --help`",
                "`wallow copy --from a --to b`, `wallow init`, `wallow --help`",
            ),
            (
                "`wallow status` and `wallow doctor`",
                "`wallow --schema 'my sweep/wallow.toml' --db t.db status` and `wallow --schema 'my sweep/wallow.toml' \
                 --db t.db doctor`",
            ),
            ("nothing", "nothing"),
        ] {
            assert_eq!(with(message, &options), expected);
        }
        assert_eq!(with("`wallow status`", ""), "`wallow status`");
        assert_eq!(shell_word("it's?"), r"'it'\''s?'");
    }
}
