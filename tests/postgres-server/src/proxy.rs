//! A network that misbehaves on demand, between the programs of a test and a server.
//!
//! It listens on 127.0.0.1 and forwards to the socket or the port of a server. It parses the messages of PostgreSQL's
//! protocol, so that it can count requests, and lose a reply after the server has executed the request. Everything can
//! be changed while connections are open.

mod connection;
mod faults;
mod packets;
mod wire;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{io, thread};

use connection::Stream;
use faults::Faults;

use super::{Server, text};

/// Where a proxy forwards to.
#[derive(Debug, Clone)]
enum Upstream {
    Socket(PathBuf),
    Address(SocketAddr),
}

/// What clients did since the proxy was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Connections that clients opened.
    pub connections: u64,
    /// Requests that wait for an answer, that is, round trips: a simple query, or a `Sync`. Those of the start of a
    /// connection are not counted.
    pub requests: u64,
    /// Replies that were lost on purpose.
    pub lost: u64,
}

/// A proxy. It and its connections end when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    faults: Arc<Faults>,
}

impl Proxy {
    /// Listens on a free port, and forwards to the socket of a server.
    ///
    /// # Errors
    /// If no port is free.
    pub fn to(server: &Server) -> Result<Self, String> {
        Proxy::start(Upstream::Socket(server.socket()))
    }

    /// Forwards to an address, such as that of a pooler.
    ///
    /// # Errors
    /// If no port is free.
    pub fn to_address(address: SocketAddr) -> Result<Self, String> {
        Proxy::start(Upstream::Address(address))
    }

    fn start(upstream: Upstream) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
        let address = listener.local_addr().map_err(text)?;
        let faults = Arc::new(Faults::new(listener.try_clone().map_err(text)?));
        let thread_faults = Arc::clone(&faults);
        thread::Builder::new()
            .name("proxy".into())
            .spawn(move || accept(&listener, &upstream, &thread_faults))
            .map_err(text)?;
        Ok(Proxy { address, faults })
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a database of the server, through the proxy.
    pub fn url(&self, database: &str) -> String {
        let port = self.address.port();
        format!("postgres://postgres@127.0.0.1:{port}/{database}")
    }

    /// What clients did so far.
    pub fn counts(&self) -> Counts {
        self.faults.counts()
    }

    /// Sets how long bytes take from the client to the server, and back.
    pub fn delay(&self, to_server: Duration, to_client: Duration) {
        self.faults.change(|state| {
            state.delays = [to_server, to_client];
        });
    }

    /// Loses the reply to the n-th request from now on, where 1 is the next: the server executes it, then the
    /// connection is reset.
    pub fn lose_reply(&self, n: u64) {
        self.faults.change(|state| state.lose_in = Some(n));
    }

    /// Loses the reply to the next request whose SQL contains this text, such as `COMMIT`.
    pub fn lose_reply_to(&self, sql: &str) {
        self.faults
            .change(|state| state.lose_text = Some(sql.to_owned()));
    }

    /// Loses one reply in this many, chosen by a seed; 0 stops that.
    pub fn lose_one_in(&self, many: u64, seed: u64) {
        self.faults.change(|state| {
            state.lose_one_in = many;
            state.random = fastrand::Rng::with_seed(seed);
        });
    }

    /// Allows at most this many open connections; a further one is closed at once.
    pub fn limit(&self, connections: Option<usize>) {
        self.faults.change(|state| state.limit = connections);
    }

    /// Resets every connection.
    pub fn reset(&self) {
        self.faults.reset();
    }

    /// Accepts bytes and connections, and forwards nothing, like a frozen server or a middlebox that lost its state.
    /// The kernel still acknowledges the bytes.
    pub fn freeze(&self) {
        self.faults.change(|state| state.frozen = true);
    }

    /// Loses every packet of the clients, in both directions, as if the cable were cut. Nothing is acknowledged,
    /// keepalive probes are not answered, and a new connection gets no answer. The server's end of each connection
    /// stays open.
    ///
    /// # Errors
    /// If the kernel does not let the proxy drop packets.
    pub fn cut(&self) -> Result<(), String> {
        self.faults.cut().map_err(text)
    }

    /// Ends [`freeze`](Proxy::freeze) and [`cut`](Proxy::cut): bytes that are still on the way arrive.
    ///
    /// # Errors
    /// If the kernel does not let packets through again.
    pub fn heal(&self) -> Result<(), String> {
        self.faults.heal().map_err(text)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.faults.heal();
        self.faults.close();
        // The thread that accepts notices it at the next connection.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

/// The thread of the listener: two threads for each direction of each connection.
fn accept(listener: &TcpListener, upstream: &Upstream, faults: &Arc<Faults>) {
    while let Ok((client, _)) = listener.accept() {
        if faults.is_closed() {
            return;
        }
        // A client that cannot be served is closed when it is dropped.
        let _ = serve(client, upstream, faults);
    }
}

fn serve(client: TcpStream, upstream: &Upstream, faults: &Arc<Faults>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = match upstream {
        Upstream::Socket(path) => Stream::Unix(UnixStream::connect(path)?),
        Upstream::Address(address) => {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            Stream::Tcp(stream)
        }
    };
    connection::serve(client, server, faults)
}
