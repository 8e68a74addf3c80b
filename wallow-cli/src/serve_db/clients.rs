//! Who is connected to the server: workers on other machines, and programs that have left the session of the command.

use std::time::{Duration, Instant};

use wallow_runtime::dynamic::Value;
use wallow_runtime::external_db::ExternalDb;

use super::course::{Course, Event};
use crate::output::{self, counted, visible};

/// How this process names itself to the server.
const NAME: &str = "wallow-serve-db";

/// How often the server is asked.
const LOOK: Duration = Duration::from_millis(200);

/// A connection is there for a moment after its program has ended.
const MOMENT: Duration = Duration::from_secs(1);

/// Waits until nobody is connected any more, for what is left of the grace: the end of a run that is not written before the
/// server stops is lost. A signal ends the wait.
pub(super) fn wait_for(url: &str, course: &mut Course, grace: Duration) {
    let Ok(database) = ExternalDb::open(&*format!("{url}?application_name={NAME}")) else {
        // It has no room for one more, or this program was built without PostgreSQL.
        return;
    };
    let begun = Instant::now();
    let limit = course.rest_of(grace);
    let mut is_said = false;
    while let Some(clients) = connected(&database) {
        if begun.elapsed() >= limit {
            output::warning(&format!(
                "{clients} still open, and the server stops: what they have not written is not in the data; have \
                 the command wait for every program that uses the database"
            ));
            return;
        }
        if !is_said && begun.elapsed() >= MOMENT {
            is_said = true;
            output::note(&format!(
                "{clients} still open; the server stops when nobody is connected, at the next signal, or after --grace"
            ));
        }
        let next = course.next(Some(LOOK));
        if matches!(next, Some(Event::Signal(_))) || !course.may_dump() {
            return;
        }
    }
}

/// How many connections others have, and from which addresses; `None` if there are none, or nobody answers.
fn connected(database: &ExternalDb) -> Option<String> {
    let sql = "SELECT count(*), string_agg(DISTINCT coalesce(host(client_addr), 'here'), ', ') \
        FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> ?";
    let row = database.rows(sql, &[NAME], 2).ok()?.into_iter().next()?;
    let mut cells = row.into_iter();
    match (cells.next()?, cells.next()?) {
        (Value::Int(count), Value::Text(places)) if count > 0 => {
            let (connections, are) = (
                counted(count, "connection"),
                if count == 1 { "is" } else { "are" },
            );
            Some(format!("{connections} from {} {are}", visible(&places)))
        }
        _ => None,
    }
}
