//! A pager for long tables on a terminal: `$PAGER`, else `less`.
//!
//! It starts only if there are more lines than the terminal has, so that short tables stay on the screen. A person who
//! leaves it early has seen enough: that is no error.

use std::env;
use std::io::{self, ErrorKind, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::sanitize::{Form, Sanitize};

/// Stdout with a pager behind it.
pub(super) struct Paged<W: Write> {
    /// Stdout itself.
    plain: W,
    /// The lines so far, if the pager might still start.
    waiting: Option<Waiting>,
    pager: Option<Pager>,
}

struct Waiting {
    text: Vec<u8>,
    lines: usize,
    /// How many lines the terminal has.
    room: usize,
}

struct Pager {
    child: Child,
    input: Option<Sanitize<ChildStdin>>,
    name: String,
    /// Until it is dropped, Ctrl-C is for the pager alone.
    #[cfg(unix)]
    _interrupts: Option<Interrupts>,
}

/// Status of a shell that finds no program of a name, or may not execute it.
const NOT_STARTED: [i32; 2] = [126, 127];

impl<W: Write> Paged<W> {
    /// Stdout of a terminal with this many lines.
    pub(super) fn new(plain: W, room: usize) -> Self {
        Paged {
            plain,
            waiting: Some(Waiting {
                text: Vec::new(),
                lines: 0,
                room,
            }),
            pager: None,
        }
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(waiting) = self.waiting.take() {
            self.plain.write_all(&waiting.text)?;
        }
        let Some(mut pager) = self.pager.take() else {
            return self.plain.flush();
        };
        pager.input = None;
        let status = pager.child.wait()?;
        match status.code() {
            Some(code) if NOT_STARTED.contains(&code) => Err(io::Error::other(format!(
                "the pager `{}` does not start; set PAGER to another one, or give `--no-pager`",
                pager.name
            ))),
            _ => Ok(()),
        }
    }
}

impl<W: Write> Write for Paged<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(waiting) = &mut self.waiting {
            waiting.text.extend_from_slice(bytes);
            waiting.lines += bytes.split(|byte| *byte == b'\n').count() - 1;
            if waiting.lines < waiting.room {
                return Ok(bytes.len());
            }
            let text = std::mem::take(&mut waiting.text);
            self.waiting = None;
            self.pager = start();
            match self.pager.as_mut().and_then(|pager| pager.input.as_mut()) {
                Some(input) => input.write_all(&text)?,
                None => self.plain.write_all(&text)?,
            }
            return Ok(bytes.len());
        }
        match self.pager.as_mut().and_then(|pager| pager.input.as_mut()) {
            Some(input) => input.write(bytes),
            None => self.plain.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.pager.as_mut().and_then(|pager| pager.input.as_mut()) {
            Some(input) => input.flush(),
            // What waits is written at the end.
            None => self.plain.flush(),
        }
    }
}

impl<W: Write> Drop for Paged<W> {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            super::keep(&error);
        }
    }
}

/// Starts the pager; `None` if there is none.
fn start() -> Option<Pager> {
    let named = env::var("PAGER")
        .ok()
        .filter(|name| !name.trim().is_empty());
    let (name, mut command) = match named {
        Some(name) if name.trim() == "cat" => return None,
        // It may have arguments, as in `less -S`.
        Some(name) => {
            let mut command = Command::new("sh");
            command.arg("-c").arg(&name);
            (name, command)
        }
        None => ("less".to_owned(), Command::new("less")),
    };
    // Colours are shown, and long lines are cut rather than wrapped, unless the person has settings of their own.
    if env::var_os("LESS").is_none() {
        command.env("LESS", "FRSX");
    }
    #[cfg(unix)]
    let interrupts = Interrupts::ignore();
    let child = command.stdin(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(_) => return None,
    };
    let input = child.stdin.take()?;
    Some(Pager {
        child,
        input: Some(Sanitize::new(input, Form::Text, true)),
        name,
        #[cfg(unix)]
        _interrupts: interrupts,
    })
}

/// Ctrl-C reaches every program of the terminal. In a pager it ends a search, so it must not end what feeds the pager.
#[cfg(unix)]
struct Interrupts(signal_hook::SigId);

#[cfg(unix)]
impl Interrupts {
    fn ignore() -> Option<Self> {
        let seen = std::sync::Arc::default();
        let id = signal_hook::flag::register(signal_hook::consts::SIGINT, seen);
        id.ok().map(Interrupts)
    }
}

#[cfg(unix)]
impl Drop for Interrupts {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.0);
    }
}
