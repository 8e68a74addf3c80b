//! Tests the program from outside: run once, run again, run with a warm-up, run twice at the same time, and `analyse`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod laboratory;

/// The types of the registry, as the program itself has them.
mod registry {
    wallow::wallow_schema!("wallow.toml");
}

use std::collections::BTreeMap;
use std::fs;

use laboratory::{Laboratory, stderr};
use registry::{Run, Store};

fn rows(laboratory: &Laboratory) -> Vec<Run> {
    Store::open(laboratory.url()).unwrap().all().unwrap()
}

/// The lines of a report below the heading that begins with this text.
fn section<'a>(report: &'a str, heading: &str) -> Vec<&'a str> {
    let mut lines = report.lines().skip_while(|line| !line.starts_with(heading));
    assert!(lines.next().is_some(), "no `{heading}` in {report}");
    lines.take_while(|line| line.starts_with("  ")).collect()
}

#[test]
fn a_second_start_does_nothing_and_a_warm_up_makes_other_runs() {
    let laboratory = Laboratory::new();
    assert_eq!(laboratory.run(&[]), "144 runs: 144 new, 0 already done\n");
    let first = rows(&laboratory);
    assert_eq!(laboratory.run(&[]), "144 runs: 0 new, 144 already done\n");
    assert_eq!(rows(&laboratory), first);

    let warm_up = ["--warmup-steps", "20"];
    assert_eq!(
        laboratory.run(&warm_up),
        "144 runs: 144 new, 0 already done\n"
    );
    assert_eq!(
        laboratory.run(&warm_up),
        "144 runs: 0 new, 144 already done\n"
    );
    let all = rows(&laboratory);
    assert_eq!(all[..144], first);
    assert!(all[144..].iter().all(|run| run.warmup_steps == 20));

    for run in &all {
        assert_eq!(run.status.as_deref(), Some("completed"));
        assert!(run.wall_clock_sec.is_some() && run.started_at.is_some());
        let file = run.artefacts_dir.as_ref().unwrap().join("rule.json");
        let file: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        assert_eq!(file["uuid"], run.uuid);
        assert_eq!(file["rows"], run.discovered_T.as_ref().unwrap()["rows"]);
        let rows = file["rows"].as_array().unwrap();
        assert_eq!(i64::try_from(rows.len()).unwrap(), run.cell_k);
        assert!(run.structural_traj.as_ref().unwrap()["curve"].is_array());
    }
}

#[test]
fn two_at_once_share_the_grid_and_do_nothing_twice() {
    let laboratory = Laboratory::new();
    let both = [(), ()].map(|()| laboratory.start(&[]));
    let new = both.map(Laboratory::ended_well).map(|said| {
        let new = said
            .strip_prefix("144 runs: ")
            .and_then(|rest| rest.split_once(" new"));
        new.unwrap().0.parse::<usize>().unwrap()
    });
    assert_eq!(new[0] + new[1], 144, "{new:?}");
    let alone = Laboratory::new();
    alone.run(&[]);
    // What a run finds depends only on its key, not on the program that does it.
    let found = |laboratory: &Laboratory| -> BTreeMap<_, _> {
        let runs = rows(laboratory).into_iter();
        runs.map(|run| (run.identifying(), (run.structural_traj, run.discovered_T)))
            .collect()
    };
    assert_eq!(found(&laboratory), found(&alone));
}

#[test]
fn the_analysis_answers_what_the_rows_say() {
    let laboratory = Laboratory::new();
    laboratory.run(&[]);
    let report = laboratory.run(&["analyse", "--loss-above", "0.05"]);
    let rows = rows(&laboratory);
    assert!(
        report.starts_with("144 of 144 runs completed\n"),
        "{report}"
    );

    let mut best: Vec<&Run> = rows.iter().filter(|run| run.cell_k == 4).collect();
    best.sort_by(|a, b| {
        let accuracy = b.val_accuracy.partial_cmp(&a.val_accuracy).unwrap();
        accuracy.then(a.val_loss.partial_cmp(&b.val_loss).unwrap())
    });
    let listed = section(&report, "top 10 of cell_k = 4");
    assert_eq!(listed.len(), 10);
    for (line, run) in listed.iter().zip(best) {
        assert!(
            line.starts_with(&format!("  {}  accuracy ", run.uuid)),
            "{line}"
        );
    }

    let bad = rows
        .iter()
        .filter(|run| run.val_loss.unwrap() > 0.05)
        .count();
    assert!((1..144).contains(&bad), "{bad}");
    section(&report, &format!("loss above 0.05: {bad} runs"));
    let settled = rows.iter().filter(|run| {
        let trajectory = run.structural_traj.as_ref().unwrap();
        trajectory.pointer("/settled/proposal").is_some()
    });
    let settled = settled.count();
    assert!((1..144).contains(&settled), "{settled}");
    section(&report, &format!("settled: {settled} runs"));

    let one = section(&report, "one run by its key");
    assert!(one[0].contains(&rows[0].uuid), "{one:?}");
    let folder = laboratory
        .file()
        .with_file_name("artefacts")
        .join(&rows[0].uuid);
    assert_eq!(one[1], format!("  artefacts: {}", folder.display()));

    let over_seeds = section(&report, "settings of cell_k = 4 over their seeds");
    assert_eq!(over_seeds.len(), 10);
    assert!(
        over_seeds.iter().all(|line| line.contains(" of 2  ")),
        "{over_seeds:?}"
    );
}

#[test]
fn without_a_registry_the_analysis_says_so_and_makes_none() {
    let laboratory = Laboratory::new();
    let said = laboratory.run(&["analyse"]);
    assert!(said.starts_with("no runs yet: "), "{said}");
    assert!(!laboratory.file().exists());
}

#[test]
fn files_that_cannot_be_written_are_a_failure_that_is_tried_again() {
    let laboratory = Laboratory::new();
    let artefacts = laboratory.file().with_file_name("artefacts");
    fs::write(&artefacts, "in the way").unwrap();
    let output = laboratory.command(&[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let last_line = "144 runs: 0 new, 0 already done, 144 failed\n";
    assert_eq!(output.stdout, last_line.as_bytes());
    assert!(
        stderr(&output).starts_with("failed: k=2 sigma=0.05 "),
        "{output:?}"
    );

    fs::remove_file(&artefacts).unwrap();
    let patient = "144 runs: 0 new, 0 already done, 144 in other hands\n";
    assert_eq!(laboratory.run(&["--stale-after", "3600"]), patient);
    assert_eq!(
        laboratory.run(&["--stale-after", "0"]),
        "144 runs: 144 new, 0 already done\n"
    );
}
