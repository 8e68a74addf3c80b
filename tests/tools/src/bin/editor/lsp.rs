//! A client of a language server: requests and answers, one at a time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tool_checks::Result;

/// After this time without an answer the server hangs: loading a workspace and building its macros takes less.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The error code if the document changed before the answer.
const CONTENT_MODIFIED: i64 = -32801;

/// A running language server; dropping it ends the process.
pub(crate) struct Client {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: i64,
}

impl Client {
    /// Starts a server. Its log is discarded.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let stdin = child.stdin.take().ok_or("the server has no stdin")?;
        let stdout = child.stdout.take().ok_or("the server has no stdout")?;
        std::thread::spawn(|| {
            std::thread::sleep(PATIENCE);
            eprintln!("the server did not answer everything within {PATIENCE:?}");
            std::process::exit(1);
        });
        let stdout = BufReader::new(stdout);
        Ok(Client {
            child,
            stdin,
            stdout,
            next: 0,
        })
    }

    /// Sends a request, and waits for the answer. Sends it again if the document changed before the answer.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value> {
        loop {
            self.next += 1;
            let id = self.next;
            self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
            let mut answer =
                self.wait_for(|message| message["method"].is_null() && message["id"] == id)?;
            match answer.get("error") {
                None => return Ok(answer["result"].take()),
                Some(error) if error["code"] == CONTENT_MODIFIED => {}
                Some(error) => return Err(format!("{method}: {}", error["message"]).into()),
            }
        }
    }

    /// Sends a notification.
    pub(crate) fn notify(&mut self, method: &str, params: &Value) -> Result<()> {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    /// Waits until the workspace is loaded, build scripts and macros included.
    pub(crate) fn wait_until_ready(&mut self) -> Result<()> {
        let is_ready = |message: &Value| message["params"]["quiescent"] == true;
        self.wait_for(is_ready).map(drop)
    }

    /// Waits for a message for which `is_wanted` is true. The server's own requests are answered meanwhile.
    fn wait_for(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        loop {
            let message = self.read()?;
            if message["params"]["health"] == "error" {
                return Err(format!("the server says: {}", message["params"]["message"]).into());
            }
            if is_wanted(&message) {
                return Ok(message);
            }
            if let (Some(_), Some(id)) = (message.get("method"), message.get("id")) {
                self.write(&json!({"jsonrpc": "2.0", "id": id, "result": null}))?;
            }
        }
    }

    /// Reads one message: headers, an empty line, and JSON with the length of a header.
    fn read(&mut self) -> Result<Value> {
        let mut length = None;
        for line in self.stdout.by_ref().lines() {
            let line = line?;
            if line.is_empty() {
                break;
            }
            length = line
                .strip_prefix("Content-Length: ")
                .map(str::parse)
                .or(length);
        }
        let mut body = vec![0; length.ok_or("the server has ended")??];
        self.stdout.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
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
