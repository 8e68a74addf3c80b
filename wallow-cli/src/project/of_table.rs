//! A project with the schema that its table has, for changes of runs that a change of wallow.toml waits for.

use wallow_runtime::migrate::{Database, Known, LiveTable, TableState};
use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;
use wallow_schema::diff::{Hints, diff};

use super::Project;
use crate::args::Place;
use crate::output::{self, Failure};

impl Project {
    /// The project to change runs with. If wallow.toml differs from the table, and everything that the command names is
    /// in the table (`knows`), its schema is that of the table: what `push` and `generate` say to delete or to change
    /// first can then be deleted and changed with the wallow.toml that they refused.
    pub(crate) fn changing_runs(
        self,
        place: &Place,
        knows: impl Fn(&Schema) -> bool,
    ) -> Result<Self, Failure> {
        let Some(schema) = self.schema_of_table(place)?.filter(knows) else {
            return Ok(self);
        };
        output::note(&format!(
            "{} differs from the table `runs`, and the fields here are those of the table",
            self.path.display()
        ));
        Ok(Project { schema, ..self })
    }

    /// The schema of the table, if it differs from that of the file in what a database knows.
    pub(crate) fn schema_of_table(&self, place: &Place) -> Result<Option<Schema>, Failure> {
        let Some(database) = self.look_at_database(place)? else {
            return Ok(None);
        };
        let known = Known {
            schema: &self.schema,
            renames: &[],
        };
        // A table that cannot be read is reported by the command itself.
        let (Ok(Some(inferred)), Some(table)) = (database.inferred(Some(known)), database.table()?)
        else {
            return Ok(None);
        };
        let schema = self.with_fields_of(inferred.schema, &table);
        if diff(Some(&schema), &self.schema, &Hints::default()).is_ok_and(|steps| steps.is_empty())
        {
            return Ok(None);
        }
        Ok(Some(schema))
    }

    /// Takes the schema of the table if no command brings the table to wallow.toml, so that its runs can be saved.
    pub(crate) fn saving_runs(self, place: &Place) -> Result<Self, Failure> {
        let database = self.look_at_database(place)?;
        if self.is_implied {
            return Ok(self);
        }
        // A migration that makes the table anew and would lose a clause of it stops, too.
        let has_clauses = match &database {
            Some(database) => self.has_clauses(database)?,
            None => false,
        };
        if has_clauses || self.situation(database.as_ref())?.table == TableState::Stuck {
            return self.changing_runs(place, |_| true);
        }
        Ok(self)
    }

    /// Whether SQLite would lose something with a new table.
    fn has_clauses(&self, database: &Database) -> Result<bool, Failure> {
        let known = Known {
            schema: &self.schema,
            renames: &[],
        };
        if database.dialect() != Dialect::Sqlite {
            return Ok(false);
        }
        let table = database.table()?.unwrap_or_default();
        let before = database.inferred(Some(known)).ok().flatten();
        let before = before.map(|inferred| inferred.schema);
        Ok(before.is_some_and(|before| !table.lost_by_rebuild(Some(&before)).is_empty()))
    }

    /// The schema of the file with the fields of the table. What no table says of a field stays.
    fn with_fields_of(&self, inferred: Schema, table: &LiveTable) -> Schema {
        let mut schema = Schema {
            project: self.schema.project.clone(),
            database: self.schema.database.clone(),
            ..inferred
        };
        // Columns of types that no field has may still hold the values of declared ones.
        let declared = self.schema.annotating.iter();
        let hidden = declared.filter(|field| {
            table.column(&field.name).is_some() && schema.field(&field.name).is_none()
        });
        let hidden = hidden.cloned().collect::<Vec<_>>();
        schema.annotating.extend(hidden);
        for field in schema.identifying.iter_mut().chain(&mut schema.annotating) {
            let declared = self.schema.field(&field.name);
            if let Some(declared) = declared.filter(|declared| declared.ty == field.ty) {
                field.values.clone_from(&declared.values);
                field.doc.clone_from(&declared.doc);
            }
        }
        schema
    }
}
