//! Connections of browsers, and how many there may be.
//!
//! What enters: a listener. What leaves: the answers of [`Service`]. Invariants: nobody without the token keeps others
//! out, neither with connections that say nothing nor with many of them; and a slow answer delays no other.

use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::channel::{Channel, Sender};
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::answer::Rows;
use super::server::{Content, Service};

/// A browser has at most six connections to a server, so these are enough for many people with many open pages.
const OPEN: usize = 256;

/// At most this many answers are computed at once; others wait.
const ANSWERS: usize = 32;

/// A request has to arrive within this time, and a connection that asks for nothing is closed after it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A browser that takes nothing of a file for this long wants no more of it.
const STALLED: Duration = Duration::from_secs(60);

/// Accepting fails if the process has too many open files, which passes.
const PAUSE: Duration = Duration::from_millis(100);

type Body = Either<Full<Bytes>, Channel<Bytes, io::Error>>;

/// Answers for ever.
pub(super) fn serve(listener: std::net::TcpListener, service: Arc<Service>) -> io::Result<()> {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_io().enable_time();
    let runtime = runtime.max_blocking_threads(ANSWERS).build()?;
    runtime.block_on(accept(listener, service))
}

async fn accept(listener: std::net::TcpListener, service: Arc<Service>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let mut open = Open::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => open.admit(stream, &service),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// The open connections, the oldest first.
#[derive(Default)]
struct Open(Vec<Connection>);

struct Connection {
    task: JoinHandle<()>,
    /// Whether it has sent a request that was allowed.
    is_known: Arc<AtomicBool>,
}

impl Open {
    /// Takes a connection. If there are too many, the oldest one that has not shown the token is closed; if all have, the
    /// new one is.
    fn admit(&mut self, stream: TcpStream, service: &Arc<Service>) {
        self.0.retain(|other| !other.task.is_finished());
        if self.0.len() >= OPEN {
            let is_unknown = |other: &Connection| !other.is_known.load(Ordering::Relaxed);
            match self.0.iter().position(is_unknown) {
                Some(oldest) => self.0.remove(oldest).task.abort(),
                None => return,
            }
        }
        let is_known = Arc::new(AtomicBool::new(false));
        let answering = connection(stream, Arc::clone(service), Arc::clone(&is_known));
        let task = tokio::spawn(answering);
        self.0.push(Connection { task, is_known });
    }
}

/// Answers the requests of a connection, one after the other.
async fn connection(stream: TcpStream, service: Arc<Service>, is_known: Arc<AtomicBool>) {
    // Without it, small answers wait for the acknowledgement of the ones before.
    let _ = stream.set_nodelay(true);
    let answers = service_fn(|request: Request<Incoming>| {
        let (service, is_known) = (Arc::clone(&service), Arc::clone(&is_known));
        async move {
            let (head, _) = request.into_parts();
            let response = computed(move || service.respond(&head)).await;
            let response = response.unwrap_or_else(|_| failed());
            if !response.status().is_client_error() {
                is_known.store(true, Ordering::Relaxed);
            }
            Ok::<_, Infallible>(sent(response))
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE);
    // An error is one of the browser: it is gone, or what it sends is no HTTP.
    let _ = builder
        .serve_connection(TokioIo::new(stream), answers)
        .await;
}

/// The result of work in a thread of its own. If nobody waits for it any more, because the browser has closed the
/// connection, work that has not begun never does. What has begun goes on to its end: see the specification, 13.17.
async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    struct Awaited<T>(JoinHandle<T>);

    impl<T> Drop for Awaited<T> {
        fn drop(&mut self) {
            self.0.abort();
        }
    }

    let mut awaited = Awaited(spawn_blocking(work));
    (&mut awaited.0).await
}

/// The answer if computing it panicked.
fn failed() -> Response<Content> {
    let mut response = Response::new(Content::Text(Vec::new()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

fn sent(response: Response<Content>) -> Response<Body> {
    response.map(|content| match content {
        Content::Text(text) => Either::Left(Full::new(text.into())),
        Content::Rows(rows) => Either::Right(streamed(rows)),
    })
}

/// A body that another thread writes while it is sent, so memory does not grow with its length.
fn streamed(rows: Rows) -> Channel<Bytes, io::Error> {
    let (sender, body) = Channel::new(2);
    let handle = Handle::current();
    spawn_blocking(move || {
        let sender = Arc::new(Mutex::new(Some(sender)));
        let unfinished = Unfinished(Arc::clone(&sender));
        if rows(Box::new(Piecewise { sender, handle })).is_ok() {
            unfinished.finish();
        }
    });
    body
}

type Shared = Arc<Mutex<Option<Sender<Bytes, io::Error>>>>;

fn take(sender: &Shared) -> Option<Sender<Bytes, io::Error>> {
    sender.lock().ok().and_then(|mut sender| sender.take())
}

/// A file that is not written completely must not look complete: the browser sees a broken connection.
struct Unfinished(Shared);

impl Unfinished {
    fn finish(&self) {
        drop(take(&self.0));
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(sender) = take(&self.0) {
            sender.abort(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Sends what is written, which comes in large pieces.
struct Piecewise {
    sender: Shared,
    handle: Handle,
}

impl Write for Piecewise {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let mut sender = self.sender.lock().map_err(|_| gone())?;
        let sender = sender.as_mut().ok_or_else(gone)?;
        let piece = Bytes::copy_from_slice(bytes);
        let sending = async { timeout(STALLED, sender.send_data(piece)).await };
        match self.handle.block_on(sending) {
            Ok(Ok(())) => Ok(bytes.len()),
            _ => Err(gone()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn work_that_nobody_waits_for_does_not_begin() {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(1).build().unwrap();
        let begun = Arc::new(AtomicBool::new(false));
        runtime.block_on(async {
            let (release, released) = mpsc::channel::<()>();
            let first = tokio::spawn(computed(move || released.recv()));
            tokio::task::yield_now().await;
            // The only thread is taken, so this one waits; then its connection is closed.
            let in_work = Arc::clone(&begun);
            let second = tokio::spawn(computed(move || in_work.store(true, Ordering::Relaxed)));
            tokio::task::yield_now().await;
            second.abort();
            assert!(second.await.unwrap_err().is_cancelled());
            release.send(()).unwrap();
            first.await.unwrap().unwrap().unwrap();
            assert_eq!(computed(|| 7).await.unwrap(), 7);
        });
        assert!(!begun.load(Ordering::Relaxed));
    }
}
