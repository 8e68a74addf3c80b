//! A network between a test and a server whose link can be cut: a network namespace, and a pair of devices.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{Server, succeed, text};

/// A server, reached through a link that can be cut. Everything is removed when this is dropped.
#[derive(Debug)]
pub struct Partition {
    name: String,
    address: SocketAddrV4,
}

impl Partition {
    /// Creates the network; `None`, with a report, if the machine does not let this program create one.
    ///
    /// # Panics
    /// If it was created and the server cannot be reached through it.
    pub fn before(server: &Server) -> Option<Self> {
        match Partition::make() {
            Ok(partition) => {
                let outcome = partition.serve(server.socket());
                assert!(outcome.is_ok(), "{outcome:?}");
                Some(partition)
            }
            Err(reason) => {
                eprintln!("NOT TESTED with a network namespace: {reason}");
                None
            }
        }
    }

    fn make() -> Result<Self, String> {
        static MADE: AtomicU8 = AtomicU8::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let [.., high, low] = std::process::id().to_be_bytes();
        // Each gets a network of four addresses in 10.0.0.0/8, which is not routed to other networks.
        let ours = Ipv4Addr::new(10, high, low, number.wrapping_mul(4).wrapping_add(1));
        let theirs = Ipv4Addr::new(10, high, low, number.wrapping_mul(4).wrapping_add(2));
        let name = format!("wallow{}n{number}", std::process::id());
        ip(&["netns", "add", &name])?;
        let partition = Partition {
            address: SocketAddrV4::new(theirs, 5432),
            name,
        };
        let (near, far) = (partition.device("a"), partition.device("b"));
        ip(&[
            "link",
            "add",
            &near,
            "type",
            "veth",
            "peer",
            "name",
            &far,
            "netns",
            &partition.name,
        ])?;
        ip(&["addr", "add", &format!("{ours}/30"), "dev", &near])?;
        ip(&["link", "set", &near, "up"])?;
        let inside = ["-n", &partition.name];
        ip(&[
            &inside[..],
            &["addr", "add", &format!("{theirs}/30"), "dev", &far],
        ]
        .concat())?;
        ip(&[&inside[..], &["link", "set", &far, "up"]].concat())?;
        Ok(partition)
    }

    /// The URL of a database of the server, through the link.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address)
    }

    /// Cuts the link: packets are lost silently.
    ///
    /// # Errors
    /// If the kernel refuses it.
    pub fn cut(&self) -> Result<(), String> {
        self.set_link(false)
    }

    /// Repairs the link.
    ///
    /// # Errors
    /// If the kernel refuses it.
    pub fn heal(&self) -> Result<(), String> {
        self.set_link(true)
    }

    fn set_link(&self, on: bool) -> Result<(), String> {
        let state = if on { "up" } else { "down" };
        ip(&["-n", &self.name, "link", "set", &self.device("b"), state])
    }

    fn device(&self, end: &str) -> String {
        // At most 15 characters.
        format!("w{}{end}", &self.name["wallow".len()..])
    }

    /// Listens at the far end, and passes on to the socket of the server.
    fn serve(&self, socket: PathBuf) -> io::Result<()> {
        let namespace = File::open(format!("/run/netns/{}", self.name))?;
        let address = self.address;
        // A thread of its own, because it stays in the namespace.
        let listening = thread::spawn(move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            TcpListener::bind(address)
        });
        let listener = listening
            .join()
            .map_err(|_| io::Error::other("a thread panicked"))??;
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                // A client that cannot be served is closed when it is dropped.
                let _ = relay(client, &socket);
            }
        });
        Ok(())
    }
}

impl Drop for Partition {
    fn drop(&mut self) {
        // The devices are removed with it.
        let _ = ip(&["netns", "del", &self.name]);
    }
}

fn relay(client: TcpStream, socket: &PathBuf) -> io::Result<()> {
    let server = UnixStream::connect(socket)?;
    let (mut from_client, mut to_client) = (client.try_clone()?, client);
    let (mut from_server, mut to_server) = (server.try_clone()?, server);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Both);
    });
    thread::spawn(move || {
        let _ = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
    Ok(())
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    succeed(Command::new("ip").args(arguments)).map_err(text)
}
