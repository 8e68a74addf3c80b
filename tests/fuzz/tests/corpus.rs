//! What failed once does not fail again, and every target holds for a moment.

use wallow_fuzz::attempt::attempt;
use wallow_fuzz::corpus;
use wallow_fuzz::run::{Limit, run};
use wallow_fuzz::targets;

#[test]
fn what_failed_once_does_not_fail_again() {
    for target in targets::ALL {
        for (path, input) in corpus::load(target.name).unwrap() {
            if let Err(message) = attempt(target, &input) {
                panic!("{}: {message}", path.display());
            }
        }
    }
}

/// The same inputs each time; `cargo xtask fuzz` tries others.
#[test]
fn every_target_holds_for_a_moment() {
    for target in targets::ALL {
        let corpus = corpus::load(target.name).unwrap();
        let corpus = corpus.into_iter().map(|(_, input)| input);
        let corpus = corpus.chain((target.seeds)()).collect::<Vec<_>>();
        let report = run(
            target,
            1,
            Limit::Inputs(target.in_tests),
            &corpus,
            |_, _| {},
        );
        println!(
            "{}: {} inputs, {} answers",
            target.name, report.inputs, report.answers
        );
        for failure in &report.failures {
            let input = failure.input.escape_ascii();
            println!("{}: {}\n  input: \"{input}\"", target.name, failure.message);
        }
        assert!(report.failures.is_empty(), "{} fails", target.name);
        assert!(
            report.answers > 1,
            "{} answers always the same",
            target.name
        );
    }
}
