//! The owner of a table `runs`, which is a name that other programs use, too.
//!
//! What enters: the columns of the table, its unique keys, and the tables beside it. What leaves: an [`Owner`].
//! Invariant: a table of another program is never changed.

use std::borrow::Cow;
use std::fmt;

use wallow_schema::ddl::KEY_INDEX;
use wallow_schema::{ATTEMPT, BUILT_IN, Schema};

use crate::backend::{LiveIndex, LiveTable, Namesake};
use crate::error::{Error, ErrorKind};

/// The owner of a table `runs`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Owner {
    /// Made by wallow: it has the column of the attempt, which fences claims.
    Wallow,
    /// Made by the Python package `wallow`, or by hand in the same form.
    Python,
    /// Made by another program for its own purposes.
    Other(Stranger),
}

/// What the table reveals about the other program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Its name, if it is known.
    program: Option<&'static str>,
    /// Columns or tables by which it was recognised.
    seen: Vec<&'static str>,
    /// Columns that every table of wallow has, but this one lacks.
    missing: Vec<&'static str>,
    /// What is named `runs`, if it is not a table.
    namesake: Option<Namesake>,
}

/// Programs that have a table `runs`, and columns that together occur in no other program's table.
const PROGRAMS: [(&str, &[&str]); 6] = [
    ("MLflow", &["run_uuid", "experiment_id"]),
    ("MLflow", &["run_uuid", "lifecycle_stage"]),
    ("Weights & Biases", &["run_id", "sweep_id", "display_name"]),
    ("Weights & Biases", &["display_name", "summary_metrics"]),
    ("Dagster", &["run_id", "run_body"]),
    ("Optuna", &["study_id", "trial_id"]),
];

/// Tables that exist beside those of a program.
const NEIGHBOURS: [(&str, &str); 5] = [
    ("MLflow", "latest_metrics"),
    ("Optuna", "trial_params"),
    ("a Django project", "django_migrations"),
    ("a Rails project", "ar_internal_metadata"),
    ("a Prisma project", "_prisma_migrations"),
];

impl Owner {
    /// Finds the owner of a table. `has_table` is only called if the columns do not decide.
    pub(crate) fn of<E>(
        table: &LiveTable,
        schema: Option<&Schema>,
        mut has_table: impl FnMut(&str) -> Result<bool, E>,
    ) -> Result<Self, E> {
        let has = |name: &str| table.column(name).is_some();
        let missing = BUILT_IN.into_iter().filter(|name| !has(name));
        let missing = missing.collect::<Vec<_>>();
        // wallow's own tables are recognised first: a field may be named after another program's column, because its
        // values came from there.
        if missing.is_empty() && has(ATTEMPT) {
            return Ok(Owner::Wallow);
        }
        let fits = schema.is_some_and(|schema| table.keeps_unique(schema));
        // Before 0.2 the Python package had no uuids. Many programs have an id and two times, but none has our key, or
        // one of its name.
        let has_name = |index: &LiveIndex| index.unique && index.name == KEY_INDEX;
        let like_python = match missing[..] {
            [] => fits,
            ["uuid"] => fits || table.indexes.iter().any(has_name),
            _ => false,
        };
        if like_python {
            return Ok(Owner::Python);
        }
        let known = PROGRAMS.iter();
        let mut known = known.filter(|(_, columns)| columns.iter().all(|name| has(name)));
        if let Some((program, seen)) = known.next() {
            return Ok(Owner::Other(Stranger {
                program: Some(program),
                seen: seen.to_vec(),
                missing,
                namesake: None,
            }));
        }
        for (program, neighbour) in NEIGHBOURS {
            if has_table(neighbour)? {
                return Ok(Owner::Other(Stranger {
                    program: Some(program),
                    seen: vec![neighbour],
                    missing,
                    namesake: None,
                }));
            }
        }
        // The package's own migrations keep their state there, as those of MLflow do, which was recognised before.
        let is_keyed = || table.indexes.iter().any(is_over_fields);
        let was_python = missing == ["uuid"] && is_keyed() && has_table("alembic_version")?;
        if missing.is_empty() || was_python {
            return Ok(Owner::Python);
        }
        Ok(Owner::Other(Stranger {
            program: None,
            seen: Vec::new(),
            missing,
            namesake: None,
        }))
    }

    /// The owner of something that is named `runs` but is not a table, so wallow cannot have made it.
    pub(crate) fn of_namesake(namesake: Namesake) -> Self {
        Owner::Other(Stranger {
            program: None,
            seen: Vec::new(),
            missing: Vec::new(),
            namesake: Some(namesake),
        })
    }

    /// An error if the table belongs to another program.
    ///
    /// # Errors
    /// [`ErrorKind::SchemaMismatch`], which names the owner.
    pub fn refuse_other(&self) -> Result<(), Error> {
        match self {
            Owner::Wallow | Owner::Python => Ok(()),
            Owner::Other(stranger) => Err(stranger.refusal(&[])),
        }
    }
}

/// Whether an index keeps columns unique that are not wallow's own.
fn is_over_fields(index: &LiveIndex) -> bool {
    let columns = index.key_columns().unwrap_or_default();
    let is_own = |name: &str| BUILT_IN.contains(&name) || name == ATTEMPT;
    !columns.is_empty() && columns.iter().all(|column| !is_own(&column.name))
}

impl Stranger {
    /// The name of the program, if it is known.
    pub fn program(&self) -> Option<&str> {
        self.program
    }

