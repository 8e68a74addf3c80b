//! Warnings of the store, for the person who started the work: what cannot be written now, which runs are left alone.

use std::io;

use wallow_runtime::ClaimOptions;
use wallow_runtime::dynamic::{Row, Store};

use crate::output::{self, Failure};

/// From now on, warnings of the store are printed on stderr.
pub(crate) fn warn_of_store() {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_target(false)
        .with_level(false)
        .without_time()
        .with_writer(|| Line(Vec::new()))
        .finish();
    // A program that calls the command as a library may have one already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Warns of the runs among these that no worker claims, if there are any.
pub(super) fn warn_of_unknown(store: &Store, claim: &ClaimOptions<Row>) -> Result<(), Failure> {
    if let Some(unknown) = output::unknown(store.count_unknown(claim)?) {
        output::warning(&unknown);
    }
    Ok(())
}

/// One warning, which is printed when it is whole, by the same gate as every other.
struct Line(Vec<u8>);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.0);
        output::warning(&output::visible(text.trim()));
    }
}
