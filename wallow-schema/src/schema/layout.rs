//! The place of a run's artefacts below the artefacts root.

use std::fmt;

/// The path of a run's artefacts below the root, as text and placeholders: `{architecture}/{uuid}`.
///
/// Every placeholder is a declared field or `uuid`. The path never leaves the root.
///
/// ```
/// use wallow_schema::{Layout, LayoutPart};
///
/// let layout = Layout::default();
/// assert_eq!(layout.parts(), [LayoutPart::Placeholder("uuid".to_owned())]);
/// assert_eq!(layout.to_string(), "{uuid}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout(Vec<LayoutPart>);

/// A piece of a [`Layout`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayoutPart {
    /// Literal text.
    Text(String),
    /// The value of this field, or the run's `uuid`.
    Placeholder(String),
}

impl Layout {
    /// A layout of these parts. The caller has checked them.
    pub(crate) const fn new(parts: Vec<LayoutPart>) -> Self {
        Self(parts)
    }

    /// The parts from left to right; never empty, and never two texts side by side.
    pub fn parts(&self) -> &[LayoutPart] {
        &self.0
    }
}

impl Default for Layout {
    /// One folder per run: `{uuid}`.
    fn default() -> Self {
        Self(vec![LayoutPart::Placeholder("uuid".to_owned())])
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            LayoutPart::Text(text) => f.write_str(text),
            LayoutPart::Placeholder(name) => write!(f, "{{{name}}}"),
        })
    }
}
