//! Mistakes in expressions.

use std::ops::Range;

/// What is wrong, where, and what to do.
#[derive(Debug)]
pub(in crate::expr::text) struct Problem {
    pub(in crate::expr::text) place: Range<usize>,
    pub(in crate::expr::text) message: String,
    pub(in crate::expr::text) help: String,
}

impl Problem {
    pub(in crate::expr::text) fn new(
        place: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Problem {
            place,
            message: message.into(),
            help: help.into(),
        }
    }
}
