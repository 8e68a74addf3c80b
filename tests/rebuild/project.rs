//! A crate or a workspace in a temporary folder, which depends only on wallow, and its builds with real cargo.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A crate or workspace. Dependencies are built once for all of them: they share a target folder.
///
/// In the shared folder only the name identifies a package, so every project needs names of its own.
pub(crate) struct Project {
    folder: TempDir,
}

/// What cargo did.
pub(crate) struct Built {
    pub(crate) succeeded: bool,
    /// The packages that were compiled, without the fresh ones.
    pub(crate) compiled: BTreeSet<String>,
    /// The compiler's messages, as a person would see them.
    pub(crate) messages: Vec<String>,
    /// The last program that was built or fresh.
    program: Option<PathBuf>,
}

impl Project {
    /// A crate with this name, schema and program.
    pub(crate) fn of_one_crate(name: &str, schema: &str, program: &str) -> Self {
        let project = Project::empty();
        let manifest = manifest(name, &wallow());
        project.write("Cargo.toml", &format!("{manifest}\n[workspace]\n{PROFILE}"));
        project.write("wallow.toml", schema);
        project.write("src/main.rs", program);
        project
    }

    /// A workspace of such crates: a name, a program, and a schema if the crate has one.
    pub(crate) fn of_crates(crates: &[(&str, &str, Option<&str>)]) -> Self {
        let project = Project::empty();
        let members = crates.iter().map(|(name, ..)| *name).collect::<Vec<_>>();
        let workspace = format!("[workspace]\nmembers = {members:?}\nresolver = \"3\"\n{PROFILE}");
        project.write("Cargo.toml", &workspace);
        for (name, program, schema) in crates {
            let dependency = schema.map(|_| wallow()).unwrap_or_default();
            project.write(&format!("{name}/Cargo.toml"), &manifest(name, &dependency));
            project.write(&format!("{name}/src/main.rs"), program);
            if let Some(schema) = schema {
                project.write(&format!("{name}/wallow.toml"), schema);
            }
        }
        project
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn empty() -> Self {
        std::fs::create_dir_all(shared()).unwrap();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let project = Project { folder };
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
        project.write("Cargo.lock", &lock);
        project
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Appends to a file.
    pub(crate) fn append(&self, path: &str, text: &str) {
        let before = std::fs::read_to_string(self.folder.path().join(path)).unwrap();
        self.write(path, &format!("{before}{text}"));
    }

    /// The part of a manifest that a build script needs to check the schema.
    pub(crate) fn build_dependency() -> String {
        let path = root().join("wallow-schema");
        format!(
            "\n[build-dependencies]\nwallow-schema = {{ path = '{}' }}\n",
            path.display()
        )
    }

    /// Removes a file.
    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.path().join(path)).unwrap();
    }

    /// `cargo build`.
    pub(crate) fn build(&self) -> Built {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args([
                "build",
                "--offline",
                "--message-format",
                "json",
                "--target-dir",
            ])
            .arg(shared())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let mut built = Built {
            succeeded: output.status.success(),
            compiled: BTreeSet::new(),
            messages: Vec::new(),
            program: None,
        };
        let text = String::from_utf8(output.stdout).unwrap();
        for line in text.lines() {
            built.read(&serde_json::from_str(line).unwrap());
        }
        let own = String::from_utf8_lossy(&output.stderr);
        assert!(
            built.succeeded || !built.messages.is_empty(),
            "cargo itself failed: {own}"
        );
        built
    }
}

impl Built {
    fn read(&mut self, message: &Value) {
        match message["reason"].as_str() {
            Some("compiler-artifact") => {
                if message["fresh"] == false {
                    let name = message["target"]["name"].as_str().unwrap();
                    self.compiled.insert(name.to_owned());
                }
                if let Some(program) = message["executable"].as_str() {
                    self.program = Some(program.into());
                }
            }
            Some("compiler-message") => {
                let rendered = message["message"]["rendered"].as_str().unwrap();
                self.messages.push(rendered.to_owned());
            }
            _ => {}
        }
    }

    /// The program.
    pub(crate) fn program(&self) -> &Path {
        self.program.as_ref().expect("a program was built")
    }

    /// What the program prints.
    pub(crate) fn run(&self) -> String {
        self.run_in(Path::new("."))
    }

    /// What the program prints, started in this folder.
    pub(crate) fn run_in(&self, folder: &Path) -> String {
        let output = Command::new(self.program())
            .current_dir(folder)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Without debug information, because nobody debugs these programs.
const PROFILE: &str = "\n[profile.dev]\ndebug = false\n";

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\
         \n[dependencies]\n{dependencies}"
    )
}

/// The one dependency.
fn wallow() -> String {
    format!("wallow = {{ path = '{}' }}\n", root().display())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shared() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild")
}
