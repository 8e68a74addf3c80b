//! `wallow ui` that was started by a test, and requests to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value as Json;

use crate::project::Project;

/// A server, which ends with the test.
pub(crate) struct Server {
    child: Child,
    /// The address that it printed.
    pub(crate) url: String,
    pub(crate) port: u16,
    pub(crate) token: String,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The lines before the body.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        assert_eq!(self.status, 200, "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Server {
    /// Starts `wallow ui` with these options.
    pub(crate) fn start(project: &Project, options: &str) -> Self {
        let mut child = project
            .command(".", &format!("ui --port 0 {options}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut url).unwrap();
        let url = url.trim_end().to_owned();
        let (address, token) = url.split_once("/?token=").unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        let token = token.to_owned();
        Server {
            child,
            url,
            port,
            token,
        }
    }

    /// Sends a request with exactly these lines.
    pub(crate) fn send(&self, lines: &[&str]) -> Response {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let text = format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n"));
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Asks as the page does.
    pub(crate) fn ask(&self, path: &str) -> Response {
        self.send(&[
            &format!("GET {path} HTTP/1.1"),
            &format!("Host: localhost:{}", self.port),
            &format!("Authorization: Bearer {}", self.token),
        ])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A text within an address.
pub(crate) fn encoded(text: &str) -> String {
    let encode = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.as_bytes().iter().map(encode).collect()
}
