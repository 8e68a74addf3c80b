//! Row-level security of a PostgreSQL server: policies may hide runs from the role of the connection.
//!
//! A command that shows runs shows those that the role sees, and says so. A command whose result is wrong without every
//! run (a copy that is "verified", a folder that is "without a run") refuses. It also lets the server refuse each of its
//! statements, so a policy that is made in the meantime changes nothing.

use wallow_runtime::dynamic::Store;

use super::Project;
use crate::args::Place;
use crate::output::{self, Failure};
use crate::store_warnings;

impl Project {
    /// Opens the database as a store that reads every run; `nothing` says what has not been done if it cannot.
    pub(crate) fn open_to_read_all(&self, place: &Place, nothing: &str) -> Result<Store, Failure> {
        self.look_at_runs(place)?;
        self.open_all(place, true, nothing)
    }

    /// Opens the database as a store that reads every run and changes runs.
    pub(crate) fn open_all(
        &self,
        place: &Place,
        read_only: bool,
        nothing: &str,
    ) -> Result<Store, Failure> {
        let options = Store::options().read_only(read_only).every_row(true);
        let store = if read_only {
            self.open_with(place, &options)
        } else {
            let open = || self.open_store_with(place, &options);
            store_warnings::of_place(&self.url(place)?, open)
        }?;
        if store.hides_rows()? {
            return Err(Failure::finding(format!(
                "policies of `{}` (row-level security) hide runs from this role, and this needs every run, so {nothing}; \
                 connect as the owner of the table, or as a role with `BYPASSRLS`",
                output::visible(&self.url(place)?.to_string())
            )));
        }
        Ok(store)
    }
}

/// Warns if policies of the server may hide runs from what is shown or changed.
pub(crate) fn warn_of_hidden(hides_rows: bool) {
    if hides_rows {
        output::warning(
            "row-level security is in force for this role: runs that its policies hide are neither read nor counted; \
             the owner of the table, or a role with `BYPASSRLS`, sees every run",
        );
    }
}
