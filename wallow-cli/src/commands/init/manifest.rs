//! The manifest of a Cargo package: what it says, and what is added to it.
//!
//! What enters: the text of a `Cargo.toml`. What leaves: the same text with dependencies and `default-run`. Invariant:
//! comments, order, line ends and every existing entry stay as they are.

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, TomlError, Value};

/// The table of dependencies that programs use.
pub(super) const DEPENDENCIES: &str = "dependencies";

/// The table of dependencies that the build script uses.
pub(super) const BUILD_DEPENDENCIES: &str = "build-dependencies";

/// The path of the package's program.
const MAIN: &str = "src/main.rs";

/// A manifest with a `[package]`.
pub(super) struct Manifest {
    document: DocumentMut,
    /// Whether each line ends with `\r\n`, which the document forgets.
    has_carriage_returns: bool,
}

impl Manifest {
    /// Reads a manifest; `None` if it has no package, as the one of a workspace.
    ///
    /// # Errors
    /// If it is not TOML.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, TomlError> {
        let document = text.parse::<DocumentMut>()?;
        let lines = text.matches('\n').count();
        let manifest = Manifest {
            document,
            has_carriage_returns: lines > 0 && text.matches("\r\n").count() == lines,
        };
        Ok(manifest.package().is_some().then_some(manifest))
    }

    fn package(&self) -> Option<&dyn TableLike> {
        self.document.get("package")?.as_table_like()
    }

    fn of_package(&self, key: &str) -> Option<&Item> {
        self.package()?.get(key)
    }

    /// The name of the package.
    pub(super) fn name(&self) -> Option<&str> {
        self.of_package("name")?.as_str()
    }

    /// Whether `build.rs` is its build script: another file may be, or none.
    pub(super) fn has_usual_build_script(&self) -> bool {
        let script = self.of_package("build");
        script
            .is_none_or(|build| build.as_str() == Some("build.rs") || build.as_bool() == Some(true))
    }

    /// Adds a dependency of this version, unless there is one of that package, under whatever name.
    pub(super) fn depend(
        &mut self,
        kind: &str,
        package: &str,
        version: &str,
        features: &[&str],
    ) -> bool {
        let table = self.document.entry(kind);
        let Some(table) = table.or_insert_with(table_of_root).as_table_like_mut() else {
            return false;
        };
        let is_there = table.iter().any(|(name, entry)| {
            let renamed = entry.as_table_like().and_then(|entry| entry.get("package"));
            renamed.map_or(Some(name), Item::as_str) == Some(package)
        });
        if is_there {
            return false;
        }
        let were_sorted = table.iter().map(|(name, _)| name).is_sorted();
        let mut entry = Value::from(version);
        if !features.is_empty() {
            let features = features.iter().copied().collect::<Array>();
            let pairs = [("version", entry), ("features", features.into())];
            entry = InlineTable::from_iter(pairs).into();
        }
        table.insert(package, Item::Value(entry));
        if were_sorted {
            table.sort_values();
        }
        true
    }

    /// Makes `cargo run` run the program of `src/main.rs`, although there is another one now. Returns whether that had
    /// to be said.
    pub(super) fn run_by_default(&mut self) -> bool {
        if self.of_package("default-run").is_some() {
            return false;
        }
        let main = self.bin("path", MAIN);
        let name = main.and_then(|bin| bin.get("name")?.as_str());
        let Some(name) = name.or(self.name()).map(str::to_owned) else {
            return false;
        };
        let package = self.document.get_mut("package");
        let Some(package) = package.and_then(Item::as_table_like_mut) else {
            return false;
        };
        package.insert("default-run", name.into());
        true
    }

    /// Declares a program, if cargo does not look for programs itself here.
    pub(super) fn declare_bin(&mut self, name: &str, path: &str) -> bool {
        let looks = self.of_package("autobins").and_then(Item::as_bool);
        if looks != Some(false) || self.bin("name", name).is_some() {
            return false;
        }
        let bins = self.document.entry("bin");
        let Some(bins) = bins
            .or_insert_with(|| Item::ArrayOfTables(toml_edit::ArrayOfTables::new()))
            .as_array_of_tables_mut()
        else {
            return false;
        };
        bins.push(Table::from_iter([("name", name), ("path", path)]));
        true
    }

    /// The first declared program with this value.
    fn bin(&self, key: &str, value: &str) -> Option<&Table> {
        let bins = self.document.get("bin")?.as_array_of_tables()?;
        let has = |bin: &&Table| bin.get(key).and_then(Item::as_str) == Some(value);
        bins.iter().find(has)
    }
}

impl std::fmt::Display for Manifest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.has_carriage_returns {
            return self.document.fmt(f);
        }
        let text = self.document.to_string().replace("\r\n", "\n");
        f.write_str(&text.replace('\n', "\r\n"))
    }
}

