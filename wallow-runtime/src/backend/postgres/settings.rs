//! The settings of a server that decide which table is meant and in which language its messages are.

use super::Connection;
use super::connections;
use super::failure::is_understood;
use super::health;
use super::server::{self, Server};
use super::tables::hides_rows;
use crate::backend::Remark;
use crate::backend::Session as _;
use crate::error::{Error, ErrorKind};

/// Schemas with a table `runs` that is hidden, because the search path finds another one first.
const HIDDEN: &str = "\
    SELECT relnamespace::regnamespace::text FROM pg_class \
    WHERE relname = 'runs' AND relkind IN ('r', 'p') AND oid <> to_regclass('runs') \
        AND relnamespace::regnamespace::text = ANY (SELECT quote_ident(name) FROM unnest(current_schemas(false)) AS name) \
    ORDER BY 1";

/// Schemas that the search path names before `pg_catalog`. The server looks into `pg_catalog` first unless the path names it
/// somewhere else.
const BEFORE_CATALOG: &str = "\
    SELECT path.name::text FROM unnest(current_schemas(true)) WITH ORDINALITY AS path (name, place) \
    WHERE path.place < array_position(current_schemas(true), 'pg_catalog'::name) AND left(path.name::text, 3) <> 'pg_' \
    ORDER BY path.place";

/// The schemas of the runs and of the table of applied migrations, if they differ.
const APART: &str = "\
    SELECT runs.relnamespace::regnamespace::text, notes.relnamespace::regnamespace::text \
    FROM pg_class AS runs, pg_class AS notes \
    WHERE runs.oid = to_regclass('runs') AND notes.oid = to_regclass('__diesel_schema_migrations') \
        AND runs.relnamespace <> notes.relnamespace";

/// Refuses a table of applied migrations that is not in the schema of the runs: it belongs to other runs.
pub(crate) fn check_place_of_notes(connection: &mut Connection) -> Result<(), Error> {
    let Some(row) = connection.texts(APART)?.into_iter().next() else {
        return Ok(());
    };
    let mut cells = row.into_iter().map(Option::unwrap_or_default);
    let (runs, notes) = (
        cells.next().unwrap_or_default(),
        cells.next().unwrap_or_default(),
    );
    let message = format!(
        "the `search_path` of the connection finds the table `runs` in the schema `{runs}`, and notes on migrations in \
         `{notes}`: they belong to other runs; name one schema alone with the parameter \
         `options=-c%20search_path%3D{runs}` of the URL",
    );
    Err(Error::new(ErrorKind::SchemaMismatch, message))
}

/// The settings of the server that a person should know of.
pub(crate) fn remarks(connection: &mut Connection) -> Result<Vec<Remark>, Error> {
    let mut remarks = of_server(connection)?;
    let hidden = connection.column(HIDDEN)?;
    if !hidden.is_empty() {
        let used =
            "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass('runs')";
        remarks.push(Remark {
            name: "place",
            state: format!(
                "schema {}; also in the search path, and not looked at: {}",
                connection.text(used)?.unwrap_or_default(),
                hidden.join(", ")
            ),
            advice: None,
        });
    }
    let before = connection.column(BEFORE_CATALOG)?;
    if !before.is_empty() {
        remarks.push(Remark {
            name: "search path",
            state: format!(
                "{} before `pg_catalog`: functions and operators there take the place of the server's, in wallow's SQL too",
                before.join(", ")
            ),
            advice: Some(
                "have `pg_catalog` removed from the `search_path` of this role: the server then looks there first",
            ),
        });
    }
    if hides_rows(connection)? {
        remarks.push(Remark {
            name: "policies",
            state: "row-level security is in force for this role: it sees, counts and checks only the runs that the policies show it".into(),
            advice: Some(
                "check the database as a role from which no policy hides runs: the owner of the table, or one with \
                 `BYPASSRLS`",
            ),
        });
    }
    let language = connection.text("SHOW lc_messages")?.unwrap_or_default();
    if !is_understood(&language) {
        remarks.push(Remark {
            name: "messages",
            state: format!("{language}: a wait for a lock that took too long may not be recognised"),
            advice: Some(
                "have an administrator run `ALTER DATABASE … SET lc_messages = 'C'` for this database",
            ),
        });
    }
    Ok(remarks)
}

/// What the server is, and how many connections it still takes.
fn of_server(connection: &mut Connection) -> Result<Vec<Remark>, Error> {
    let question = format!("SELECT {}", server::QUESTION);
    let answer = connection.texts(&question)?.into_iter().next();
    let server = Server::of_answer(answer.into_iter().flatten());
    let mut remarks = vec![server.remark()];
    if let Server::Postgres(_) = server {
        remarks.push(connections::remark(connection)?);
        remarks.extend(health::remarks(connection)?);
    }
    Ok(remarks)
}
