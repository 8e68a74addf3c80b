//! The table `runs` as a database has it, and the settings of a server that matter.

use std::collections::{BTreeMap, BTreeSet};

use wallow_schema::ddl::{ATTEMPTS_COLUMNS, Dialect, IndexTerm, KEY_INDEX, Table};
use wallow_schema::{BUILT_IN, KeyField, Schema};

use super::TableCheck;

/// The table `runs`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveTable {
    /// Its columns, in order.
    pub columns: Vec<LiveColumn>,
    /// Its indexes, by name; those of constraints included.
    pub indexes: Vec<LiveIndex>,
    /// The columns of the history of attempts, in order; none if there is no such table.
    pub attempts: Vec<String>,
    /// What the statement of a SQLite table says beyond that, such as `CHECK`: no schema describes it, and a new table
    /// would not have it.
    pub clauses: Vec<String>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveColumn {
    /// Its name.
    pub name: String,
    /// Its type, as it was declared. If it compares texts otherwise than byte by byte, its collation follows, as in SQL:
    /// `TEXT COLLATE NOCASE`.
    pub ty: String,
    /// Whether it may be `NULL`.
    pub nullable: bool,
    /// Its default, as SQL.
    pub default: Option<String>,
}

/// One index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveIndex {
    /// Its name.
    pub name: String,
    /// Whether it is unique over all runs. A partial index is not.
    pub unique: bool,
    /// What it is over, in order: columns and expressions.
    pub terms: Vec<IndexTerm>,
    /// Whether it belongs to a constraint of the table.
    pub constraint: bool,
    /// Whether it is checked at the end of a transaction only (PostgreSQL's `DEFERRABLE`), which `ON CONFLICT` does not
    /// accept.
    pub deferrable: bool,
}

impl LiveIndex {
    /// Whether it keeps exactly the columns of the key of this schema unique, without a term for absence.
    fn is_plain_over(&self, schema: &Schema) -> bool {
        let key = schema.key_columns();
        let is_column = |term: &IndexTerm| matches!(term, IndexTerm::Column(name) if key.contains(&name.as_str()));
        self.unique && self.terms.len() == key.len() && self.terms.iter().all(is_column)
    }

    /// Whether it keeps exactly this key unique, in whatever order.
    pub(crate) fn is_unique_over(&self, key: &[KeyField]) -> bool {
        self.unique && are_of_key(&self.terms.iter().collect::<Vec<_>>(), key)
    }
}

/// A column of the key that an index keeps unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexedColumn {
    pub(crate) name: String,
    /// Whether `NULL` is a value of its own, equal to another `NULL`.
    pub(crate) optional: bool,
}

impl LiveIndex {
    /// The columns that the index keeps unique, if it is one that a schema can have as its key: each column alone, or as
    /// the pair of terms of an optional field.
    pub(crate) fn key_columns(&self) -> Option<Vec<IndexedColumn>> {
        let mut columns = Vec::<IndexedColumn>::new();
        for term in &self.terms {
            let (name, optional) = match term {
                IndexTerm::Column(name) => (name, false),
                IndexTerm::IsNull(name) | IndexTerm::Coalesce(name, _) => (name, true),
                IndexTerm::Other(_) => return None,
            };
            let has = |is_term: fn(&IndexTerm) -> bool| {
                let mut own = self.terms.iter();
                own.any(|term| term.column() == Some(name) && is_term(term))
            };
            let is_whole = !optional
                || has(|term| matches!(term, IndexTerm::IsNull(_)))
                    && has(|term| matches!(term, IndexTerm::Coalesce(..)));
            if !is_whole {
                return None;
            }
            if !columns.iter().any(|column| column.name == *name) {
                columns.push(IndexedColumn {
                    name: name.clone(),
                    optional,
                });
            }
        }
        self.unique.then_some(columns)
    }
}

/// Whether an index over these terms keeps exactly this key unique, in whatever order.
fn are_of_key(terms: &[&IndexTerm], key: &[KeyField]) -> bool {
    // Each database has only its own expressions, so either dialect may be meant.
    Dialect::ALL.into_iter().any(|dialect| {
        let expected = IndexTerm::of_key(key, dialect);
        terms.len() == expected.len() && terms.iter().all(|term| expected.contains(term))
    })
}

