//! Files and folders on disk that the command writes and deletes.
//!
//! Invariant: a name is looked up once, and from then on the folder behind it is held open. Whoever puts a link in the
//! way meanwhile changes nothing: not what is written, and not what is deleted.

mod replace;
mod tree;

pub(crate) use replace::Replacement;
pub(crate) use tree::Tree;

/// A name that nobody can know before.
fn name_of_chance() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let chance = RandomState::new().build_hasher().finish();
    format!(".wallow-{chance:016x}.part")
}
