//! The errors for a database or a queue that is not there yet.

use wallow_runtime::DatabaseUrl;

use super::{Project, refuse_memory};
use crate::advice;
use crate::args::Place;
use crate::output::Failure;

impl Project {
    /// Checks the database for a command that works on the queue. If it is missing, the advice is the command that makes it
    /// and fills the queue.
    pub(crate) fn look_at_queue(&self, place: &Place) -> Result<(), Failure> {
        refuse_memory(&self.url(place)?, place.option())?;
        let table = match self.look_at_database(place)? {
            None => None,
            Some(database) => database.table()?,
        };
        if table.is_none() && !self.is_implied && self.situation(None).is_ok() {
            let url = self.url(place)?;
            // `--db` names a database of its own.
            #[cfg(unix)]
            let fill = crate::serve_db::how_to_fill().filter(|_| place.db.is_none());
            #[cfg(not(unix))]
            let fill = None::<String>;
            let fill = fill.unwrap_or_else(|| {
                "fill it with `wallow enqueue FIELD=VALUES…`, which makes the database if there is none, or name another \
                 with `--db URL`"
                    .to_owned()
            });
            return Err(Failure::finding(format!(
                "there is no queue in `{url}` yet; {fill}"
            )));
        }
        self.look_at_runs(place).map(drop)
    }

    pub(super) fn missing(&self, url: &DatabaseUrl, place: &Place) -> Failure {
        let option = place.option();
        if option == "--from" {
            return Failure::finding(format!(
                "there is no database `{url}`; name one that is there with `--from URL`"
            ));
        }
        match self.situation(None) {
            Ok(situation) => Failure::finding(format!(
                "there is no database `{url}` yet; to make it, {}; or name another with `{option} URL`",
                advice::about(&situation.next().to_string(), place)
            )),
            Err(failure) => failure,
        }
    }
}
