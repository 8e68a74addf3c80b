//! Results on their way to the run.

use std::sync::Arc;

use wallow_runtime::dynamic::{Fields, Written};

/// Results on their way to the run.
#[derive(Debug, Default)]
pub(in crate::work) struct Values {
    pub(in crate::work) fields: Fields,
    /// The field of the curve, and its text.
    pub(in crate::work) curve: Option<(String, Arc<String>)>,
}

impl Values {
    /// As they are written.
    pub(in crate::work) fn written(&self) -> Written<'_> {
        let json = self.curve.as_ref();
        Written {
            fields: &self.fields,
            json: json.map(|(field, text)| (&**field, &***text)),
        }
    }
}
