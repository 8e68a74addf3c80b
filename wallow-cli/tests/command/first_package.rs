//! A new Cargo package from `wallow init --code` to its first migration, with real cargo, offline.
//!
//! The crates are not published, so a configuration of cargo puts those of this repository in their place. Dependencies
//! are built once for all such packages: they share a target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

struct Package {
    folder: TempDir,
}

impl Package {
    /// An empty package, as `cargo new` makes it.
    fn new(name: &str) -> Self {
        // Not below the folder of this repository: `cargo init` would add the package to its workspace.
        let folder = tempfile::tempdir().unwrap();
        let package = Package { folder };
        let patches = [
            "",
            "wallow-cli",
            "wallow-macros",
            "wallow-runtime",
            "wallow-schema",
        ]
        .map(|path| {
            let name = if path.is_empty() { "wallow" } else { path };
            let path = root().join(path);
            format!("{name} = {{ path = '{}' }}\n", path.display())
        });
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild");
        let settings = format!(
            "[patch.crates-io]\n{}\n[net]\noffline = true\n\n[build]\ntarget-dir = '{}'\n\n[profile.dev]\ndebug = false\n",
            patches.concat(),
            shared.display()
        );
        std::fs::create_dir_all(package.path(".cargo")).unwrap();
        std::fs::write(package.path(".cargo/config.toml"), settings).unwrap();
        package.cargo(&["init", "--vcs", "none", "--name", name]);
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
        std::fs::write(package.path("Cargo.lock"), lock).unwrap();
        package
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// What cargo prints on stdout.
    fn cargo(&self, arguments: &[&str]) -> String {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        self.prints(Command::new(cargo).args(arguments))
    }

    /// What the command of this repository prints.
    fn wallow(&self, arguments: &[&str]) -> String {
        self.prints(Command::new(env!("CARGO_BIN_EXE_wallow")).args(arguments))
    }

    /// Resolves the manifest as `init` wrote it, and then leaves Parquet and Arrow out, as a project can: they are half of
    /// all that is to be compiled.
    fn leaves_columnar_out(&self) {
        let resolved = self.cargo(&["tree", "--prefix", "none"]);
        assert!(resolved.contains("\nparquet v"), "{resolved}");
        let manifest = std::fs::read_to_string(self.path("Cargo.toml")).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let written = format!("wallow-cli = \"{version}\"");
        assert!(manifest.contains(&written), "{manifest}");
        let without =
            format!("wallow-cli = {{ version = \"{version}\", default-features = false }}");
        std::fs::write(
            self.path("Cargo.toml"),
            manifest.replace(&written, &without),
        )
        .unwrap();
    }

    fn prints(&self, command: &mut Command) -> String {
        command
            .current_dir(self.folder.path())
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("WALLOW_DATABASE_URL")
            .env_remove("DATABASE_URL");
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {errors}");
        assert!(!errors.contains("warning"), "{command:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn a_new_package_runs_and_gets_its_first_migration_without_another_step() {
    let package = Package::new("first_package");
    package.wallow(&["init", "--code"]);
    package.leaves_columnar_out();
    let uuid = package.cargo(&["run"]);
    assert_eq!(uuid.trim_end().len(), 12, "{uuid}");
    let command = ["run", "--bin", "wallow", "--"];
    let wallow = |arguments: &[&str]| package.cargo(&[&command, arguments].concat());
    wallow(&["migrate", "generate", "initial"]);
    let applied = wallow(&["migrate", "apply"]);
    assert!(applied.contains("noted"), "{applied}");
    assert_eq!(package.cargo(&["run"]), uuid);
    let status = package.wallow(&["status"]);
    assert!(status.contains("in sync"), "{status}");
}
