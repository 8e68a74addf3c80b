//! What the page can ask for; `page/src/source/live.js` asks.

use serde_json::json;

use super::answer::{Answer, Refusal};
use super::parameters::Parameters;
use super::{Shown, files, groups, progress, runs};

/// The answer to a request below `/api/`.
pub(super) fn answer(
    shown: &Shown,
    what: &str,
    parameters: &Parameters,
) -> Result<Answer, Refusal> {
    match what {
        // A mistake of a person is an answer here: browsers log every other status as an error of the page.
        "check" => Ok(Answer::json(&match shown.query(parameters.condition()) {
            Ok(_) => json!({}),
            Err(mistake) => json!({ "mistake": mistake.as_json() }),
        })),
        "count" => {
            let runs = shown.query(parameters.condition())?.count()?;
            Ok(Answer::json(&json!({ "runs": runs })))
        }
        "rows" => runs::rows(shown, parameters),
        "sample" => runs::sample(shown, parameters),
        "curves" => runs::curves(shown, parameters),
        "run" => runs::run(shown, parameters),
        "csv" => runs::csv(shown, parameters),
        "left_out" => runs::left_out(shown, parameters),
        "facts" => groups::facts(shown, parameters),
        "groups" => groups::groups(shown, parameters),
        "progress" => progress::progress(shown, parameters),
        "importance" => groups::importance(shown, parameters),
        "log" => files::log(shown, parameters),
        _ => Err(Refusal::new(404, "there is nothing here", "open `/`")),
    }
}
