//! A client of a language server: requests and answers, one at a time.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tool_checks::Result;

/// The server has loaded a workspace, built its macros and answered everything by then, or it hangs.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

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
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn()?;
        let stdin = child.stdin.take().ok_or("the server has no stdin")?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("the server has no stdout")?);
        let (send, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut stdout) {
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        let deadline = Instant::now() + PATIENCE;
        Ok(Client {
            child,
            stdin,
            messages,
            deadline,
            next: 0,
            ready: false,
        })
    }

    /// Asks, and waits for the answer; asks again if a change has overtaken it.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value> {
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
                Some(error) => return Err(format!("{method}: {}", error["message"]).into()),
            }
        }
    }

    /// Tells.
    pub(crate) fn notify(&mut self, method: &str, params: &Value) -> Result<()> {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    /// Waits until the workspace is loaded, build scripts and macros included.
    pub(crate) fn wait_until_ready(&mut self) -> Result<()> {
        while !self.ready {
            self.next_message()?;
        }
        Ok(())
    }

    /// The next message, its side effects done: the server's own requests answered, its state noted.
    fn next_message(&mut self) -> Result<Value> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let message = self.messages.recv_timeout(left);
        let message = message.map_err(|error| format!("the server does not answer: {error}"))?;
        match (message["method"].as_str(), message.get("id")) {
            (Some(_), Some(id)) => {
                self.write(&json!({"jsonrpc": "2.0", "id": id, "result": null}))?;
            }
            (Some("experimental/serverStatus"), None) => {
                self.ready = message["params"]["quiescent"] == true;
                if message["params"]["health"] == "error" {
                    return Err(format!("the server says: {}", message["params"]["message"]).into());
                }
            }
            _ => {}
        }
        Ok(message)
    }

    fn write(&mut self, message: &Value) -> Result<()> {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        Ok(self.stdin.flush()?)
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
    let headers = input
        .by_ref()
        .lines()
        .map_while(std::io::Result::ok)
        .take_while(|line| !line.is_empty());
    let length = headers
        .filter_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok())
        .last();
    let mut body = vec![0; length?];
    input.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
