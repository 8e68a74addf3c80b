//! Fuzz targets for every part of wallow that reads text or files, on stable Rust.
//!
//! A [`Target`] makes inputs that look like real ones, and checks promises on any input: no panic, no abort, no endless
//! loop, and the laws of its parser. It describes the result of an input in a few words (`error: unknown key`). If the
//! description is new, other inputs are made from this input; this feedback finds deep states. `cargo xtask fuzz` runs
//! the targets for a long time; the tests replay inputs that failed once (`corpus/<target>/`) and run each target for a
//! moment.

pub mod attempt;
pub mod corpus;
pub mod minimise;
pub mod random;
pub mod run;
pub mod supervise;
pub mod targets;

use random::Random;

/// One parser or reader.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name on the command line, and that of its folder in the corpus.
    pub name: &'static str,
    /// What it reads.
    pub about: &'static str,
    /// Pieces that mutations put into inputs.
    pub words: &'static [&'static str],
    /// Inputs to begin with, beside those of the corpus.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Makes an input that has the shape of real ones.
    pub generate: fn(&mut Random) -> Vec<u8>,
    /// Checks the promises on an input, by panics; returns a description of the result.
    pub check: fn(&[u8]) -> String,
    /// How many inputs the tests run.
    pub in_tests: u64,
}

/// An input that breaks a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The input.
    pub input: Vec<u8>,
    /// What went wrong.
    pub message: String,
}
