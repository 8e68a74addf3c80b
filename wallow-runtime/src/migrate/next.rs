//! The next command for a state of schema, migrations and database.
//!
//! What enters: a [`Situation`]. What leaves: the [`Next`] step. Every command and every error that names a next step
//! takes it from here, so that all of them name the same one. Invariant: the steps of [`Situation::path`] end in a
//! state in which there is nothing to do, or at a step that only a person can do.

use std::fmt;

/// What the table `runs` is, compared with what it should be: what the newest applied migration leaves or, if none is
/// applied, what wallow.toml says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableState {
    /// There is no table, or no database.
    Missing,
    /// It is another program's.
    Other,
    /// It is as it should be.
    Same,
    /// It differs.
    Different,
    /// It differs, also in what no command changes.
    Stuck,
}

/// The state of the three things that have to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five independent answers to yes-or-no questions"
)]
pub struct Situation {
    /// The table of the database.
    pub table: TableState,
    /// Whether the database notes any migration as applied.
    pub applied: bool,
    /// Whether it notes one that is not among the migrations here.
    pub unknown: bool,
    /// Whether there are migrations.
    pub migrations: bool,
    /// Whether the database, if it notes any, lacks one of them.
    pub pending: bool,
    /// Whether wallow.toml differs from the newest snapshot.
    pub changed: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// Nothing: everything is in sync.
    Nothing,
    /// Nothing: the table is as wallow.toml says, and no migration manages it.
    NothingUnmanaged,
    /// Write the first migration.
    GenerateFirst,
    /// Write a migration.
    Generate,
    /// Apply migrations.
    Apply,
    /// Bring a table that no migration manages to wallow.toml.
    Push,
    /// Change what `push` does not change.
    ChangeByHand,
    /// Note the migrations as applied to a table that they describe.
    Adopt,
    /// Get the migrations that the database has and this place lacks.
    GetSources,
    /// Use another database.
    OtherDatabase,
    /// Make a table that is gone.
    Remake,
    /// Undo what was done to the table behind the migrations' back.
    Restore,
}

impl Situation {
    /// The next step.
    ///
    /// ```
    /// use wallow_runtime::migrate::{Next, Situation, TableState};
    ///
    /// let prototype = Situation {
    ///     table: TableState::Different,
    ///     applied: false,
    ///     unknown: false,
    ///     migrations: false,
    ///     pending: false,
    ///     changed: true,
    /// };
    /// assert_eq!(prototype.next(), Next::Push);
    /// assert_eq!(Next::Push.command(), Some("wallow migrate push"));
    /// ```
    pub fn next(self) -> Next {
        match (self.table, self.applied) {
            (TableState::Other, _) => Next::OtherDatabase,
            _ if self.unknown => Next::GetSources,
            (TableState::Missing, true) => Next::Remake,
            (TableState::Different | TableState::Stuck, true) => Next::Restore,
            (TableState::Missing, false) | (TableState::Same, true) => self.next_migration(),
            (TableState::Different, false) => Next::Push,
            (TableState::Stuck, false) => Next::ChangeByHand,
            (TableState::Same, false) if !self.migrations => Next::NothingUnmanaged,
            (TableState::Same, false) if self.changed => Next::Generate,
            (TableState::Same, false) => Next::Adopt,
        }
    }

    /// For a database whose table is made by migrations.
    fn next_migration(self) -> Next {
        // A new database gets everything at once; one that is behind is first brought to where the files are.
        let lacks = if self.applied {
            self.pending
        } else {
            !self.changed
        };
        match (self.migrations, lacks) {
            (false, _) => Next::GenerateFirst,
            (true, true) => Next::Apply,
            (true, false) if self.changed => Next::Generate,
            (true, false) => Next::Nothing,
        }
    }

    /// The steps from here, each after the one before it succeeded.
    pub fn path(self) -> Vec<Next> {
        let mut steps = Vec::new();
        let mut situation = Some(self);
        while let Some(here) = situation {
            let next = here.next();
            if next.is_nothing() {
                break;
            }
            steps.push(next);
            situation = here.after(next);
        }
        steps
    }

