//! A temporary folder with a registry, and the program that runs on it.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A folder with a registry, which is removed after the test.
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

    /// The output of the program; it has to end successfully.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        Self::ended_well(self.start(arguments))
    }

    /// Starts the program.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The output of a program, which has to end successfully.
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
