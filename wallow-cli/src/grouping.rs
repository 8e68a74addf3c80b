//! Groups of runs that differ only in some fields, such as the seed.

use wallow_runtime::Query;
use wallow_runtime::dynamic::{Function, Measure, Row, Value};
use wallow_schema::FieldType;

use crate::open::{Reading, grouped};
use crate::output::{self, Failure};
use crate::table::Look;

/// The identifying fields apart from those that are averaged over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grouping {
    /// Those that vary among the runs, in the order of the schema: they make the groups.
    pub(crate) keys: Vec<String>,
    /// Those that are the same in all runs, with their value.
    pub(crate) constant: Vec<(String, Value)>,
}

impl Grouping {
    /// The groups of the runs of a query, over these fields.
    pub(crate) fn over(
        reading: &Reading,
        query: &Query<Row>,
        over: &[String],
    ) -> Result<Self, Failure> {
        refuse_other(reading, over)?;
        let fields = reading.store.schema().identifying.iter();
        let fields = fields.filter(|field| !over.contains(&field.name));
        let mut grouping = Grouping {
            keys: Vec::new(),
            constant: Vec::new(),
        };
        let of = |function, name: &str| Measure::new(function, name);
        let measures = fields.clone().filter(|field| field.ty != FieldType::Bool);
        let measures = measures.flat_map(|field| {
            let functions = [Function::Count, Function::Min, Function::Max];
            functions.map(|function| of(function, &field.name))
        });
        let measures = measures.collect::<Vec<_>>();
        let all = grouped::<&str>(query, &[], &measures)?;
        let Some(all) = all.rows.first() else {
            return Ok(grouping);
        };
        let get = |function, name: &str| all.get(&of(function, name).to_string()).cloned();
        for field in fields {
            let name = field.name.clone();
            let values = if field.ty == FieldType::Bool {
                // The databases have no smallest boolean.
                let groups = grouped(query, &[&name], &[])?;
                let values = groups.rows.iter().filter_map(|row| row.get(&name).cloned());
                values.collect::<Vec<_>>()
            } else {
                let some = get(Function::Count, &name) != Some(Value::Int(0));
                let absent = get(Function::Count, &name) != all.get("runs").cloned();
                let ends = [Function::Min, Function::Max].map(|function| get(function, &name));
                let mut values = ends.into_iter().flatten().collect::<Vec<_>>();
                values.dedup();
                if absent && some {
                    values.push(Value::Null);
                }
                values
            };
            match <[Value; 1]>::try_from(values) {
                Ok([value]) => grouping.constant.push((name, value)),
                Err(values) if values.is_empty() => {}
                Err(_) => grouping.keys.push(name),
            }
        }
        Ok(grouping)
    }
}

impl Grouping {
    /// What the groups are, for a person.
    pub(crate) fn describe(&self, over: &[String]) -> String {
        let keys = if self.keys.is_empty() {
            "one group of all runs, because no other identifying field varies".to_owned()
        } else {
            format!("groups by {}", self.keys.join(", "))
        };
        let constant = self.constant.iter().map(|(name, value)| {
            let value = Look::WHOLE.cell(value, true).text;
            format!("{name} {value}")
        });
        let constant = constant.collect::<Vec<_>>();
        let same = if constant.is_empty() {
            String::new()
        } else {
            format!("; the same in all: {}", constant.join(", "))
        };
        output::visible(&format!("over {}: {keys}{same}", over.join(", ")))
    }
}

/// Only identifying fields are averaged over: the others are what is measured.
pub(crate) fn refuse_other(reading: &Reading, over: &[String]) -> Result<(), Failure> {
    let schema = reading.store.schema();
    match over.iter().find(|name| !reading.is_identifying(name)) {
        None => Ok(()),
        Some(name) => {
            let names = schema.key_columns();
            let near = wallow_schema::near(name, names.iter().copied());
            let help = near.map_or_else(
                || format!("name one of {}", names.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Failure::usage(format!(
                "`{name}` is no identifying field, so runs do not differ in it alone; {help}"
            )))
        }
    }
}

/// The fields to average over if nobody names any: `seed`, if it is part of the key.
pub(crate) fn usual_over(reading: &Reading) -> Vec<String> {
    let seed = "seed";
    let names = reading.is_identifying(seed).then(|| seed.to_owned());
    names.into_iter().collect()
}
