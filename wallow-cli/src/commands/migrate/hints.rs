//! What a person says about a change of the schema: renames, drops and losses. `generate`, `push` and `adopt` ask alike.

use wallow_schema::diff::{Hints, Refusal, Refusals};

use crate::args::{name, normal};
use crate::output;

/// The options that say it without a question.
#[derive(Debug, clap::Args)]
pub(crate) struct HintOptions {
    /// Rename a field
    #[arg(long, value_name = "OLD=NEW", value_parser = renamed)]
    pub(crate) rename: Vec<(String, String)>,

    /// Drop a field, although a new field looks like its new name
    #[arg(long, value_name = "FIELD", value_parser = name)]
    pub(crate) drop: Vec<String>,

    /// Allow dropping an identifying field; refused if runs would have the same key
    #[arg(long)]
    pub(crate) allow_drop_identifying: bool,
}

impl HintOptions {
    pub(super) fn hints(&self) -> Hints {
        Hints {
            renames: self.rename.clone(),
            drops: self.drop.clone(),
            allow_drop_identifying: self.allow_drop_identifying,
            no_runs: false,
        }
    }
}

/// Compares until every question is answered. Questions that only a person can answer are asked on a terminal, and
/// refused without one. `refusals` has the refusals of a failed comparison.
pub(super) fn decide<T, E>(
    hints: &mut Hints,
    compare: impl Fn(&Hints) -> Result<T, E>,
    refusals: impl Fn(&E) -> Option<&Refusals>,
) -> Result<T, E> {
    loop {
        let error = match compare(hints) {
            Ok(compared) => return Ok(compared),
            Err(error) => error,
        };
        let open = refusals(&error).into_iter().flatten();
        let open = open.filter_map(|refusal| match refusal {
            Refusal::Ambiguous {
                dropped,
                candidates,
            } => Some((dropped, candidates)),
            _ => None,
        });
        match open.take(1).next() {
            Some((dropped, candidates)) if output::can_ask() => {
                if !answer(dropped, candidates, hints) {
                    return Err(error);
                }
            }
            _ => return Err(error),
        }
    }
}

/// Asks what became of a field; `false` if the person did not answer.
fn answer(dropped: &str, candidates: &[String], hints: &mut Hints) -> bool {
    let choices = candidates.join(", ");
    let question = format!(
        "`{dropped}` is gone. Has it a new name ({choices})? Write the name, `no` if it is really \
         gone, or nothing to stop:"
    );
    let answer = output::ask(&question);
    let named = match (answer.as_str(), candidates) {
        ("y" | "yes", [only]) => Some(only),
        _ => candidates.iter().find(|name| **name == answer),
    };
    if let Some(name) = named {
        hints.renames.push((dropped.to_owned(), name.clone()));
        return true;
    }
    let gone = matches!(answer.as_str(), "n" | "no");
    if gone {
        hints.drops.push(dropped.to_owned());
    }
    gone
}

fn renamed(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((normal(old), normal(new))),
        _ => Err("write `OLD=NEW`, such as `lr=learning_rate`".into()),
    }
}
