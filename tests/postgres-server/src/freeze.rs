//! A server that is frozen.

use std::fs;
use std::io;

use rustix::process::{Pid, Signal, kill_process};

use super::{Server, text};

impl Server {
    /// Stops every process of the server, as when its machine is suspended: connections stay open,
    /// new ones are accepted by the kernel, and nothing answers.
    ///
    /// # Errors
    /// If the server is not running.
    pub fn freeze(&self) -> Result<(), String> {
        // The first process is stopped first, so that it starts no other one meanwhile.
        for process in self.processes()? {
            signal(process, Signal::STOP)?;
        }
        Ok(())
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// If the server is not running.
    pub fn thaw(&self) -> Result<(), String> {
        for process in self.processes()? {
            signal(process, Signal::CONT)?;
        }
        Ok(())
    }

    /// The server's first process, then its children.
    fn processes(&self) -> Result<Vec<Pid>, String> {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).map_err(text)?;
        let first = file.lines().next().and_then(|line| line.parse().ok());
        let first: i32 = first.ok_or("no process number in `postmaster.pid`")?;
        let mut processes = vec![first];
        processes.extend(children(first).map_err(text)?);
        Ok(processes.into_iter().filter_map(Pid::from_raw).collect())
    }
}

fn children(parent: i32) -> io::Result<Vec<i32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process that has ended meanwhile has no file.
        let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // `number (name) state parent …`: the name may have blanks and parentheses.
        let rest = status.rsplit_once(')').map_or("", |(_, rest)| rest);
        if rest.split_whitespace().nth(1) == Some(&parent.to_string()) {
            children.push(process);
        }
    }
    Ok(children)
}

fn signal(process: Pid, signal: Signal) -> Result<(), String> {
    match kill_process(process, signal) {
        // It has ended meanwhile.
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}
