//! The README as a newcomer uses it: its schema and each of its programs, pasted into an empty crate, print the shown
//! output (specification, 9.9).

use std::path::Path;

use super::project::Project;

const README: &str = include_str!("../../README.md");

/// The contents of the fenced blocks in this language.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        let Some(found) = line.strip_prefix("```") else {
            continue;
        };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let block = block.flat_map(|line| [line, "\n"]).collect::<String>();
        if found == language {
            blocks.push(block);
        }
    }
    blocks
}

/// The outputs of `cargo run` in the README, one text for each run.
fn documented_outputs() -> Vec<String> {
    let texts = blocks("text");
    let outputs = texts
        .iter()
        .find_map(|text| text.strip_prefix("$ cargo run\n"))
        .expect("the README shows what its program prints");
    outputs
        .split("$ cargo run\n")
        .map(ToOwned::to_owned)
        .collect()
}

#[test]
fn the_programs_of_the_readme_run_when_pasted_into_an_empty_crate() {
    let schemas = blocks("toml");
    let [schema] = schemas.as_slice() else {
        panic!("the README has one schema: {schemas:?}");
    };
    let programs = blocks("rust");
    let [sweep, worker] = programs.as_slice() else {
        panic!("the README has two programs: {programs:?}");
    };

    let project = Project::of_one_crate("readme_sweep", schema, sweep);
    let built = project.build();
    assert!(built.succeeded, "{:#?}", built.messages);
    assert!(built.messages.is_empty(), "{:#?}", built.messages);
    for expected in documented_outputs() {
        assert_eq!(built.run_in(project.folder()), expected);
    }

    // The second program continues with the runs of the first: two of its eight are done.
    project.write("src/main.rs", worker);
    let built = project.build();
    assert!(built.succeeded, "{:#?}", built.messages);
    assert!(built.messages.is_empty(), "{:#?}", built.messages);
    assert_eq!(built.run_in(project.folder()), "6 completed, 0 failed\n");
}

#[test]
fn links_of_the_readme_work_wherever_it_is_shown() {
    let lib = include_str!("../../src/lib.rs");
    let mut relative = 0;
    for line in README.lines() {
        let Some((label, target)) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "))
        else {
            // Links within the text lead to other sites.
            let targets = line.split("](").skip(1);
            for target in targets.filter_map(|rest| rest.split(')').next()) {
                assert!(target.starts_with("https://"), "{target}");
                let page = target.strip_prefix("https://docs.rs/wallow/latest/wallow/guide/");
                if let Some(name) = page.and_then(|page| page.strip_suffix("/index.html")) {
                    let guide = include_str!("../../src/guide.rs");
                    assert!(guide.contains(&format!("pub mod {name} ")), "{name}");
                }
            }
            continue;
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(root.join(target).is_file(), "{target}");
        // On other sites, the definition before the README applies, which is absolute.
        let absolute =
            format!(r#""[{label}]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/{target}""#);
        assert!(lib.contains(&absolute), "{absolute}");
        relative += 1;
    }
    assert!(relative > 0);
}
