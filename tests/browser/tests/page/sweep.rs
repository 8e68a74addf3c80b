//! Every view with the 288 runs of the example `ml_sweep`, which really trained.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::browser::{Browser, SIZES};
use crate::project::{self, Server, address, beside};
use crate::views::{VIEWS, is_clean, is_drawn};

/// A folder with the schema of the example and the database of its runs.
fn sweep() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-sweep");
        // What another run of the tests left may have another schema.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ml_sweep");
        let schema = fs::read_to_string(example.join("wallow.toml")).unwrap();
        let (schema, _) = schema.split_once("# For the `wallow` command").unwrap();
        fs::write(folder.join("wallow.toml"), schema).unwrap();
        let program = beside("ml_sweep");
        if !program.exists() {
            let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
            let built = Command::new(cargo)
                .args(["build", "-p", "ml_sweep"])
                .status();
            assert!(built.unwrap().success());
        }
        let mut training = Command::new(program);
        training.args(["--db", "runs.db"]).current_dir(&folder);
        assert!(training.output().unwrap().status.success());
        folder
    })
}

/// What the command line says about the best group over seeds.
fn best_group() -> (String, f64) {
    let arguments = [
        "ls",
        "--over",
        "seed",
        "--agg",
        "mean:val_accuracy",
        "--sort",
        "-mean:val_accuracy",
        "-n",
        "1",
        "--format",
        "json",
    ];
    let rows = project::wallow(sweep(), &arguments);
    let rows: Json = serde_json::from_str(&rows).unwrap();
    let architecture = rows[0]["architecture"].as_str().unwrap().to_owned();
    (architecture, rows[0]["mean:val_accuracy"].as_f64().unwrap())
}

/// Visits every view in both sizes, and returns the answer of the groups.
fn visit(browser: &Browser, url: &str, name: &str) -> String {
    browser.open(url);
    let mut answer = String::new();
    for size in SIZES {
        browser.resize(size);
        for view in VIEWS {
            browser.show(&format!("#view={view}"));
            browser.screenshot(&format!("{name}-{view}-{}", size.0));
            is_clean(browser, view);
            is_drawn(browser, view);
            if view == "groups" {
                answer = browser.text(".answer");
            }
        }
    }
    answer
}

#[test]
fn a_report_answers_what_people_ask() {
    let Some(browser) = Browser::start() else {
        return;
    };
    project::wallow(sweep(), &["report", "-o", "report.html"]);
    let answer = visit(&browser, &address(&sweep().join("report.html")), "report");
    let (architecture, mean) = best_group();
    let displayed = format!("val_accuracy {}", (mean * 1e6).round() / 1e6);
    assert!(answer.contains(&displayed), "{answer}: {displayed}");
    assert!(
        answer.contains(&format!("architecture={architecture}")),
        "{answer}"
    );
    assert!(
        answer.contains("± ") && answer.contains("ahead of the next"),
        "{answer}"
    );
    // It asked nobody for anything.
    let asked = browser.js(
        "return performance.getEntriesByType('resource').length;",
        &[],
    );
    assert_eq!(asked, 0);

    let server = Server::start(sweep(), &[]);
    assert_eq!(visit(&browser, &server.url, "live"), answer);
}

#[test]
fn chosen_runs_are_compared_and_shown() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let server = Server::start(sweep(), &[]);
    browser.open(&format!("{}#view=table&sort=-val_accuracy", server.url));
    let top = project::wallow(
        sweep(),
        &[
            "top",
            "val_accuracy",
            "-n",
            "2",
            "--columns",
            "uuid",
            "--format",
            "json",
        ],
    );
    let top: Json = serde_json::from_str(&top).unwrap();
    for row in 1..=2 {
        browser.click(&format!("tbody tr:nth-child({row}) input"));
    }
    browser.click("#views a:nth-child(8)");
    browser.wait("return document.getElementById('main').dataset.view === 'compare';");
    let head = browser.text("main thead");
    for uuid in [&top[0]["uuid"], &top[1]["uuid"]] {
        assert!(head.contains(uuid.as_str().unwrap()), "{head}: {uuid}");
    }
    browser.screenshot("chosen-compare");
    is_clean(&browser, "compare");
    browser.click("main thead a");
    browser.wait("return document.getElementById('main').dataset.view === 'run';");
    browser.settle();
    let displayed = browser.text("main h2");
    assert!(
        displayed.contains(top[0]["uuid"].as_str().unwrap()),
        "{displayed}"
    );
    browser.screenshot("chosen-run");
    is_clean(&browser, "run");
    is_drawn(&browser, "curves");
    browser.show(&format!("#view=curves&runs=%5B{}%5D", top[0]["uuid"]));
    assert_eq!(browser.text(".legend"), top[0]["uuid"].as_str().unwrap());
}

#[test]
fn colours_can_be_dark() {
    let Some(browser) = Browser::start() else {
        return;
    };
    project::wallow(sweep(), &["report", "-o", "dark.html"]);
    browser.open(&address(&sweep().join("dark.html")));
    let ground = "return getComputedStyle(document.body).backgroundColor;";
    assert_eq!(browser.js(ground, &[]), "rgb(255, 255, 255)");
    browser.click("#theme option[value=dark]");
    browser.settle();
    assert_eq!(browser.js(ground, &[]), "rgb(22, 24, 29)");
    for view in VIEWS {
        browser.show(&format!("#view={view}"));
        browser.screenshot(&format!("dark-{view}"));
        is_clean(&browser, view);
        is_drawn(&browser, view);
    }
}
