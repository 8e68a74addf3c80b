//! The clock of the server or of the machine is set while workers hold runs.

use std::fs;

use test_support::{Place, on_file_and_server};

use crate::database::{Database, TimeOf};
use crate::gap;

on_file_and_server! { a_clock_that_jumps_an_hour_makes_nobody_look_dead }

fn a_clock_that_jumps_an_hour_makes_nobody_look_dead(place: &Place) {
    let db = Database::of(place);
    #[cfg(feature = "postgres")]
    let server = db.clock();
    gap::live_claims_survive(&db.url, db.folder(), |_| match db.time {
        // Renamed into place, so that nobody reads half of it.
        TimeOf::Machine => {
            let new = db.folder().join("ahead.new");
            fs::write(&new, "3600").unwrap();
            fs::rename(new, db.folder().join("ahead")).unwrap();
        }
        #[cfg(feature = "postgres")]
        TimeOf::Server => server.as_ref().unwrap().go(3600),
    });
}