impl LiveTable {
    /// The table that a schema describes, in the words of a database.
    pub(crate) fn of(schema: &Schema, dialect: Dialect) -> Self {
        let table = Table::of(schema, dialect);
        let columns = table.columns.into_iter().map(|column| LiveColumn {
            name: column.name,
            ty: match dialect {
                Dialect::Sqlite => column.ty.to_owned(),
                Dialect::Postgres => in_postgres(column.ty),
            },
            nullable: column.nullable,
            default: column.default,
        });
        let indexes = table.indexes.into_iter().map(|index| LiveIndex {
            name: index.name,
            unique: index.unique,
            terms: index.terms,
            constraint: false,
            deferrable: false,
        });
        let attempts = schema.project.attempts.then_some(ATTEMPTS_COLUMNS);
        LiveTable {
            columns: columns.collect(),
            indexes: indexes.collect(),
            attempts: attempts.iter().flatten().map(|&name| name.into()).collect(),
            clauses: Vec::new(),
        }
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&LiveColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether a unique index or constraint makes sure that no two runs have the same uuid.
    pub(crate) fn keeps_uuids_unique(&self) -> bool {
        let uuid = [IndexTerm::Column("uuid".to_owned())];
        let mut indexes = self.indexes.iter();
        indexes.any(|index| index.unique && index.terms == uuid)
    }

    /// Whether a constraint, not an index, keeps the key of this schema unique, or its columns. The Python package makes
    /// such tables.
    pub fn is_constrained(&self, schema: &Schema) -> bool {
        let key = schema.key();
        let by_constraint = |index: &LiveIndex| {
            index.constraint && (index.is_unique_over(&key) || index.is_plain_over(schema))
        };
        self.indexes.iter().any(by_constraint)
    }

    /// The unique index or constraint that has the columns of the key, but not the terms of its optional fields: two
    /// runs that lack one of them are not the same to it. `None` if the key is kept unique.
    pub(crate) fn plain_key(&self, schema: &Schema) -> Option<&LiveIndex> {
        if self.keeps_unique(schema) {
            return None;
        }
        let plain = self.indexes.iter();
        let plain = plain.filter(|index| index.is_plain_over(schema));
        plain.max_by_key(|index| index.name == KEY_INDEX)
    }

    /// The columns that may be `NULL`, though nothing that this schema describes leaves them out: those of wallow itself,
    /// and the required fields of the key.
    pub(crate) fn loose_columns(&self, schema: &Schema) -> Vec<&str> {
        let required = schema.identifying.iter().filter(|field| !field.nullable);
        let required = required.map(|field| field.name.as_str());
        let names = BUILT_IN.into_iter().chain(required);
        let columns = names.filter_map(|name| self.column(name));
        let loose = columns.filter(|column| column.nullable);
        loose.map(|column| column.name.as_str()).collect()
    }

    /// What the statement of a SQLite table says that a new table would not have: its clauses, and its `UNIQUE` over
    /// other columns than uuids and the key, which get indexes.
    pub fn lost_by_rebuild(&self, schema: Option<&Schema>) -> Vec<String> {
        let is_kept = |index: &LiveIndex| {
            let is_over = |name: &str| index.terms == [IndexTerm::Column(name.to_owned())];
            let is_key = |schema: &Schema| {
                index.is_unique_over(&schema.key()) || index.is_plain_over(schema)
            };
            !index.constraint || is_over("id") || is_over("uuid") || schema.is_some_and(is_key)
        };
        let unique = self.indexes.iter().filter(|index| !is_kept(index));
        let unique = unique.map(|index| {
            let terms = index.terms.iter().map(ToString::to_string);
            format!("UNIQUE ({})", terms.collect::<Vec<_>>().join(", "))
        });
        self.clauses.iter().cloned().chain(unique).collect()
    }

    /// Whether SQLite can adopt it only as a new table.
    pub(crate) fn is_made_anew(&self, schema: &Schema) -> bool {
        self.is_constrained(schema) || !self.loose_columns(schema).is_empty()
    }

    /// Whether an index or a constraint keeps the key of this schema unique.
    pub(crate) fn keeps_unique(&self, schema: &Schema) -> bool {
        let key = schema.key();
        self.indexes.iter().any(|index| index.is_unique_over(&key))
    }

    /// Whether there is an index, not a constraint, of the name that migrations expect over the key.
    pub(crate) fn has_key_index(&self) -> bool {
        let is_named = |index: &LiveIndex| index.name == KEY_INDEX && !index.constraint;
        self.indexes.iter().any(is_named)
    }

    /// Copies the defaults of another table to the columns that have none; returns these columns and their defaults.
    pub(crate) fn take_defaults(&mut self, other: &LiveTable) -> Vec<(String, String)> {
        let mut taken = Vec::new();
        for column in &mut self.columns {
            let default = other.column(&column.name);
            let default = default.and_then(|column| column.default.clone());
            if let (None, Some(default)) = (&column.default, default) {
                taken.push((column.name.clone(), default.clone()));
                column.default = Some(default);
            }
        }
        taken
    }
}

/// What is said of clauses that SQLite would lose with a new table.
pub(crate) fn of_rebuild(lost: &[String]) -> String {
    format!(
        "the table `runs` has what no schema describes, and this change, for which SQLite makes the table anew, would \
         lose it ({})",
        lost.join(", ")
    )
}

/// A type as PostgreSQL names it in its catalogue.
fn in_postgres(declared: &str) -> String {
    match declared {
        "TIMESTAMP" => "timestamp without time zone".to_owned(),
        other => other.to_lowercase(),
    }
}

/// The table `runs`, as far as a store has to know it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunsTable {
    /// The kind of database.
    pub(crate) dialect: Dialect,
    /// The columns, with their types as the database has them.
    pub(crate) columns: BTreeMap<String, String>,
    /// Every full unique index, constraints included.
    pub(crate) unique: Vec<UniqueIndex>,
    /// The columns of the history of attempts, in order; none if there is no such table.
    pub(crate) attempts: Vec<String>,
}

