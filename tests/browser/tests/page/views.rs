//! What holds in every view.

use crate::browser::Browser;

/// Every view of the page that needs no choice.
pub(crate) const VIEWS: [&str; 9] = [
    "progress",
    "table",
    "groups",
    "scatter",
    "parallel",
    "heatmap",
    "curves",
    "compare",
    "importance",
];

/// No error, nothing that the policy refused, no message for the person, and no part beyond the right edge.
pub(crate) fn is_clean(browser: &Browser, view: &str) {
    assert_eq!(browser.log(), Vec::<String>::new(), "{view}");
    assert_eq!(browser.text("#mistake"), "", "{view}");
    let excess = browser.js(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth;",
        &[],
    );
    assert_eq!(excess, 0, "{view}");
    let unnamed = browser.js(
        "const named = (one) => one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length || one.title; \
         return [...document.querySelectorAll('a, button, input, select, [role=img], [role=region]')].filter((one) => !named(one)).map((one) => one.outerHTML);",
        &[],
    );
    assert_eq!(unnamed, serde_json::json!([]), "{view}");
}

/// Each chart has something on it.
pub(crate) fn is_drawn(browser: &Browser, view: &str) {
    let has_chart = ["groups", "scatter", "parallel", "heatmap", "curves"].contains(&view);
    if has_chart {
        assert!(browser.count("canvas") > 0, "{view}");
    }
    let blank = browser.js(
        "return [...document.querySelectorAll('canvas')].filter((canvas) => { \
           const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data; \
           let drawn = 0; \
           for (let at = 3; at < pixels.length; at += 4) if (pixels[at] > 0) drawn += 1; \
           return drawn < 500; \
         }).length;",
        &[],
    );
    assert_eq!(blank, 0, "{view}");
}
