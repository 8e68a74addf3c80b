//! A grid of settings: the product of lists of values, and of rows of a file.
//!
//! What enters: lists as a person types them (`learning_rate=1e-3,1e-2`, `seed=0..5`), and which of them are walked side
//! by side. What leaves: keys, in the order of nested loops: the last list varies fastest. Invariant: memory does not
//! grow with the number of keys, because ranges are kept as ranges.

mod axis;
mod range;
mod values;

use std::fmt::Write as _;

use wallow_runtime::dynamic::Value;
use wallow_schema::{Field, Schema};

use crate::output::Failure;
pub(crate) use axis::Axis;
use values::Values;

/// The most runs that a table can have.
const MOST: u128 = 9_223_372_036_854_775_807;

/// The lists of a grid, and the values of the fields that are in no list.
#[derive(Debug)]
pub(crate) struct Grid {
    /// A value for each identifying field, in the order of the schema: that of every key, or of the current row.
    base: Vec<Option<Value>>,
    axes: Vec<Axis>,
}

impl Grid {
    /// Reads lists: a field and the text of its values. `zips` are the fields whose lists are walked side by side.
    ///
    /// # Errors
    /// Every value that cannot be read, with its field and its place.
    pub(crate) fn read(
        schema: &Schema,
        lists: &[(String, String)],
        zips: &[Vec<String>],
    ) -> Result<Self, Failure> {
        let precision = schema.project.float_precision;
        let mut faults = Vec::new();
        let mut read = Vec::new();
        for (index, (name, text)) in lists.iter().enumerate() {
            let place = match place_of(schema, name) {
                Ok(place) => place,
                // The other lists are read, too, so that all faults are reported at once.
                Err(reason) => {
                    faults.push(reason.to_string());
                    continue;
                }
            };
            if lists[..index].iter().any(|(other, _)| other == name) {
                faults.push(format!(
                    "`{name}` has two lists; write all values in one, separated by commas"
                ));
            }
            let is_zipped = zips.iter().any(|zip| zip.contains(name));
            match Values::read(&schema.identifying[place], text, precision, is_zipped) {
                Ok(values) => read.push((place, values)),
                Err(reasons) => faults.extend(
                    reasons
                        .into_iter()
                        .map(|reason| format!("{reason} (`{name}={text}`)")),
                ),
            }
        }
        if !faults.is_empty() {
            return Err(refused(&faults));
        }
        // An optional field that is left out is absent.
        let default = |field: &Field| match &field.default {
            Some(default) => Some(Value::from(default)),
            None => field.is_optional().then_some(Value::Null),
        };
        let grid = Grid {
            base: schema.identifying.iter().map(default).collect(),
            axes: axis::zipped(schema, read, zips)?,
        };
        if grid.len() > MOST {
            return Err(Failure::usage(format!(
                "the lists have more than {MOST} combinations, which no table can hold; write shorter lists"
            )));
        }
        Ok(grid)
    }

    /// Whether a field has a list.
    pub(crate) fn lists(&self, place: usize) -> bool {
        self.axes.iter().any(|axis| axis.has(place))
    }

    /// An error if a key would lack a field. `rows` are the fields that the rows of a file have.
    pub(crate) fn refuse_gaps(&self, schema: &Schema, rows: &[usize]) -> Result<(), Failure> {
        let has = |place: &usize| self.lists(*place) || rows.contains(place);
        let gaps = (0..self.base.len()).filter(|place| !has(place) && self.base[*place].is_none());
        let gaps = gaps.map(|place| format!("`{}`", schema.identifying[place].name));
        let gaps = gaps.collect::<Vec<_>>();
        if gaps.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format!(
            "{} {} no value, and no default; add a list, such as `{}=…`",
            gaps.join(" and "),
            if gaps.len() == 1 { "has" } else { "have" },
            gaps[0].trim_matches('`'),
        )))
    }

    /// How many combinations of the lists there are; for each row of a file, if there is one.
    pub(crate) fn len(&self) -> u128 {
        let lengths = self.axes.iter().map(|axis| u128::from(axis.len()));
        lengths.fold(1, u128::saturating_mul)
    }

    /// The keys, with the values of a row in their places.
    pub(crate) fn keys<'g>(
        &'g self,
        row: &'g [(usize, Value)],
    ) -> impl Iterator<Item = Vec<Value>> + 'g {
        let mut base = self.base.clone();
        for (place, value) in row {
            base[*place] = Some(value.clone());
        }
        let mut key: Vec<Value> = base
            .into_iter()
            .map(|value| value.unwrap_or(Value::Null))
            .collect();
        let mut at = vec![0; self.axes.len()];
        for axis in &self.axes {
            axis.put(0, &mut key);
        }
        let mut next = self.axes.iter().all(|axis| axis.len() > 0).then_some(key);
        std::iter::from_fn(move || {
            let key = next.take()?;
            next = self.step(&mut at, key.clone());
            Some(key)
        })
    }

    /// The key after this one: like the hand of a clock, a list that is at its end begins anew and moves the list before.
    fn step(&self, at: &mut [u64], mut key: Vec<Value>) -> Option<Vec<Value>> {
        for (axis, at) in self.axes.iter().zip(at).rev() {
            *at += 1;
            if *at < axis.len() {
                axis.put(*at, &mut key);
                return Some(key);
            }
            *at = 0;
            axis.put(0, &mut key);
        }
        None
    }
}

/// The position of an identifying field.
fn place_of(schema: &Schema, name: &str) -> Result<usize, Failure> {
    let fields = &schema.identifying;
    if let Some(place) = fields.iter().position(|field| field.name == name) {
        return Ok(place);
    }
    if schema.annotating.iter().any(|field| field.name == name) {
        return Err(Failure::usage(format!(
            "`{name}` is an annotating field, which does not define a run; write it to a run that is there with \
             `wallow set RUN {name}=VALUE`, to many with `wallow import`, or in your program"
        )));
    }
    let known = fields.iter().map(|field| field.name.as_str());
    let help = match wallow_schema::near(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the schema has: {}", known.collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::usage(format!(
        "`{name}` is no identifying field; {help}"
    )))
}

/// All faults of the lists in one error.
fn refused(faults: &[String]) -> Failure {
    let mut text = faults.first().cloned().unwrap_or_default();
    for fault in faults.iter().skip(1) {
        let _ = write!(text, "\n{fault}");
    }
    Failure::usage(text)
}

#[cfg(test)]
mod tests;
