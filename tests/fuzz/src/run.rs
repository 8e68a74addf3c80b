//! Tries many inputs, one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::attempt::{attempt, kind};
use crate::minimise::minimise;
use crate::random::Random;
use crate::{Failure, Target};

/// How long a run goes on.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// For this many inputs.
    Inputs(u64),
    /// For this long.
    Time(Duration),
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// How many inputs ran.
    pub inputs: u64,
    /// How many different results there were.
    pub answers: usize,
    /// The smallest input found for each place where something went wrong.
    pub failures: Vec<Failure>,
}

/// This many inputs are kept to make others from.
const KEPT: usize = 4_000;
/// A run ends after this many failures of different kinds.
const MOST_FAILURES: usize = 10;

/// Runs a target: first the inputs of the corpus, then new ones. `before` is called with each input before it is tried,
/// so that an input that ends the process is known.
pub fn run(
    target: &Target,
    seed: u64,
    limit: Limit,
    corpus: Vec<Vec<u8>>,
    mut before: impl FnMut(u64, &[u8]),
) -> Report {
    let mut random = Random::new(seed);
    let mut kept = Vec::new();
    let mut corpus = corpus.into_iter();
    let mut answers = BTreeSet::new();
    let mut failures = BTreeMap::new();
    let mut report = Report::default();
    let began = Instant::now();
    while failures.len() < MOST_FAILURES {
        let old = corpus.next();
        let is_old = old.is_some();
        let input = match old {
            Some(input) => input,
            None if limit.allows(report.inputs, began) => next(target, &mut random, &kept),
            None => break,
        };
        before(report.inputs, &input);
        report.inputs += 1;
        match attempt(target, &input) {
            Ok(answer) => {
                if (answers.insert(answer) || is_old) && kept.len() < KEPT {
                    kept.push(input);
                }
            }
            Err(message) => {
                let kind = kind(&message).to_owned();
                failures.entry(kind).or_insert(Failure { input, message });
            }
        }
    }
    report.answers = answers.len();
    let mut tries = report.inputs;
    for (kind, failure) in failures {
        let smallest = smallest(target, &kind, failure, |input| {
            tries += 1;
            before(tries, input);
        });
        report.failures.push(smallest);
    }
    report
}

fn next(target: &Target, random: &mut Random, kept: &[Vec<u8>]) -> Vec<u8> {
    if kept.is_empty() || random.one_in(3) {
        return (target.generate)(random);
    }
    let one = &kept[random.below(kept.len())];
    let other = &kept[random.below(kept.len())];
    random.mutate(one, other, target.words)
}

fn smallest(
    target: &Target,
    wanted: &str,
    failure: Failure,
    mut before: impl FnMut(&[u8]),
) -> Failure {
    let fails = |input: &[u8]| {
        before(input);
        attempt(target, input).is_err_and(|message| kind(&message) == wanted)
    };
    let input = minimise(&failure.input, 5_000, fails);
    let message = attempt(target, &input).err().unwrap_or(failure.message);
    Failure { input, message }
}

impl Limit {
    fn allows(self, inputs: u64, began: Instant) -> bool {
        match self {
            Limit::Inputs(most) => inputs < most,
            Limit::Time(longest) => began.elapsed() < longest,
        }
    }
}
