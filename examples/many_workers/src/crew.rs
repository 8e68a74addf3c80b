//! Starts workers as processes, kills them at random if asked to, and reads what they print.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::args::{Registry, VARIABLE};
use crate::verdict::{Account, Begun};

/// The pause between two kills.
const PEACE: Duration = Duration::from_millis(300);

/// A message from a worker, by its number in the crew.
enum Heard {
    Line(usize, String),
    /// It has ended; nothing more will come.
    End(usize),
}

/// The workers of a sweep.
pub(crate) struct Crew<'a> {
    registry: &'a Registry,
    alive: BTreeMap<usize, Child>,
    accounts: Vec<Account>,
    sender: Sender<Heard>,
    receiver: Receiver<Heard>,
}

impl<'a> Crew<'a> {
    pub(crate) fn new(registry: &'a Registry) -> Self {
        let (sender, receiver) = channel();
        Crew {
            registry,
            alive: BTreeMap::new(),
            accounts: Vec::new(),
            sender,
            receiver,
        }
    }

    /// Starts the workers, and reads until the last one has ended; returns what each of them did.
    ///
    /// # Errors
    /// If a process cannot be started or killed, or ends with an error.
    pub(crate) fn work(mut self, workers: u16, chaos: bool) -> io::Result<Vec<Account>> {
        let outcome = self.listen(workers, chaos);
        // After an error, no process is left running.
        for child in self.alive.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        outcome.map(|()| self.accounts)
    }

    fn listen(&mut self, workers: u16, chaos: bool) -> io::Result<()> {
        for _ in 0..workers {
            self.start()?;
        }
        let mut next_kill = Instant::now() + PEACE;
        while !self.alive.is_empty() {
            let patience = next_kill.saturating_duration_since(Instant::now());
            match self.receiver.recv_timeout(patience) {
                Ok(Heard::Line(worker, line)) => {
                    self.accounts[worker].begun.extend(Begun::read(&line));
                }
                Ok(Heard::End(worker)) => self.bury(worker)?,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    next_kill = Instant::now() + PEACE;
                    if chaos {
                        self.kill_one()?;
                    }
                }
            }
        }
        Ok(())
    }

    fn start(&mut self) -> io::Result<()> {
        let worker = self.accounts.len();
        let mut child = Command::new(std::env::current_exe()?)
            .arg("work")
            .arg("--stale-after")
            .arg(self.registry.stale_after.as_secs_f64().to_string())
            .env(VARIABLE, &self.registry.db)
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        self.accounts.push(Account::default());
        self.alive.insert(worker, child);
        let sender = self.sender.clone();
        thread::spawn(move || {
            let lines = stdout
                .into_iter()
                .flat_map(|pipe| BufReader::new(pipe).lines());
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(Heard::Line(worker, line));
            }
            let _ = sender.send(Heard::End(worker));
        });
        Ok(())
    }

    /// Kills a worker without warning, as if its machine lost power, and starts another one.
    fn kill_one(&mut self) -> io::Result<()> {
        let numbers = self.alive.keys().copied().collect::<Vec<_>>();
        let Some(worker) = fastrand::choice(numbers) else {
            return Ok(());
        };
        if let Some(child) = self.alive.get_mut(&worker)
            && child.try_wait()?.is_none()
        {
            child.kill()?;
            self.accounts[worker].killed = true;
            self.start()?;
        }
        Ok(())
    }

    /// Ends the account of a worker. All of its lines were read.
    fn bury(&mut self, worker: usize) -> io::Result<()> {
        let Some(mut child) = self.alive.remove(&worker) else {
            return Ok(());
        };
        let status = child.wait()?;
        if status.success() || self.accounts[worker].killed {
            return Ok(());
        }
        Err(ended_badly(child.id(), status))
    }
}

fn ended_badly(worker: u32, status: ExitStatus) -> io::Error {
    io::Error::other(format!(
        "worker {worker} ended with {status}; what it said stands above"
    ))
}
