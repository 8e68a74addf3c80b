//! What people see for a broken `wallow.toml`: every file in `fixtures/errors`, with the resulting text beside it.
//!
//! To add a case, write `<topic>-<mistake>.toml`, run `UPDATE_EXPECT=1 cargo test --package wallow-schema --test
//! errors` and read the new `.txt` as a newcomer would. A file has one mistake and one message, unless its topic is
//! `many`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use wallow_schema::{Diagnostic, Diagnostics};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/errors")
}

/// The cases in the order of their names.
fn cases() -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder())? {
        files.push(entry?.path());
    }
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "toml")
    });
    files.sort();
    Ok(files)
}

fn problems(case: &Path) -> Result<Diagnostics, Box<dyn Error>> {
    let text = fs::read_to_string(case)?;
    match wallow_schema::parse(&text, "wallow.toml") {
        Ok(_) => Err(format!("{} is valid", case.display()).into()),
        Err(problems) => Ok(problems),
    }
}

#[test]
fn every_mistake_is_answered_as_agreed() -> Result<(), Box<dyn Error>> {
    for case in cases()? {
        let answer = format!("{}\n", problems(&case)?);
        expect_file![case.with_extension("txt")].assert_eq(&answer);
    }
    Ok(())
}

#[test]
fn every_answer_has_its_file() -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder())? {
        let file = entry?.path();
        let toml = file.with_extension("toml");
        assert!(toml.exists(), "{} is of no use", file.display());
    }
    Ok(())
}

#[test]
fn a_file_with_one_mistake_has_one_answer() -> Result<(), Box<dyn Error>> {
    for case in cases()? {
        let many = case
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("many-"));
        let count = problems(&case)?.iter().count();
        assert_eq!(count > 1, many, "{}: {count} problems", case.display());
    }
    Ok(())
}

#[test]
fn messages_keep_to_the_house_style() -> Result<(), Box<dyn Error>> {
    for case in cases()? {
        for problem in &problems(&case)? {
            in_style(problem);
        }
    }
    Ok(())
}

fn in_style(problem: &Diagnostic) {
    let message = problem.message();
    assert!(
        !message.starts_with(char::is_uppercase),
        "upper case: {message}"
    );
    assert!(!message.contains('\n'), "more than one line: {message}");
    let helps: Vec<&str> = problem.helps().collect();
    for text in helps.iter().copied().chain([message]) {
        assert!(!text.ends_with('.'), "full stop: {text}");
    }
    assert!(!helps.is_empty(), "no help: {message}");
    let place = format!("--> wallow.toml:{}:{}\n", problem.line(), problem.column());
    let drawing = problem.to_string();
    assert!(drawing.contains(&place), "{place} is not in {drawing}");
}

#[test]
fn colours_change_nothing_but_colour() -> Result<(), Box<dyn Error>> {
    for case in cases()? {
        let problems = problems(&case)?;
        let coloured = problems.render_coloured();
        assert_ne!(coloured, problems.to_string());
        assert_eq!(without_colours(&coloured), problems.to_string());
    }
    Ok(())
}

/// The text without the escapes `ESC [ … m`.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let start = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once('m').map_or("", |(_, text)| text));
    std::iter::once(start).chain(rest).collect()
}
