//! An editor without a person: a server with one open document, in which is typed and hovered.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::analyser::Analyser;
use super::document::{Place, Position, with_statements};
use super::lsp::Client;
use super::schema::Field;

/// A place in a program, and what an editor says of a field there.
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
    /// Opens a file of the package in the workspace at `root`, and waits until it is understood.
    pub(crate) fn open(
        analyser: &Analyser,
        root: &Path,
        package: &str,
        file: &Path,
    ) -> Result<Self, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let library = bare_library(&analyser.library, &root.join("target/editor"))?;
        let mut command = Command::new(&analyser.program);
        command
            .current_dir(root)
            .env("RUST_SRC_PATH", library)
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
    pub(crate) fn hover(&mut self, place: &Place, fields: &[&Field]) -> Result<Vec<Shown>, String> {
        let statements = statements(place, fields);
        let ends = self.edit(&statements)?;
        let mut all = Vec::new();
        for (field, end) in fields.iter().zip(ends) {
            let behind = (place.after)(field).len() + ";".len() + 1;
            let column = end.column - behind;
            let answer = self.ask("textDocument/hover", Position { column, ..end })?;
            let text = answer["contents"]["value"].as_str().unwrap_or_default();
            // The signature stands above the first rule, the docs below the last.
            let signature = text.split("\n---\n").next().unwrap_or_default().to_owned();
            let docs = text.rsplit("\n---\n").next().unwrap_or_default().to_owned();
            all.push(Shown { signature, docs });
        }
        Ok(all)
    }

    /// What completion at a place shows of each field, as often as it is offered.
    pub(crate) fn complete(
        &mut self,
        place: &Place,
        fields: &[&Field],
    ) -> Result<Vec<Vec<Shown>>, String> {
        let ends = self.edit(&[format!("    let _ = {}", place.before)])?;
        let Some(end) = ends.first() else {
            return Err(format!("nowhere to complete {}", place.title));
        };
        let answer = self.ask("textDocument/completion", *end)?;
        let items = answer["items"].as_array().or(answer.as_array());
        let items = items.map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let shown = |item: &Value| Shown {
            signature: text(&item["detail"]),
            docs: text(&item["documentation"]["value"]),
        };
        let offers = fields.iter().map(|field| {
            let name = (place.name)(field);
            let named = items
                .iter()
                .filter(|item| item["filterText"] == name.as_str());
            named.map(shown).collect()
        });
        Ok(offers.collect())
    }

    /// What the server finds wrong with uses of these fields at a place, and with the file around them.
    pub(crate) fn problems(
        &mut self,
        place: &Place,
        fields: &[&Field],
    ) -> Result<Vec<String>, String> {
        self.edit(&statements(place, fields))?;
        let document = json!({"textDocument": {"uri": self.uri}});
        let answer = self.client.request("textDocument/diagnostic", &document)?;
        let items = answer["items"].as_array().map(Vec::as_slice);
        let errors = items
            .unwrap_or_default()
            .iter()
            .filter(|item| item["severity"] == 1);
        Ok(errors
            .map(|item| format!("{}: {}", item["code"], item["message"]))
            .collect())
    }

    /// These statements stand behind the file now; where each of them ends.
    fn edit(&mut self, statements: &[String]) -> Result<Vec<Position>, String> {
        self.version += 1;
        let (text, ends) = with_statements(&self.file, statements);
        let change = json!({
            "textDocument": {"uri": self.uri, "version": self.version},
            "contentChanges": [{"text": text}],
        });
        self.client.notify("textDocument/didChange", &change)?;
        Ok(ends)
    }

    fn ask(&mut self, method: &str, at: Position) -> Result<Value, String> {
        let params = json!({
            "textDocument": {"uri": self.uri},
            "position": {"line": at.line, "character": at.column},
        });
        self.client.request(method, &params)
    }
}

/// A use of each field.
fn statements(place: &Place, fields: &[&Field]) -> Vec<String> {
    let statement = |field: &&Field| {
        let (name, after) = ((place.name)(field), (place.after)(field));
        format!("    let _ = {}{name}{after};", place.before)
    };
    fields.iter().map(statement).collect()
}

/// The library without its manifest, as links. With one, the server asks cargo for the library's
/// dependencies, which are not there offline, and then knows `String` no more.
fn bare_library(library: &Path, folder: &Path) -> Result<PathBuf, String> {
    let bare = folder.join("library");
    let failed = |error: std::io::Error| format!("{}: {error}", bare.display());
    if bare.exists() {
        std::fs::remove_dir_all(&bare).map_err(failed)?;
    }
    std::fs::create_dir_all(&bare).map_err(failed)?;
    for entry in std::fs::read_dir(library).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir() {
            link(&entry.path(), &bare.join(entry.file_name())).map_err(failed)?;
        }
    }
    Ok(bare)
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(from, to)
}

fn initialize(root: &Path, package: &str) -> Value {
    let check = [
        "cargo",
        "check",
        "--quiet",
        "--message-format=json",
        "--package",
        package,
    ];
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
            "cargo": {"buildScripts": {"overrideCommand": check}},
            "checkOnSave": false,
            // Without, an unknown method is no error to the server: it leaves that to cargo.
            "diagnostics": {"experimental": {"enable": true}},
            "linkedProjects": [root.join("Cargo.toml")],
        },
    })
}
