//! Advice that names a part of the API, and what helps in its place whoever uses the command, which has no such option.
//!
//! Invariant: an error that the command can meet names the API only by these phrases, so the command can replace them.

use std::borrow::Cow;

/// A phrase of an error for the author of a program, and one for a person at the command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phrase {
    pub(crate) program: &'static str,
    command: &'static str,
}

/// What leads out of a table that no command changes, on SQLite, where no statement does it either.
pub(crate) const INTO_A_NEW_DATABASE: &str = "export the runs with `wallow export --output runs.jsonl`, and import them into a new database with `wallow \
     migrate push --db new.db` and `wallow import --from runs.jsonl --db new.db`; from then on, name new.db as the database, \
     such as by `url = \"new.db\"` under `[database]` in wallow.toml";

/// After "try again, or".
pub(crate) const BUSY_TIMEOUT: Phrase = Phrase {
    program: "raise it with `Store::options().busy_timeout(…)`",
    command: "end the program that keeps it locked",
};

/// After "try again, or".
pub(crate) const DEADLOCK_TIMEOUT: Phrase = Phrase {
    program: "raise the busy timeout, until which it is done again, with `Store::options().busy_timeout(…)`",
    command: "with fewer programs at once",
};

/// After "share it among".
pub(crate) const SMALLER_POOLS: Phrase = Phrase {
    program: "fewer workers or smaller pools (`Store::options().pool_size(…)`)",
    command: "fewer workers and other programs",
};

/// If every connection of a store is in use.
pub(crate) const LARGER_POOL: Phrase = Phrase {
    program: "raise `Store::options().pool_size(…)`, or hold them for less long",
    command: "try again when there is less to do",
};

/// If a file is to be read that is not there.
pub(crate) const NO_SUCH_FILE: Phrase = Phrase {
    program: "no such file, and a read-only store creates none",
    command: "there is no such file",
};

/// If a database is on a disk that cannot be written.
pub(crate) const READ_ONLY_STORE: Phrase = Phrase {
    program: "to read it, open it with `Store::options().read_only(true)`; else copy it to a disk that can be written",
    command: "copy it to a disk that can be written; what only reads runs works here, too",
};

/// After "this run is registered already".
pub(crate) const OTHER_POLICY: Phrase = Phrase {
    program: "use another `OnDuplicate` policy to return, skip or overwrite it",
    command: "to skip or overwrite it, use `--on-duplicate`",
};

/// If nobody knows whether a run was completed.
pub(crate) const WRITE_STATUS: Phrase = Phrase {
    program: "write its status (`completed`, or `pending` to have it run) with `OnDuplicate::Overwrite`, or run it all the \
              same with `LifecycleOptions::force(true)`",
    command: "write its status with `wallow set RUN status=completed`, or `status=pending` to have it run",
};

/// If a program was compiled without PostgreSQL.
pub(crate) const WITH_POSTGRES: Phrase = Phrase {
    program: "enable wallow's cargo feature `postgres`",
    command: "build the command with the feature `postgres` of wallow-cli",
};

const ALL: [Phrase; 9] = [
    BUSY_TIMEOUT,
    DEADLOCK_TIMEOUT,
    SMALLER_POOLS,
    LARGER_POOL,
    NO_SUCH_FILE,
    READ_ONLY_STORE,
    OTHER_POLICY,
    WRITE_STATUS,
    WITH_POSTGRES,
];

/// The text of an error, with advice that a person at the command can follow.
#[doc(hidden)]
pub fn for_command(text: &str) -> Cow<'_, str> {
    let found = ALL.iter().filter(|phrase| text.contains(phrase.program));
    found.fold(Cow::Borrowed(text), |text, phrase| {
        Cow::Owned(text.replace(phrase.program, phrase.command))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::{Path, PathBuf};

    #[test]
    fn the_command_names_no_part_of_the_api() {
        let names = [
            "Store::",
            "store",
            "OnDuplicate",
            "Options::",
            "cargo feature",
        ];
        for phrase in ALL {
            let has = |text: &str| names.iter().any(|name| text.contains(name));
            assert!(has(phrase.program) && !has(phrase.command), "{phrase:?}");
            let text = format!("before; {}: after", phrase.program);
            let expected = format!("before; {}: after", phrase.command);
            assert_eq!(for_command(&text), expected);
        }
        assert_eq!(for_command("other"), "other");
    }

    /// Only these files may name the API in texts of their own, because the command never meets their errors.
    const FOR_PROGRAMS: [&str; 4] = [
        "error/advice.rs",
        "lifecycle/interrupt.rs",
        "migrate.rs",
        "store/artefacts.rs",
    ];

    #[test]
    fn an_error_names_the_api_by_these_phrases_alone() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = Vec::new();
        look(&folder, &mut |path| {
            let text = fs::read_to_string(path).unwrap();
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            let named = [
                "`Store::",
                "`OnDuplicate",
                "Options::force",
                "check_schema(false)`",
            ];
            if code
                .into_iter()
                .any(|line| named.iter().any(|name| line.contains(name)))
            {
                found.push(path.strip_prefix(&folder).unwrap().to_owned());
            }
        });
        found.sort();
        assert_eq!(found, FOR_PROGRAMS.map(PathBuf::from));
    }

    fn look(folder: &Path, see: &mut impl FnMut(&Path)) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path, see);
            } else {
                see(&path);
            }
        }
    }
}
