//! The page on which runs are looked at: one front end, whose data is inlined (`wallow report`) or asked of a server
//! (`wallow ui`).
//!
//! What enters: a description of the schema, and runs. What leaves: HTML, or the JSON that the front end asks for. The
//! front end is built from `page/` in the repository, and is checked in, so that building wallow needs no Node.
//!
//! Invariant: data is escaped so that it cannot end the element that it stands in, and the policy of the page allows
//! no script and no style but its own two.

pub(crate) mod attempts;
mod column;
pub(crate) mod curves;
pub(crate) mod description;
mod packed;

use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::output::visible;
use crate::terminal::is_obeyed;

pub(crate) use column::{Columns, cell, scalar};

const HTML: &str = include_str!("page/built/page.html");
const SCRIPT: &str = include_str!("page/built/page.js");
const STYLE: &str = include_str!("page/built/page.css");
const LICENCES: &str = include_str!("page/built/licences.txt");

/// How the page reaches the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    /// A file: the policy is in the page, and it may ask nobody for anything.
    AsFile,
    /// `wallow ui`: the policy is in the header, and the page may ask this server.
    ByServer,
}

/// Writes the page with this title; `data` writes the JSON that it begins with.
pub(crate) fn write(
    out: &mut impl Write,
    from: Served,
    title: &str,
    data: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let policy = match from {
        Served::AsFile => format!(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n",
            policy(from)
        ),
        Served::ByServer => String::new(),
    };
    let mut data = Some(data);
    let mut rest = HTML;
    while let Some((before, after)) = rest.split_once("{{") {
        out.write_all(before.as_bytes())?;
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        match name {
            "policy" => out.write_all(policy.as_bytes())?,
            "title" => out.write_all(escaped(title).as_bytes())?,
            "style" => out.write_all(STYLE.as_bytes())?,
            "script" => out.write_all(SCRIPT.as_bytes())?,
            "licences" => out.write_all(LICENCES.as_bytes())?,
            _ => {
                if let Some(data) = data.take() {
                    data(&mut InElement(&mut *out))?;
                }
            }
        }
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// What the page may do: its own script and style, which their hashes name, and nothing else.
pub(crate) fn policy(from: Served) -> String {
    let ask = match from {
        Served::AsFile => "",
        // A meta element cannot forbid frames.
        Served::ByServer => "; connect-src 'self'; frame-ancestors 'none'",
    };
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'{ask}",
        hash(SCRIPT),
        hash(STYLE)
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// A text within an element of HTML.
fn escaped(text: &str) -> String {
    let text = visible(text);
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Writes JSON into a script element. The characters that could end the element, or that some parsers take for the end
/// of a line, are only within texts there, so their escapes are the same JSON.
struct InElement<'w, W>(&'w mut W);

impl<W: Write> Write for InElement<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut from = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let escape = match byte {
                b'<' => "\\u003c",
                b'>' => "\\u003e",
                b'&' => "\\u0026",
                _ => continue,
            };
            self.0.write_all(&bytes[from..at])?;
            self.0.write_all(escape.as_bytes())?;
            from = at + 1;
        }
        self.0.write_all(&bytes[from..])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A text as JSON; see [`harmless`].
pub(crate) fn quoted(text: &str) -> String {
    harmless(serde_json::Value::from(text).to_string())
}

/// JSON of the same meaning without characters that an editor or a terminal interprets, or that change the direction of text.
pub(crate) fn harmless(json: String) -> String {
    if !json.chars().any(is_obeyed) {
        return json;
    }
    let mut safe = String::with_capacity(json.len());
    for char in json.chars() {
        if is_obeyed(char) {
            // All of them are below U+10000, and only within texts. Writing to a String cannot fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(char));
        } else {
            safe.push(char);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(from: Served, title: &str, data: &str) -> String {
        let mut page = Vec::new();
        write(&mut page, from, title, |out| out.write_all(data.as_bytes())).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn data_cannot_end_its_element() {
        let page = page(Served::AsFile, "</title><script>", "[\"</script><!--&\"]");
        assert!(page.contains("[\"\\u003c/script\\u003e\\u003c!--\\u0026\"]"));
        assert!(page.contains("<title>&lt;/title>&lt;script></title>"));
        let ends = page.matches("</script>").count();
        assert_eq!(ends, 2);
    }

    #[test]
    fn the_policy_names_the_script_and_the_style() {
        let policy = policy(Served::AsFile);
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(page(Served::AsFile, "x", "{}").contains(&policy));
        assert!(!page(Served::ByServer, "x", "{}").contains("http-equiv"));
    }

    #[test]
    fn the_page_is_small() {
        assert!(page(Served::AsFile, "x", "{}").len() <= 700_000);
    }

    #[test]
    fn nothing_in_a_text_is_obeyed() {
        assert_eq!(
            quoted("a\u{202e}\u{2028}\u{1b}\"é😀"),
            "\"a\\u202e\\u2028\\u001b\\\"é😀\""
        );
    }
}
