//! Compares two schemas: returns the steps between them, or every reason why there are none.
//!
//! The comparison is pure: facts that only a person can know are given as [`Hints`]. The steps are in an order in which
//! a database can do them, and their reverses in the opposite order are the way back: renames, new columns, changed
//! columns, the key, columns that leave the key, indexes, and dropped columns. The storage of a queue is added after all
//! of them, and dropped before.

mod fields;
mod names;
mod refusal;

pub use refusal::{Refusal, Refusals, RenameProblem};

use crate::column::Column;
use crate::operation::Operation;
use crate::schema::{Field, FieldType, KeyField, Role, Schema};
use crate::snapshot::essence;
use names::Names;

/// Facts about a change that a schema file cannot express.
///
/// ```
/// use wallow_schema::diff::Hints;
///
/// let hints = Hints { renames: vec![("lr".to_owned(), "learning_rate".to_owned())], ..Hints::default() };
/// assert!(!hints.allow_drop_identifying);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Fields that are renamed: the old name and the new name.
    pub renames: Vec<(String, String)>,
    /// Fields that are dropped, although a new field looks like them.
    pub drops: Vec<String>,
    /// Whether an identifying field may be dropped, if no two runs get the same key by that.
    pub allow_drop_identifying: bool,
    /// Whether there are no runs, so that a new field that every run needs may have no default. The script checks that
    /// there are still none.
    pub no_runs: bool,
}

/// The steps from one schema to another; none if they are the same to a database. `None` is a database without the
/// table.
///
/// # Errors
///
/// Every reason why there are no steps, each with what to do.
///
/// ```
/// use wallow_schema::diff::{Hints, diff};
///
/// let schema = |text: &str| wallow_schema::parse(&format!("[project]\nname = \"sweep\"\n{text}"), "wallow.toml");
/// let old = schema("[identifying.seed]\ntype = \"int\"")?;
/// let new = schema("[identifying.seed]\ntype = \"int\"\n[annotating.loss]\ntype = \"float\"")?;
/// let steps = diff(Some(&old), &new, &Hints::default())?;
/// assert_eq!(steps.iter().map(ToString::to_string).collect::<Vec<_>>(), ["add the annotating field `loss` (float)"]);
/// assert_eq!(diff(Some(&new), &new, &Hints::default())?, []);
///
/// let refusals = diff(Some(&new), &schema("[identifying.seed]\ntype = \"bool\"")?, &Hints::default()).unwrap_err();
/// assert!(refusals.to_string().starts_with("field `seed` cannot become bool instead of int"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn diff(old: Option<&Schema>, new: &Schema, hints: &Hints) -> Result<Vec<Operation>, Refusals> {
    let Some(old) = old else {
        return Ok(vec![Operation::CreateTable(Box::new(essence(new)))]);
    };
    let mut refusals = Refusals::default();
    let names = Names::of(old, new, hints, &mut refusals);
    if let Some(refusal) = precision(old, new, names.kept()) {
        refusals.push(refusal);
    }
    let adds = fields::added(&names, hints, &mut refusals);
    let (demotions, changes) = fields::altered(&names, &mut refusals)
        .into_iter()
        .partition(fields::is_demotion);
    let steps = Steps {
        renames: names.renames(),
        adds,
        changes,
        key: key(old, new, &names),
        demotions,
        indexes: indexes(&names),
        drops: fields::dropped(&names, hints, &mut refusals),
        attempts: attempts(old, new),
        begins_queue: !old.has_lifecycle() && new.has_lifecycle(),
        ends_queue: old.has_lifecycle() && !new.has_lifecycle(),
    };
    refusals.or(steps.in_order())
}

/// The steps by what they do.
struct Steps {
    renames: Vec<Operation>,
    adds: Vec<Operation>,
    changes: Vec<Operation>,
    key: Option<Operation>,
    demotions: Vec<Operation>,
    indexes: Vec<Operation>,
    drops: Vec<Operation>,
    attempts: Option<Operation>,
    begins_queue: bool,
    ends_queue: bool,
}

