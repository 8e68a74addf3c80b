//! The messages of PostgreSQL's protocol, as far as a proxy has to know them: where each begins and ends, which request
//! waits for an answer, and when the answer is complete.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The state that the two directions of a connection share.
#[derive(Debug, Default)]
struct Shared {
    /// For each request that is not answered yet, whether its reply is to be lost.
    open: VecDeque<bool>,
    /// How many questions about encryption are open, which are answered with a single byte.
    single_bytes: usize,
}

type Link = Arc<Mutex<Shared>>;

fn lock(link: &Link) -> MutexGuard<'_, Shared> {
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the client sends.
#[derive(Debug, Default)]
pub(super) struct Requests {
    link: Link,
    bytes: Vec<u8>,
    begun: bool,
    /// The SQL of this connection's prepared statements.
    prepared: BTreeMap<Vec<u8>, String>,
    /// The SQL of the request that is being sent.
    sql: Vec<String>,
}

/// What the server sends.
#[derive(Debug)]
pub(super) struct Replies {
    link: Link,
    bytes: Vec<u8>,
    /// Whether the server has sent its first `ReadyForQuery`, which answers no request.
    ready: bool,
}

impl Requests {
    pub(super) fn new() -> (Self, Replies) {
        let requests = Requests::default();
        let replies = Replies {
            link: Arc::clone(&requests.link),
            bytes: Vec::new(),
            ready: false,
        };
        (requests, replies)
    }

    /// Reads bytes for the server. For each request that ends in them, `lose` gets its SQL and returns whether its
    /// reply is to be lost.
    pub(super) fn read(&mut self, bytes: &[u8], mut lose: impl FnMut(&[String]) -> bool) {
        self.bytes.extend_from_slice(bytes);
        loop {
            if !self.begun {
                let Some(message) = take(&mut self.bytes, 0) else {
                    return;
                };
                // The protocol version 3.0. Anything else asks for encryption or cancels a request.
                self.begun = message.get(4..8) == Some(&[0, 3, 0, 0]);
                if !self.begun {
                    lock(&self.link).single_bytes += 1;
                }
                continue;
            }
            let Some(message) = take(&mut self.bytes, 1) else {
                return;
            };
            if self.is_request(&message) {
                let lose = lose(&mem::take(&mut self.sql));
                lock(&self.link).open.push_back(lose);
            }
        }
    }

    /// Notes the SQL of a message; returns whether the server answers now.
    fn is_request(&mut self, message: &[u8]) -> bool {
        let Some((kind, rest)) = message.split_first() else {
            return false;
        };
        let mut words = rest.get(4..).unwrap_or_default().split(|byte| *byte == 0);
        let mut word = || words.next().unwrap_or_default();
        match kind {
            b'Q' => {
                let sql = String::from_utf8_lossy(word()).into_owned();
                self.sql.push(sql);
            }
            // Parse: a name and the SQL.
            b'P' => {
                let name = word().to_vec();
                let sql = String::from_utf8_lossy(word()).into_owned();
                self.sql.push(sql.clone());
                self.prepared.insert(name, sql);
            }
            // Bind: the names of a portal and of a statement.
            b'B' => {
                word();
                self.sql.extend(self.prepared.get(word()).cloned());
            }
            _ => {}
        }
        matches!(kind, b'Q' | b'S')
    }
}

impl Replies {
    /// Reads bytes from the server, and puts into `out` what the client gets. Returns `true` as soon as a reply that is
    /// to be lost is complete.
    pub(super) fn read(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        self.bytes.extend_from_slice(bytes);
        loop {
            let mut shared = lock(&self.link);
            if shared.single_bytes > 0 && !self.bytes.is_empty() {
                shared.single_bytes -= 1;
                out.push(self.bytes.remove(0));
                continue;
            }
            let Some(message) = take(&mut self.bytes, 1) else {
                return false;
            };
            let is_lost = shared.open.front() == Some(&true);
            if !is_lost {
                out.extend_from_slice(&message);
            }
            if message.first() == Some(&b'Z') && mem::replace(&mut self.ready, true) {
                shared.open.pop_front();
                if is_lost {
                    return true;
                }
            }
        }
    }
}

/// Takes a whole message from the front: `before` bytes, then its length, which includes itself.
fn take(bytes: &mut Vec<u8>, before: usize) -> Option<Vec<u8>> {
    let length = bytes.get(before..before + 4)?.try_into().ok()?;
    let whole = usize::try_from(u32::from_be_bytes(length)).ok()? + before;
    if bytes.len() < whole {
        return None;
    }
    let rest = bytes.split_off(whole);
    Some(mem::replace(bytes, rest))
}