/// A table `[name]`, not `name = {}`.
fn table_of_root() -> Item {
    Item::Table(Table::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> Manifest {
        Manifest::parse(text).unwrap().unwrap()
    }

    #[test]
    fn lines_end_as_they_did() {
        let text = "[package]\nname = \"x\"\n\n[dependencies]\nserde = \"1\"\n";
        let mut expected = manifest(text);
        assert!(expected.depend(DEPENDENCIES, "wallow", "0.1", &[]));
        let mut edited = manifest(&text.replace('\n', "\r\n"));
        assert!(edited.depend(DEPENDENCIES, "wallow", "0.1", &[]));
        let expected = expected.to_string();
        assert!(expected.contains("wallow = \"0.1\"\n"), "{expected}");
        assert_eq!(edited.to_string(), expected.replace('\n', "\r\n"));
    }

    #[test]
    fn a_manifest_without_a_package_is_none() {
        assert!(Manifest::parse("[workspace]\n").unwrap().is_none());
        assert!(Manifest::parse("[package\n").is_err());
    }

    #[test]
    fn comments_and_order_stay() {
        let mut edited = manifest(
            "# Mine.\n[package]\nname = \"x\" # short\n\n[dependencies]\nzeta = \"1\" # last\n# About alpha.\nalpha = \"1\"\n\n\
             [profile.dev]\ndebug = false\n",
        );
        assert!(edited.depend(DEPENDENCIES, "wallow", "0.1.0", &[]));
        assert!(edited.depend(BUILD_DEPENDENCIES, "wallow-schema", "0.1.0", &[]));
        assert!(edited.run_by_default());
        assert_eq!(
            edited.to_string(),
            "# Mine.\n[package]\nname = \"x\" # short\ndefault-run = \"x\"\n\n[dependencies]\nzeta = \"1\" # last\n\
             # About alpha.\nalpha = \"1\"\nwallow = \"0.1.0\"\n\n[profile.dev]\ndebug = false\n\n[build-dependencies]\n\
             wallow-schema = \"0.1.0\"\n"
        );
    }

    #[test]
    fn sorted_dependencies_stay_sorted_and_features_are_written() {
        let mut edited =
            manifest("[package]\nname = \"x\"\n[dependencies]\nanyhow = \"1\"\nzip = \"1\"\n");
        assert!(edited.depend(DEPENDENCIES, "wallow", "0.1.0", &["postgres"]));
        assert_eq!(
            edited.to_string(),
            "[package]\nname = \"x\"\n[dependencies]\nanyhow = \"1\"\n\
             wallow = { version = \"0.1.0\", features = [\"postgres\"] }\nzip = \"1\"\n"
        );
    }

    #[test]
    fn what_is_there_is_respected() {
        for entry in [
            "[dependencies]\nwallow = { path = \"..\" }\n",
            "[dependencies]\nwallow.workspace = true\n",
            "[dependencies.wallow]\nworkspace = true\n",
            "[dependencies]\nregistry = { package = \"wallow\", version = \"0.1\" }\n",
            "[dependencies]\nregistry.package = \"wallow\"\n",
        ] {
            let text = format!("[package]\nname = \"x\"\ndefault-run = \"y\"\n{entry}");
            let mut edited = manifest(&text);
            assert!(
                !edited.depend(DEPENDENCIES, "wallow", "0.1.0", &[]),
                "{entry}"
            );
            assert!(!edited.run_by_default());
            assert!(!edited.declare_bin("wallow", "src/bin/wallow.rs"));
            assert_eq!(edited.to_string(), text);
        }
        let another = "[package]\nname = \"x\"\n[dependencies]\nwallow = { package = \"other\", version = \"1\" }\n";
        assert!(manifest(another).depend(DEPENDENCIES, "wallow", "0.1.0", &[]));
    }

    #[test]
    fn programs_that_cargo_does_not_look_for_are_declared() {
        let text = "[package]\nname = \"x\"\nautobins = false\n\n[[bin]]\nname = \"sweep\"\npath = \"src/main.rs\"\n";
        let mut edited = manifest(text);
        assert!(edited.declare_bin("wallow", "src/bin/wallow.rs"));
        assert!(!edited.declare_bin("wallow", "src/bin/wallow.rs"));
        assert!(edited.run_by_default());
        let edited = edited.to_string();
        assert!(edited.contains("default-run = \"sweep\"\n"), "{edited}");
        assert!(
            edited.ends_with("\n[[bin]]\nname = \"wallow\"\npath = \"src/bin/wallow.rs\"\n"),
            "{edited}"
        );
    }

    #[test]
    fn another_build_script_is_seen() {
        let usual = |key: &str| {
            manifest(&format!("[package]\nname = \"x\"\n{key}")).has_usual_build_script()
        };
        assert!(usual("") && usual("build = \"build.rs\"\n") && usual("build = true\n"));
        assert!(!usual("build = \"make.rs\"\n") && !usual("build = false\n"));
    }
}
