//! An automated editor: a server with one open document, in which code is typed and hovered over. The document is a
//! file of the example with a function appended, and is never written to the disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tool_checks::{Result, read};

use crate::analyser::Analyser;
use crate::lsp::Client;
use crate::places::Place;
use crate::schema::Field;

/// The text after the file: the example's types and a `run` are in scope, and the statements follow.
const PROBE: &str = "\nfn probe(run: &registry::Run) {\n    use registry::*;\n";
const LET: &str = "    let _ = ";

/// What an editor shows for a field at a place.
pub(crate) struct Shown {
    pub(crate) signature: String,
    pub(crate) docs: String,
}

/// A server with one open document.
pub(crate) struct Session {
    client: Client,
    file: String,
    uri: String,
    version: i64,
}

impl Session {
    /// Opens a file of the package in the workspace at `root`, and waits until it is analysed.
    pub(crate) fn open(
        analyser: &Analyser,
        root: &Path,
        package: &str,
        file: &Path,
    ) -> Result<Self> {
        let text = read(file)?;
        let mut command = Command::new(&analyser.program);
        command
            .current_dir(root)
            .env("RUST_SRC_PATH", bare_library(&analyser.library, root)?)
            .env("CARGO_NET_OFFLINE", "true");
        let mut client = Client::start(&mut command)?;
        client.request("initialize", &initialize(root, package))?;
        client.notify("initialized", &json!({}))?;
        let uri = format!("file://{}", file.display());
        let document = json!({"uri": uri, "languageId": "rust", "version": 0, "text": text});
        client.notify("textDocument/didOpen", &json!({"textDocument": document}))?;
        client.wait_until_ready()?;
        Ok(Session {
            client,
            file: text,
            uri,
            version: 0,
        })
    }

    /// What hovering over each field at a place shows.
    pub(crate) fn hover(&mut self, place: &Place, fields: &[&Field]) -> Result<Vec<Shown>> {
        let first = self.edit(&statements(place, fields))?;
        let mut all = Vec::new();
        for (field, line) in fields.iter().zip(first..) {
            let column = LET.len() + place.before.len() + place.name(field).len() - 1;
            let answer = self.ask("textDocument/hover", line, column)?;
            let text = answer["contents"]["value"].as_str().unwrap_or_default();
            // The signature is above the first rule, the docs are below the last.
            let signature = text.split("\n---\n").next().unwrap_or_default().to_owned();
            let docs = text.rsplit("\n---\n").next().unwrap_or_default().to_owned();
            all.push(Shown { signature, docs });
        }
        Ok(all)
    }

    /// What completion at a place shows for each field, once for each time that it is offered.
    pub(crate) fn complete(&mut self, place: &Place, fields: &[&Field]) -> Result<Vec<Vec<Shown>>> {
        let line = self.edit(&[format!("{LET}{}", place.before)])?;
        let answer = self.ask(
            "textDocument/completion",
            line,
            LET.len() + place.before.len(),
        )?;
        let items = answer["items"].as_array().or(answer.as_array());
        let items = items.map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let display = |item: &Value| Shown {
            signature: text(&item["detail"]),
            docs: text(&item["documentation"]["value"]),
        };
        let offers = fields.iter().map(|field| {
            let name = place.name(field);
            items
                .iter()
                .filter(|item| item["filterText"] == name.as_str())
                .map(display)
                .collect()
        });
        Ok(offers.collect())
    }

    /// The errors that the server finds in uses of these fields at a place, and in the rest of the file.
    pub(crate) fn problems(&mut self, place: &Place, fields: &[&Field]) -> Result<Vec<String>> {
        self.edit(&statements(place, fields))?;
        let document = json!({"textDocument": {"uri": self.uri}});
        let answer = self.client.request("textDocument/diagnostic", &document)?;
        let items = answer["items"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let errors = items.iter().filter(|item| item["severity"] == 1);
        Ok(errors
            .map(|item| format!("{}: {}", item["code"], item["message"]))
            .collect())
    }

    /// Puts these statements after the file; returns the line of the first, counted from 0.
    fn edit(&mut self, statements: &[String]) -> Result<usize> {
        self.version += 1;
        let before = format!("{}{PROBE}", self.file);
        let text = format!("{before}{}\n}}\n", statements.join("\n"));
        let document = json!({"uri": self.uri, "version": self.version});
        let change = json!({"textDocument": document, "contentChanges": [{"text": text}]});
        self.client.notify("textDocument/didChange", &change)?;
        Ok(before.lines().count())
    }

    fn ask(&mut self, method: &str, line: usize, column: usize) -> Result<Value> {
        let position = json!({"line": line, "character": column});
        let params = json!({"textDocument": {"uri": self.uri}, "position": position});
        self.client.request(method, &params)
    }
}

/// A use of each field.
fn statements(place: &Place, fields: &[&Field]) -> Vec<String> {
    let statement = |field: &&Field| format!("{LET}{}{};", place.before, place.rest(field));
    fields.iter().map(statement).collect()
}

/// The library without its manifest, as links. With a manifest, the server asks cargo for the library's dependencies,
/// which are missing offline, and then does not know `String` any more.
fn bare_library(library: &Path, root: &Path) -> Result<PathBuf> {
    let bare = root.join("target/editor/library");
    // It may not exist yet.
    let _ = std::fs::remove_dir_all(&bare);
    std::fs::create_dir_all(&bare)?;
    for entry in std::fs::read_dir(library)? {
        let entry = entry?;
        if entry.path().is_dir() {
            link(entry.path(), bare.join(entry.file_name()))?;
        }
    }
    Ok(bare)
}

#[cfg(unix)]
use std::os::unix::fs::symlink as link;
#[cfg(windows)]
use std::os::windows::fs::symlink_dir as link;

fn initialize(root: &Path, package: &str) -> Value {
    let check = format!("cargo check --quiet --message-format=json --package {package}");
    json!({
        "processId": std::process::id(),
        "rootUri": format!("file://{}", root.display()),
        "capabilities": {
            "experimental": {"serverStatusNotification": true},
            "textDocument": {
                "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                "diagnostic": {},
                "hover": {"contentFormat": ["markdown"]},
            },
        },
        "initializationOptions": {
            "cachePriming": {"enable": false},
            "cargo": {"buildScripts": {"overrideCommand": check.split(' ').collect::<Vec<_>>()}},
            "checkOnSave": false,
            // Without this, the server does not report an unknown method: it leaves that to cargo.
            "diagnostics": {"experimental": {"enable": true}},
            "linkedProjects": [root.join("Cargo.toml")],
        },
    })
}
