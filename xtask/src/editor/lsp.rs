//! The language server protocol, as much of it as the checks need: messages over a child's stdin
//! and stdout, requests answered in turn, and what the server asks of its editor.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The server has loaded a workspace, built its macros and answered everything by then, or it hangs.
const PATIENCE: Duration = Duration::from_mins(15);

/// The error code of an answer that a change of the document has overtaken.
const CONTENT_MODIFIED: i64 = -32801;

/// A running language server; dropping it ends the process.
pub(crate) struct Client {
    child: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    deadline: Instant,
    next: i64,
    ready: bool,
}

impl Client {
    /// Starts a server. Its log goes nowhere.
    pub(crate) fn start(command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{command:?} could not be started: {error}"))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{command:?} has no pipes"));
        };
        let (send, messages) = channel();
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = read(&mut stdout) {
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        Ok(Client {
            child,
            stdin,
            messages,
            deadline: Instant::now() + PATIENCE,
            next: 0,
            ready: false,
        })
    }

    /// Asks, and waits for the answer; asks again where a change has overtaken it.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        loop {
            self.next += 1;
            let id = self.next;
            self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
            let mut answer = loop {
                let message = self.next_message()?;
                if message.get("method").is_none() && message["id"] == id {
                    break message;
                }
            };
            match answer.get("error") {
                None => return Ok(answer["result"].take()),
                Some(error) if error["code"] == CONTENT_MODIFIED => {}
                Some(error) => return Err(format!("{method}: {}", error["message"])),
            }
        }
    }

    /// Tells.
    pub(crate) fn notify(&mut self, method: &str, params: &Value) -> Result<(), String> {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    /// Waits until the workspace is loaded, build scripts and macros included.
    pub(crate) fn wait_until_ready(&mut self) -> Result<(), String> {
        while !self.ready {
            self.next_message()?;
        }
        Ok(())
    }

    /// The next message, its side effects done: the server's own requests answered, its state noted.
    fn next_message(&mut self) -> Result<Value, String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let message = self
            .messages
            .recv_timeout(left)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => {
                    format!("the server did not answer within {PATIENCE:?}")
                }
                RecvTimeoutError::Disconnected => "the server has ended".to_owned(),
            })?;
        match (message["method"].as_str(), message.get("id")) {
            (Some(_), Some(id)) => {
                self.write(&json!({"jsonrpc": "2.0", "id": id, "result": null}))?;
            }
            (Some("experimental/serverStatus"), None) => {
                self.ready = message["params"]["quiescent"] == true;
                if message["params"]["health"] == "error" {
                    return Err(format!("the server says: {}", message["params"]["message"]));
                }
            }
            _ => {}
        }
        Ok(message)
    }

    fn write(&mut self, message: &Value) -> Result<(), String> {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len())
            .and_then(|()| self.stdin.flush())
            .map_err(|error| format!("the server does not listen: {error}"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Nothing can be done about a process that has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One message: headers, an empty line, JSON of the length that a header says.
fn read(input: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse::<usize>().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    input.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
