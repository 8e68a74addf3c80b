//! Texts that are not in a closed set. Such runs were written before a value was removed from the schema, or by another
//! program.

use wallow_runtime::Error;
use wallow_runtime::dynamic::{Store, Value};

use crate::bulk::runs;
use crate::output;

/// Advice on what to do about such texts.
pub(crate) const ADVICE: &str = "add the values to `values` in wallow.toml again, or change these runs: programs report an \
                                 error when they read one (find them with `wallow ls --where 'FIELD between \"VALUE\" and \"VALUE\"'`)";

/// A line for each such text, with the number of its runs.
pub(crate) fn unlisted(store: &Store) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for field in store
        .schema()
        .fields()
        .filter(|field| !field.values.is_empty())
    {
        let groups = store.query().group(&[&field.name], &[])?;
        for row in groups.rows {
            let mut cells = row.iter().map(|(_, value)| value);
            let (Some(Value::Text(text)), Some(Value::Int(count))) = (cells.next(), cells.next())
            else {
                continue;
            };
            if !field.values.contains(text) {
                lines.push(format!(
                    "{} in `{}`, which has no value `{}`",
                    runs(u64::try_from(*count).unwrap_or_default()),
                    field.name,
                    output::visible(text),
                ));
            }
        }
    }
    Ok(lines)
}