    /// The SQL that frees the name, if what is named `runs` is not a table.
    pub fn way_out(&self) -> Option<&'static str> {
        self.namesake.as_ref().map(|namesake| namesake.way_out)
    }

    /// The error for another program's table, with the differences.
    pub(crate) fn refusal(&self, differences: &[String]) -> Error {
        let listed = if differences.is_empty() {
            String::new()
        } else {
            format!(": {}", differences.join("; "))
        };
        let message = format!(
            "{self}{listed}, and nothing was changed; use a database of its own for wallow{}",
            self.advice()
        );
        Error::new(ErrorKind::SchemaMismatch, message).with_differences(differences.to_vec())
    }

    /// Further advice: about the name, or about the runs in the table.
    fn advice(&self) -> Cow<'static, str> {
        if let Some(namesake) = &self.namesake {
            return format!(
                ", or have its owner run `{}` if nothing needs it under this name",
                namesake.way_out
            )
            .into();
        }
        Cow::Borrowed(match self.program {
            Some("MLflow") => {
                ", and bring MLflow's runs into it with `wallow import --from-mlflow FILE --db new.db`"
            }
            Some("Optuna") => {
                ", and bring Optuna's trials into it with `wallow import --from-optuna FILE --db new.db`"
            }
            _ => "",
        })
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[&str]| {
            let names = names.iter().map(|name| format!("`{name}`"));
            names.collect::<Vec<_>>().join(", ")
        };
        if let Some(namesake) = &self.namesake {
            return write!(
                f,
                "`runs` is {} there, not a table of wallow",
                namesake.kind
            );
        }
        match self.program {
            Some(program) => write!(
                f,
                "the table `runs` is one of {program} (there is {}), not of wallow",
                list(&self.seen)
            ),
            None => write!(
                f,
                "the table `runs` is one of another program (it has no {}), not of wallow",
                list(&self.missing)
            ),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::convert::Infallible;

    use wallow_schema::ddl::IndexTerm;

    use super::*;
    use crate::backend::LiveColumn;

    pub(in crate::migrate) fn table(columns: &str, unique: &str) -> LiveTable {
        let columns = columns.split(' ').map(|name| LiveColumn {
            name: name.into(),
            ty: "TEXT".into(),
            nullable: false,
            default: None,
        });
        let index = LiveIndex {
            name: "uq".into(),
            unique: true,
            terms: unique.split(' ').map(IndexTerm::parse).collect(),
            constraint: true,
            deferrable: false,
        };
        LiveTable {
            columns: columns.collect(),
            indexes: vec![index],
            attempts: Vec::new(),
            clauses: Vec::new(),
        }
    }

    pub(in crate::migrate) fn schema() -> Schema {
        let text = "[project]\nname = 'x'\n[identifying.lr]\ntype = 'float'\n[identifying.seed]\ntype = 'int'\n";
        wallow_schema::parse(text, "wallow.toml").unwrap()
    }

    #[test]
    fn whose_a_table_is_stands_in_its_columns() {
        const BUILT_INS: &str = "id uuid created_at updated_at";
        for (columns, unique, neighbour, expected) in [
            (
                "id uuid created_at updated_at _wallow_attempt",
                "id",
                "",
                "wallow",
            ),
            (
                "id uuid created_at updated_at _wallow_attempt",
                "id",
                "django_migrations",
                "wallow",
            ),
            (
                "id uuid created_at updated_at _wallow_attempt run_uuid experiment_id",
                "id",
                "",
                "wallow",
            ),
            (
                "id uuid created_at updated_at lr seed",
                "lr seed",
                "",
                "python",
            ),
            (
                "id uuid created_at updated_at lr seed run_uuid experiment_id",
                "lr seed",
                "",
                "python",
            ),
            (
                "id uuid created_at updated_at lr seed",
                "seed lr",
                "django_migrations",
                "python",
            ),
            ("id created_at updated_at lr seed", "lr seed", "", "python"),
            (BUILT_INS, "uuid", "", "python"),
            // Tables that look similar, but are not.
            (BUILT_INS, "uuid", "django_migrations", "a Django project"),
            ("id created_at updated_at lr seed", "id", "", "another"),
            (
                "id created_at updated_at lr seed",
                "lr seed id",
                "",
                "another",
            ),
            (
                "id created_at updated_at name",
                "name",
                "ar_internal_metadata",
                "a Rails project",
            ),
            (
                "id created_at updated_at x",
                "x",
                "alembic_version",
                "python",
            ),
            (
                "id created_at updated_at x",
                "id",
                "alembic_version",
                "another",
            ),
            ("id x", "x", "alembic_version", "another"),
            ("id", "id", "", "another"),
            ("id uuid _wallow_attempt", "uuid", "", "another"),
            ("run_uuid experiment_id name", "run_uuid", "", "MLflow"),
            // The state after a careless stamp.
            (
                "run_uuid experiment_id uuid _wallow_attempt",
                "uuid",
                "",
                "MLflow",
            ),
            ("id number state", "id", "trial_params", "Optuna"),
            (
                "id run_id run_body create_timestamp",
                "run_id",
                "",
                "Dagster",
            ),
        ] {
            let table = table(columns, unique);
            let has = |name: &str| Ok::<_, Infallible>(name == neighbour);
            let Ok(owner) = Owner::of(&table, Some(&schema()), has);
            let name = match &owner {
                Owner::Wallow => "wallow",
                Owner::Python => "python",
                Owner::Other(stranger) => stranger.program().unwrap_or("another"),
            };
            assert_eq!(name, expected, "{columns}");
            assert_eq!(
                owner.refuse_other().is_err(),
                matches!(owner, Owner::Other(_))
            );
        }
    }
}
