//! A folder of its own with a registry, and the program that is let loose on it.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A folder with a registry, gone when the test is over.
pub(crate) struct Laboratory(tempfile::TempDir);

impl Laboratory {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("rules.db")
    }

    pub(crate) fn url(&self) -> String {
        self.file().to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matching_feedback"));
        let command_line = command.arg("--db").arg(self.file()).args(arguments);
        command_line.current_dir(self.0.path());
        command
    }

    /// What the program prints, having ended well.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        Self::ended_well(self.start(arguments))
    }

    /// The program, under way.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// What a program printed that ends well.
    pub(crate) fn ended_well(child: Child) -> String {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(stderr(&output), "");
        String::from_utf8(output.stdout).unwrap()
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
