//! Files and folders on disk that the command writes and deletes.
//!
//! Invariant: a name is looked up once, and the folder behind it is held open from then on. If somebody puts a link in
//! its place later, that does not change what is written or deleted.

mod replace;
mod tree;

pub(crate) use replace::Replacement;
pub(crate) use tree::Tree;

/// A random name that nobody can predict.
fn name_of_chance() -> String {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let chance = RandomState::new().build_hasher().finish();
    format!(".wallow-{chance:016x}.part")
}