    /// The state after a step; `None` if only a person can tell.
    fn after(self, step: Next) -> Option<Self> {
        match step {
            Next::GenerateFirst | Next::Generate => Some(Self {
                migrations: true,
                changed: false,
                pending: self.applied,
                ..self
            }),
            Next::Apply => Some(Self {
                table: TableState::Same,
                applied: true,
                pending: false,
                ..self
            }),
            Next::Push => Some(Self {
                table: TableState::Same,
                ..self
            }),
            Next::Adopt => Some(Self {
                applied: true,
                pending: false,
                ..self
            }),
            Next::Nothing
            | Next::NothingUnmanaged
            | Next::GetSources
            | Next::OtherDatabase
            | Next::ChangeByHand
            | Next::Remake
            | Next::Restore => None,
        }
    }
}

impl Next {
    /// Whether there is nothing to do.
    pub fn is_nothing(self) -> bool {
        matches!(self, Next::Nothing | Next::NothingUnmanaged)
    }

    /// The command, if one command is the step.
    pub fn command(self) -> Option<&'static str> {
        match self {
            Next::GenerateFirst => Some("wallow migrate generate \"initial\""),
            Next::Generate => Some("wallow migrate generate \"what changes\""),
            Next::Apply => Some("wallow migrate apply"),
            Next::Push => Some("wallow migrate push"),
            Next::Adopt => Some("wallow migrate adopt"),
            _ => None,
        }
    }

    /// The refusal of a command that applies migrations to a table that no migration manages.
    pub fn refusal_of_unmanaged(self) -> String {
        let push = match self {
            Next::Push => "",
            _ => "; without migrations, `wallow migrate push` brings a table to wallow.toml",
        };
        format!("no migration manages the table `runs`, and nothing was changed; {self}{push}")
    }

    /// Another command that leads on from here as well, and what it is for.
    pub fn alternative(self) -> Option<&'static str> {
        match self {
            Next::Push => {
                Some("`wallow migrate adopt`, to let migrations manage the table from now on")
            }
            Next::GenerateFirst => {
                Some("`wallow migrate push`, as long as no migration is to manage the database")
            }
            _ => None,
        }
    }
}

/// As a part of a sentence that says what to do.
impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(command) = self.command() {
            write!(f, "run `{command}`")?;
            if self == &Next::GenerateFirst {
                // A migration alone makes no table.
                f.write_str(", then `wallow migrate apply`")?;
            }
            return match self.alternative() {
                Some(other) => write!(f, " (or {other})"),
                None => Ok(()),
            };
        }
        f.write_str(match self {
            Next::GetSources => "get the sources that have the unknown migrations",
            Next::OtherDatabase => {
                "name another database with `--db URL`, or in wallow.toml; this one stays as it is"
            }
            Next::ChangeByHand => {
                "change in the table what no command changes, as `wallow status` says"
            }
            Next::Remake => {
                "restore the table from a copy, or make an empty one: `wallow migrate stamp base`, then \
                 `wallow migrate apply`"
            }
            Next::Restore => {
                "bring the table back to what the migrations made of it; or let wallow.toml say what it is: `wallow \
                 migrate stamp base`, then follow `wallow status`"
            }
            Next::NothingUnmanaged => {
                "it is as wallow.toml says already, and `wallow migrate adopt` lets migrations manage it"
            }
            _ => "there is nothing to do",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Situation> {
        let mut all = Vec::new();
        for table in [
            TableState::Missing,
            TableState::Other,
            TableState::Same,
            TableState::Different,
            TableState::Stuck,
        ] {
            for bits in 0..32_u8 {
                let bit = |index: u8| bits & (1 << index) != 0;
                all.push(Situation {
                    table,
                    applied: bit(0),
                    unknown: bit(1),
                    migrations: bit(2),
                    pending: bit(3),
                    changed: bit(4),
                });
            }
        }
        all
    }

    #[test]
    fn every_path_ends_and_repeats_no_step_at_once() {
        for situation in all() {
            let path = situation.path();
            let mut pairs = path.iter().zip(path.iter().skip(1));
            assert!(
                pairs.all(|(one, other)| one != other),
                "{situation:?}: {path:?}"
            );
            assert!(path.iter().all(|step| !step.to_string().is_empty()));
            assert!(path.len() <= 3, "{situation:?}: {path:?}");
        }
    }

    #[test]
    fn a_path_begins_with_the_next_step() {
        for situation in all() {
            let next = situation.next();
            assert_eq!(situation.path().is_empty(), next.is_nothing());
            assert!(situation.path().first().is_none_or(|first| *first == next));
        }
    }
}
