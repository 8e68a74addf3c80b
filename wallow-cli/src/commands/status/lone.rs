//! `wallow status` of a database without a wallow.toml: what it is, and how a project begins with it.

use serde_json::json;
use wallow_runtime::migrate::{Owner, State};

use super::print::section;
use super::{MANAGED, PYTHON, UNMANAGED};
use crate::args::Place;
use crate::bulk::runs;
use crate::output::{self, Failure, Status};
use crate::project::Project;

pub(super) fn run(project: &Project, place: &Place, json: bool) -> Result<Status, Failure> {
    let named = project.database(place)?;
    let database = project.look_at_runs(place)?;
    let state = match (database.state()?, database.owner(&project.schema)?) {
        (State::Managed { .. }, _) => MANAGED,
        (State::Unmanaged { alembic: true }, _) | (_, Some(Owner::Python)) => PYTHON,
        _ => UNMANAGED,
    };
    let count = database.count_runs()?;
    let key = project.schema.key_columns();
    let others = project.schema.annotating.len();
    let adopt = if database
        .table()?
        .is_some_and(|table| table.column("uuid").is_none())
    {
        ", then wallow migrate adopt"
    } else {
        ""
    };
    let next = format!("wallow init --from-db {}{adopt}", named.to_type());
    if json {
        output::json(&json!({
            "in_sync": null,
            "schema": { "key": key, "annotating": others },
            "database": { "url": named.url.to_string(), "state": state, "runs": count },
            "advice": [next],
        }));
        return Ok(Status::Fine);
    }
    let fields = output::counted(others, "other field");
    let schema = format!("read off the table: key ({}), {fields}", key.join(", "));
    section("schema", &schema, &[]);
    section(
        "database",
        &format!("{named}: {state}, {}", runs(count)),
        &[],
    );
    output::line(&format!("to begin a project with it: {next}"));
    Ok(Status::Fine)
}
