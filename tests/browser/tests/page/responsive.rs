//! How long the page is busy with 100,000 runs, in the view of each kind: printed and kept beside the pictures, because how
//! fast a machine is proves nothing.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value as Json, json};

use crate::browser::{Browser, SIZES, pictures};
use crate::project::Project;
use crate::views::{VIEWS, is_clean};

const RUNS: u32 = 100_000;

const SCHEMA: &str = r#"[project]
name = "large"

[identifying.optimiser]
type = "string"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"

[annotating.status]
type = "string"

[annotating.loss]
type = "float"
"#;

/// The views as they are first shown, and the ones that draw the most.
const MORE: [&str; 3] = [
    "scatter&colour=optimiser",
    "scatter&colour=loss",
    "heatmap&x=optimiser&y=rate",
];

fn runs() -> String {
    let mut lines = String::from("optimiser,rate,seed,status,loss\n");
    for run in 0..RUNS {
        let optimiser = ["sgd", "momentum", "adamw"][(run % 3) as usize];
        let rate = [0.001, 0.01, 0.1][(run / 3 % 3) as usize];
        // Different each time, and the same in each round.
        let loss = f64::from(run.wrapping_mul(2_654_435_761) >> 8) / f64::from(1_u32 << 24);
        let _ = writeln!(lines, "{optimiser},{rate},{run},completed,{loss}");
    }
    lines
}

#[test]
fn every_view_of_many_runs() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let project = Project::with(SCHEMA, "");
    fs::write(project.folder().join("runs.csv"), runs()).unwrap();
    project.wallow(&["import", "--from", "runs.csv"]);
    let server = project.serve();
    browser.open(&server.url);
    browser.js(
        "window.tasks = []; \
         new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: 'longtask' });",
        &[],
    );
    let mut said =
        format!("the longest tasks of the page with {RUNS} runs, in ms, and the load:\n");
    for size in SIZES {
        browser.resize(size);
        for view in VIEWS.iter().chain(&MORE) {
            browser.js("window.tasks.length = 0;", &[]);
            browser.show(&format!("#view={view}"));
            is_clean(&browser, view);
            // A task counts when it is over; these are in later ones than the end of drawing.
            browser.js(
                "window.later = 0; setTimeout(() => { window.later = 1; }, 300);",
                &[],
            );
            browser.wait("return window.later === 1;");
            let longest = browser.js(
                "return Math.round(Math.max(0, ...window.tasks.map((task) => task.duration)));",
                &[],
            );
            let (longest, load) = (display(&longest), load());
            let _ = writeln!(said, "  {longest:>5}  {load:>5}  {view} ({} wide)", size.0);
        }
    }
    println!("{said}");
    fs::create_dir_all(pictures()).unwrap();
    fs::write(pictures().join("tasks.txt"), said).unwrap();
}

/// How many programs are at work or wait for a processor, as Linux counts them: by the clock a task takes longer then.
fn load() -> String {
    let loads = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loads.split(' ').next().unwrap_or_default().to_owned()
}

/// Tasks below 50 ms are not long ones.
fn display(longest: &Json) -> String {
    if *longest == json!(0) {
        "< 50".to_owned()
    } else {
        longest.to_string()
    }
}
