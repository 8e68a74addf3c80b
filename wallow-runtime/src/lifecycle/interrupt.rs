//! Ctrl-C: runs go back to the queue before the program ends.

use std::sync::atomic::{AtomicBool, Ordering};

use super::LocalClaims;
use crate::error::{Error, ErrorKind};

/// The exit status that shells report for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// From now on, a signal to end gives back the claims of this program, then ends the program. A second signal ends it
/// at once.
pub(crate) fn release_on_ctrl_c(claims: LocalClaims) -> Result<(), Error> {
    let asked = AtomicBool::new(false);
    let handler = move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        let claims = claims.clone();
        // In a thread of its own, so that a second signal is handled while this one waits for a lock.
        let releasing = std::thread::Builder::new().name("wallow-release".into());
        let spawned = releasing.spawn(move || claims.release_before_exit(INTERRUPTED));
        if spawned.is_err() {
            std::process::exit(INTERRUPTED);
        }
    };
    ctrlc::set_handler(handler).map_err(|error| {
        let message = format!(
            "Ctrl-C cannot be listened to: {error}; a program has one listener: where it has its \
             own, call `Store::release_claims` there"
        );
        Error::new(ErrorKind::Io, message).with_source(error)
    })
}