/// A unique index.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UniqueIndex {
    pub(crate) terms: BTreeSet<IndexTerm>,
    /// How a statement makes sure that it is still there.
    pub(crate) check: TableCheck,
}

impl RunsTable {
    /// The index over exactly the identifying fields.
    pub(crate) fn key(&self, schema: &Schema) -> Option<&UniqueIndex> {
        let key = schema.key();
        let mut unique = self.unique.iter();
        unique.find(|index| are_of_key(&index.terms.iter().collect::<Vec<_>>(), &key))
    }
}

impl UniqueIndex {
    /// The columns that it tells runs apart by; `None` if it has an expression of another kind.
    pub(crate) fn columns(&self) -> Option<BTreeSet<&str>> {
        self.terms.iter().map(IndexTerm::column).collect()
    }

    /// Whether it tells a run without a value of this column from others.
    pub(crate) fn has_absence_of(&self, column: &str) -> bool {
        let mut terms = self.terms.iter();
        terms.any(|term| matches!(term, IndexTerm::IsNull(name) if name == column))
    }
}

/// What depends on the table `runs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependent {
    /// Another table, whose rows refer to runs.
    Table {
        /// Its name.
        name: String,
        /// How many rows it has.
        rows: u64,
    },
    /// A view, or a trigger or rule of another table, that names `runs`.
    Reader {
        /// `view`, `materialized view`, `trigger` or `rule of the table`.
        kind: String,
        /// Its name.
        name: String,
    },
}

/// The objects of a server on which roles have rights, as SQL names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Securables {
    /// The schema of the table of runs.
    pub schema: String,
    /// The table of runs, with its schema.
    pub runs: String,
    /// The sequence of its ids, with its schema.
    pub ids: Option<String>,
    /// The table with the notes on migrations, with its schema, if there is one.
    pub notes: Option<String>,
    /// The table with the history of attempts, with its schema, if there is one.
    pub attempts: Option<String>,
}

/// A role of a server that has rights on runs, but cannot read the notes on migrations, as opening a store does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleWithoutNotes {
    /// Its name.
    pub name: String,
    /// Whether it may write runs.
    pub writes: bool,
}

/// Something named `runs` that is not a table, and prevents the creation of a table with that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Namesake {
    /// The kind of object, with an article: `a view`.
    pub(crate) kind: &'static str,
    /// A statement that frees the name.
    pub(crate) way_out: &'static str,
}

/// A setting of a server that a person should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// In a word.
    pub name: &'static str,
    /// What is there.
    pub state: String,
    /// What to do, if it is a mistake.
    pub advice: Option<&'static str>,
}
