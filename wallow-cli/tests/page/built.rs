//! The page that is checked in is what its sources build, and its modules compute what they should.

use crate::node::{has_libraries, node, said};

#[test]
fn the_page_is_what_its_sources_build() {
    let Some(mut build) = node(&["build.mjs", "--check"]) else {
        return;
    };
    if has_libraries() {
        let output = build.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn its_modules_compute_what_they_should() {
    if let Some(mut tests) = node(&["--test", "tests/"]) {
        let output = tests.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
}
