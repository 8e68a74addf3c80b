//! How many connections a server has, and how many it takes.

use super::Connection;
use crate::backend::{Remark, Session as _};
use crate::error::Error;

/// In use, and the most: on the server without those that it keeps for administrators, of the role, of the database. A
/// limit of -1 is none. A role that may not see the sessions of others still sees whose they are.
const USED: &str = "\
    SELECT count(*), \
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int \
            - coalesce(current_setting('reserved_connections', true), '0')::int, \
        count(*) FILTER (WHERE usename = current_user), \
        coalesce((SELECT rolconnlimit FROM pg_catalog.pg_roles WHERE rolname = current_user), -1), \
        count(*) FILTER (WHERE datname = current_database()), \
        coalesce((SELECT datconnlimit FROM pg_catalog.pg_database WHERE datname = current_database()), -1) \
    FROM pg_catalog.pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL";

const ADVICE: &str = "few connections are left: let the workers share them through a pooler such as PgBouncer \
    (`pool_mode = transaction`), or have an administrator raise the limit (`max_connections`, `ALTER ROLE … CONNECTION \
    LIMIT`, `ALTER DATABASE … CONNECTION LIMIT`)";

/// A count beside its limit.
struct Use {
    what: &'static str,
    used: i64,
    most: i64,
}

impl Use {
    fn is_limited(&self) -> bool {
        self.most >= 0
    }

    /// Whether nine of ten are in use, or all but one.
    fn is_short(&self) -> bool {
        self.is_limited() && (self.used * 10 >= self.most * 9 || self.used + 1 >= self.most)
    }
}

/// For `wallow doctor`. Its own connection counts.
pub(super) fn remark(connection: &mut Connection) -> Result<Remark, Error> {
    let row = connection.texts(USED)?.into_iter().next();
    let mut numbers = row.into_iter().flatten().map(|cell| {
        let number = cell.and_then(|cell| cell.parse::<i64>().ok());
        number.unwrap_or(-1)
    });
    let mut next = |what| Use {
        what,
        used: numbers.next().unwrap_or(-1),
        most: numbers.next().unwrap_or(-1),
    };
    let uses = [next(""), next("this role: "), next("this database: ")];
    let texts = uses.iter().filter(|one| one.is_limited());
    let texts = texts.map(|one| format!("{}{} of {} in use", one.what, one.used, one.most));
    Ok(Remark {
        name: "connections",
        state: texts.collect::<Vec<_>>().join("; "),
        advice: uses.iter().any(Use::is_short).then_some(ADVICE),
    })
}
