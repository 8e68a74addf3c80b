//! One connection: for each direction, a thread that reads and one that writes what is due.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::faults::Faults;
use super::wire::{Replies, Requests};

/// The direction of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ToServer,
    ToClient,
}

/// The server's end.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Stream::Tcp(stream) => Stream::Tcp(stream.try_clone()?),
            Stream::Unix(stream) => Stream::Unix(stream.try_clone()?),
        })
    }

    fn shutdown(&self, how: Shutdown) {
        // The other end may be gone already.
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(how),
            Stream::Unix(stream) => stream.shutdown(how),
        };
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(bytes),
            Stream::Unix(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes, and the time of their arrival.
struct Parcel {
    due: Instant,
    bytes: Vec<u8>,
}

/// Closes a connection so that the client sees a reset, not an end.
pub(super) fn reset(client: &TcpStream) {
    let _ = SockRef::from(client).set_linger(Some(Duration::ZERO));
    let _ = client.shutdown(Shutdown::Both);
}

/// Forwards both ways until one end closes.
pub(super) fn serve(client: TcpStream, server: Stream, faults: &Arc<Faults>) -> io::Result<()> {
    let Some(number) = faults.enter(&client)? else {
        reset(&client);
        return Ok(());
    };
    let (requests, replies) = Requests::new();
    let (to_server, from_client) = channel();
    let (to_client, from_server) = channel();

    let reader = client.try_clone()?;
    let their = Arc::clone(faults);
    spawn(move || read_requests(reader, requests, &to_server, &their))?;
    let (writer, their) = (server.try_clone()?, Arc::clone(faults));
    spawn(move || {
        let end = writer.try_clone();
        write(writer, &from_client, &their);
        // If a client goes away, its session on the server ends, too.
        if let Ok(end) = end {
            end.shutdown(Shutdown::Both);
        }
    })?;
    let their = Arc::clone(faults);
    spawn(move || read_replies(server, replies, &to_client, &their))?;
    let their = Arc::clone(faults);
    spawn(move || {
        write(&client, &from_server, &their);
        let _ = client.shutdown(Shutdown::Both);
        their.leave(number);
    })
}

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().stack_size(256 * 1024);
    thread.spawn(work).map(drop)
}

fn read_requests(
    mut client: TcpStream,
    mut requests: Requests,
    out: &Sender<Parcel>,
    faults: &Faults,
) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let bytes = buffer[..length].to_vec();
        requests.read(&bytes, |sql| faults.request(sql));
        let due = Instant::now() + faults.delay(Direction::ToServer);
        if out.send(Parcel { due, bytes }).is_err() {
            return;
        }
    }
}

fn read_replies(mut server: Stream, mut replies: Replies, out: &Sender<Parcel>, faults: &Faults) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = server.read(&mut buffer) {
        let mut bytes = Vec::new();
        let lost = replies.read(&buffer[..length], &mut bytes);
        let due = Instant::now() + faults.delay(Direction::ToClient);
        if out.send(Parcel { due, bytes }).is_err() {
            return;
        }
        if lost {
            // Dropping this end of the channel ends the connection of the client.
            faults.lost();
            server.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn write(mut end: impl Write, parcels: &Receiver<Parcel>, faults: &Faults) {
    for parcel in parcels {
        thread::sleep(parcel.due.saturating_duration_since(Instant::now()));
        faults.wait_for_passage();
        if end.write_all(&parcel.bytes).is_err() {
            return;
        }
    }
    // The end of a connection, too, is noticed only when packets pass.
    faults.wait_for_passage();
}
