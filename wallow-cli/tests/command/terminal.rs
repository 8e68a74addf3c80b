//! The command on a terminal with a person who answers.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::project::Project;

/// A command that runs on its own terminal.
pub(crate) struct Terminal {
    child: Child,
    screen: File,
    text: String,
}

/// A new terminal: the side of the person, and the side of the program.
pub(crate) fn open_terminal() -> (OwnedFd, File) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap();
    let inside = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    (screen, inside)
}

impl Project {
    /// Starts `wallow …` on a terminal.
    pub(crate) fn wallow_on_terminal(&self, line: &str) -> Terminal {
        let (screen, inside) = open_terminal();
        let child = self
            .command(".", line)
            .env("NO_COLOR", "1")
            .stdin(inside.try_clone().unwrap())
            .stdout(inside.try_clone().unwrap())
            .stderr(inside)
            .spawn()
            .unwrap();
        Terminal {
            child,
            screen: screen.into(),
            text: String::new(),
        }
    }
}

impl Terminal {
    /// Reads until this text has appeared on the screen.
    pub(crate) fn asks(&mut self, question: &str) {
        while !self.text.contains(question) {
            assert!(self.read(), "it ended without `{question}`:\n{}", self.text);
        }
    }

    /// Types a line.
    pub(crate) fn answer(&mut self, line: &str) {
        self.screen
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }

    /// Closes the window. Returns the process, which goes on.
    pub(crate) fn closes(mut self) -> Child {
        let (screen, _) = open_terminal();
        drop(std::mem::replace(&mut self.screen, screen.into()));
        let nobody = Command::new("true").spawn().unwrap();
        std::mem::replace(&mut self.child, nobody)
    }

    /// The exit status, and everything on the screen, including what was typed.
    pub(crate) fn ends(&mut self) -> (Option<i32>, String) {
        while self.read() {}
        let status = self.child.wait().unwrap();
        (status.code(), self.text.replace("\r\n", "\n"))
    }

    /// Reads some more; `false` if the program has ended, which Linux reports as an error.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let count = self.screen.read(&mut bytes).unwrap_or(0);
        self.text
            .push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        count > 0
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A process that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
