//! The texts of charts can be read, on a desktop and on a phone: none covers another, and none is cut off.

use serde_json::{Value as Json, json};

use crate::browser::{Browser, SIZES};
use crate::project::Project;
use crate::views::is_clean;

const SCHEMA: &str = r#"[project]
name = "labels"

[identifying.optimiser]
type = "string"

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"

[annotating.loss]
type = "float"

[annotating.size]
type = "float"
"#;

const OPTIMISERS: [&str; 5] = [
    "<script>alert(1)</script>",
    "adam",
    "",
    " begins with a blank",
    "two\nlines",
];

fn project(optimisers: &[&str]) -> Project {
    let losses = [0.2714, -0.000_470_3, 0.003_737, 1.5e12];
    let runs = (0..6 * optimisers.len()).map(|run| {
        let rate = [1e-300, 1.0, 1e300][run % 3];
        let optimiser = optimisers[run / 3 % optimisers.len()];
        let run = json!({ "optimiser": optimiser, "rate": rate, "seed": run, "loss": losses[run % 4], "size": rate });
        format!("{run}\n")
    });
    Project::with(SCHEMA, &runs.collect::<String>())
}

/// Notes each text that is drawn on a chart, with its place.
const NOTING: &str = "
    window.texts = [];
    const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
      const { width } = this.measureText(text);
      const size = parseFloat(/([\\d.]+)px/.exec(this.font)[1]);
      const { a, b, c, d, e, f } = this.getTransform();
      const left = x - { left: 0, start: 0, center: width / 2, right: width, end: width }[this.textAlign];
      const top = y - { top: 0, hanging: 0, middle: size / 2, alphabetic: size, bottom: size }[this.textBaseline];
      const corners = [[left, top], [left + width, top], [left, top + size], [left + width, top + size]];
      const placed = corners.map(([x, y]) => [a * x + c * y + e, b * x + d * y + f]);
      const [xs, ys] = [placed.map(([x]) => x), placed.map(([, y]) => y)];
      window.texts.push({
        canvas: this.canvas, text, isTilted: Math.abs(b) > 1e-6, width: this.canvas.width, height: this.canvas.height,
        left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys),
      });
      return draw.call(this, text, x, y, ...rest);
    };";

/// The texts that a view draws.
fn texts(browser: &Browser, state: &str) -> Vec<Json> {
    browser.js("window.texts.length = 0;", &[]);
    browser.show(state);
    is_clean(browser, state);
    let texts = browser.js(
        "const shown = window.texts.filter(({ canvas }) => canvas.isConnected).map(({ canvas, ...text }) => text); \
         return [...new Map(shown.map((text) => [JSON.stringify(text), text])).values()];",
        &[],
    );
    texts.as_array().unwrap().clone()
}

fn number(text: &Json, name: &str) -> f64 {
    text[name].as_f64().unwrap()
}

fn can_be_read(texts: &[Json], state: &str) {
    let inside = |text: &Json| {
        number(text, "left") >= -1.0
            && number(text, "top") >= -1.0
            && number(text, "right") <= number(text, "width") + 1.0
            && number(text, "bottom") <= number(text, "height") + 1.0
    };
    for text in texts {
        assert!(inside(text), "{state}: cut off: {text}");
    }
    // The boxes around tilted texts meet, and the texts do not.
    let level = texts.iter().filter(|text| text["isTilted"] == false);
    let level = level.collect::<Vec<_>>();
    let apart = |one: &Json, other: &Json| {
        let beside = |low: &str, high: &str| number(one, high) <= number(other, low) + 1.0;
        let below = |low: &str, high: &str| number(other, high) <= number(one, low) + 1.0;
        beside("left", "right")
            || below("left", "right")
            || beside("top", "bottom")
            || below("top", "bottom")
    };
    for (index, one) in level.iter().enumerate() {
        for other in &level[index + 1..] {
            assert!(apart(one, other), "{state}: {one} covers {other}");
        }
    }
}

fn named(texts: &[Json]) -> Vec<&str> {
    texts
        .iter()
        .map(|text| text["text"].as_str().unwrap())
        .collect()
}

#[test]
fn no_text_covers_another_or_is_cut_off() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let project = project(&OPTIMISERS);
    browser.open(&project.report());
    browser.js(NOTING, &[]);
    for size in SIZES {
        browser.resize(size);
        for state in [
            "#view=heatmap&x=optimiser&y=rate&metric=loss",
            "#view=heatmap&x=rate&y=optimiser&metric=loss",
            "#view=heatmap&x=seed&y=seed&metric=loss",
            "#view=heatmap&x=optimiser&y=rate&measure=n",
            "#view=scatter&x=rate&y=size",
        ] {
            let texts = texts(&browser, state);
            let name = state.replace(['#', '=', '&'], "-");
            browser.screenshot(&format!("labels{name}-{}", size.0));
            can_be_read(&texts, state);
        }
        // The end of the names of the axes says where they are from.
        let texts = texts(&browser, "#view=heatmap&x=rate&y=optimiser&metric=loss");
        let displayed = named(&texts);
        assert!(displayed.contains(&"\"\""), "{displayed:?}");
        assert!(
            displayed.iter().any(|name| name.starts_with("two ↵")),
            "{displayed:?}"
        );
    }
}

/// A logarithmic axis names its small values as its large ones.
#[test]
fn small_values_of_a_logarithmic_axis_are_named() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let project = project(&["adam"]);
    browser.open(&project.report());
    browser.js(NOTING, &[]);
    let texts = texts(&browser, "#view=scatter&x=rate&y=seed");
    let displayed = named(&texts);
    for label in ["1e-200", "1e-100", "1", "1e100", "1e200"] {
        assert!(displayed.contains(&label), "{label}: {displayed:?}");
    }
    assert!(
        !displayed.iter().any(|label| label.contains("0.000")),
        "{displayed:?}"
    );
}

/// All axes of parallel coordinates are on the screen, with their names and those of their values.
#[test]
fn every_axis_is_on_the_screen() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let many = (0..16)
        .map(|index| format!("optimiser {index}"))
        .collect::<Vec<_>>();
    let many = many.iter().map(String::as_str).collect::<Vec<_>>();
    let project = project(&many);
    browser.open(&project.report());
    browser.js(NOTING, &[]);
    let axes = ["optimiser", "rate", "seed", "loss", "size"];
    let state = format!("#view=parallel&axes={}", json!(axes));
    for size in SIZES {
        browser.resize(size);
        let texts = texts(&browser, &state);
        browser.screenshot(&format!("labels-parallel-{}", size.0));
        let displayed = named(&texts);
        for axis in axes {
            let has = displayed.iter().any(|name| name.starts_with(axis));
            assert!(has, "{axis}: {displayed:?}");
        }
        let beyond = browser.js(
            "return [...document.querySelectorAll('.plot, .chart')].filter((one) => one.scrollWidth > one.clientWidth + 1).length;",
            &[],
        );
        assert_eq!(beyond, 0, "{}", size.0);
        can_be_read(&texts, &state);
    }
    // A phone that is turned has room for them side by side.
    browser.resize((390, 800));
    browser.show(&state);
    let low = browser.js("return document.querySelector('.chart').clientHeight;", &[]);
    browser.resize((1280, 800));
    browser.wait(&format!(
        "return document.querySelector('.chart').clientHeight !== {low};"
    ));
    is_clean(&browser, "parallel");
}