impl Steps {
    /// The order guarantees, in both directions, that a column exists and is never NULL before the key needs it, and
    /// that it is changed or dropped only after the key does not use it any more. The index of a queue exists only while
    /// `status` is a column of its type.
    fn in_order(self) -> Vec<Operation> {
        let begins_queue = self.begins_queue.then_some(Operation::CreateQueueStorage);
        let ends_queue = self.ends_queue.then_some(Operation::DropQueueStorage);
        let columns = [self.renames, self.adds, self.changes];
        ends_queue
            .into_iter()
            .chain(columns.into_iter().flatten())
            .chain(self.key)
            .chain(self.demotions)
            .chain(self.indexes)
            .chain(self.drops)
            .chain(self.attempts)
            .chain(begins_queue)
            .collect()
    }
}

/// Why a run that was registered with one schema may not be found with the other: both have a float of the key, which
/// they round to different numbers of digits. Tables do not record it, so it is compared with the newest snapshot.
///
/// ```
/// let schema = |precision: u32| {
///     let text = format!(
///         "[project]\nname = 'a'\nfloat_precision = {precision}\n[identifying.rate]\ntype = 'float'\n"
///     );
///     wallow_schema::parse(&text, "wallow.toml")
/// };
/// let refusal = wallow_schema::diff::float_precision(&schema(12)?, &schema(4)?);
/// assert!(refusal.is_some_and(|refusal| refusal.help().starts_with("keep `float_precision = 12`")));
/// # Ok::<(), wallow_schema::Diagnostics>(())
/// ```
pub fn float_precision(old: &Schema, new: &Schema) -> Option<Refusal> {
    let kept = new.identifying.iter();
    let kept = kept.filter_map(|field| Some((old.field(&field.name)?, field)));
    precision(old, new, kept)
}

/// With another precision, the floats of existing keys would be different, and runs would not be found again.
fn precision<'a>(
    old: &Schema,
    new: &Schema,
    kept: impl Iterator<Item = (&'a Field, &'a Field)>,
) -> Option<Refusal> {
    let (from, to) = (old.project.float_precision, new.project.float_precision);
    let is_float_of_the_key =
        |field: &Field| field.role == Role::Identifying && field.ty == FieldType::Float;
    let fields = kept.filter(|(old, new)| is_float_of_the_key(old) && is_float_of_the_key(new));
    let fields: Vec<String> = fields.map(|(_, new)| new.name.clone()).collect();
    (from != to && !fields.is_empty()).then_some(Refusal::FloatPrecision { from, to, fields })
}

/// The unique index has its columns in alphabetical order, so a rename can change it, too. An optional field has
/// expressions there, so it changes the index when it becomes required.
fn key(old: &Schema, new: &Schema, names: &Names<'_>) -> Option<Operation> {
    let from = old.key().into_iter().map(|field| KeyField {
        name: names.renamed(&field.name).to_owned(),
        ..field
    });
    let (from, to): (Vec<KeyField>, _) = (from.collect(), new.key());
    let terms = |key: &[KeyField]| {
        let terms = key
            .iter()
            .map(|field| (field.name.clone(), field.optional.is_some()));
        terms.collect::<Vec<_>>()
    };
    (terms(&from) != terms(&to)).then_some(Operation::ChangeKey { from, to })
}

/// The history of attempts is a table of its own, so this step can come at any place.
fn attempts(old: &Schema, new: &Schema) -> Option<Operation> {
    match (old.project.attempts, new.project.attempts) {
        (false, true) => Some(Operation::CreateAttempts),
        (true, false) => Some(Operation::DropAttempts),
        _ => None,
    }
}

/// Dropped indexes, then new ones.
fn indexes(names: &Names<'_>) -> Vec<Operation> {
    let kept_and_gone = names
        .kept()
        .map(|(old, new)| (old, new.indexed, new.name.as_str()));
    let gone = names.gone().map(|old| (old, false, old.name.as_str()));
    let drops = kept_and_gone
        .chain(gone)
        .filter(|&(old, indexed, _)| old.indexed && !indexed)
        .map(|(_, _, name)| Operation::DropIndex {
            field: name.to_owned(),
        });
    let kept = names.kept().map(|(old, new)| (old.indexed, new));
    let come = names.come().map(|new| (false, new));
    let adds = kept
        .chain(come)
        .filter(|&(was_indexed, new)| new.indexed && !was_indexed)
        .map(|(_, new)| Operation::AddIndex {
            field: new.name.clone(),
        });
    drops.chain(adds).collect()
}

/// The column of a field in its schema.
fn column(schema: &Schema, field: &Field) -> Column {
    Column::of(field, schema.project.float_precision)
}
