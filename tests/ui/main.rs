//! What the compiler reports for a mistake: one helpful error for each.
//!
//! A case is `<topic>/<mistake>.rs` with the compiler's output beside it. To add one, write the program, run
//! `TRYBUILD=overwrite cargo test --test ui`, and read the new `.stderr` as a newcomer would.

mod schemas;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The cases: the files with this extension.
fn cases(extension: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for topic in fs::read_dir("tests/ui")? {
        let topic = topic?.path();
        if !topic.is_dir() {
            continue;
        }
        for case in fs::read_dir(topic)? {
            files.push(case?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}

#[test]
fn every_mistake_is_answered_as_agreed() -> Result<(), Box<dyn Error>> {
    // trybuild compiles the cases in a package of its own, so the schemas have to be there.
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tests/trybuild/wallow");
    schemas::write(&package.join("schemas"))?;
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
    Ok(())
}

#[test]
fn one_mistake_gives_one_error() -> Result<(), Box<dyn Error>> {
    for case in cases("stderr")? {
        let answer = fs::read_to_string(&case)?;
        let errors = answer
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        let warnings = answer
            .lines()
            .filter(|line| line.starts_with("warning"))
            .count();
        let two = case
            .file_stem()
            .is_some_and(|name| name.to_string_lossy().starts_with("two_"));
        assert_eq!(errors, 1 + usize::from(two), "{}: {answer}", case.display());
        assert_eq!(warnings, 0, "{}: {answer}", case.display());
    }
    Ok(())
}

#[test]
fn every_case_has_its_answer() -> Result<(), Box<dyn Error>> {
    let mut answers = cases("stderr")?;
    for answer in &mut answers {
        answer.set_extension("rs");
    }
    assert_eq!(cases("rs")?, answers);
    Ok(())
}
