//! SQL under construction: text with places for binds, the values that go there, and both together.
//!
//! What enters: pieces of text and values. What leaves: a text that each backend can write with its own placeholders.
//! Invariant: no value ever becomes text.

mod bind;
mod statement;
mod text;

pub(crate) use bind::Bind;
pub(crate) use statement::Statement;
pub(crate) use text::{Part, Sql};
