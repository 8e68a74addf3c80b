//! Where the server listens: on 127.0.0.1, and on the addresses of a name that other machines know.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, TcpListener, ToSocketAddrs as _};

use crate::output::{Failure, visible};

/// Name, addresses and port of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// For other machines.
    host: Option<String>,
    addresses: Vec<IpAddr>,
    port: u16,
    /// Whether a person has chosen the port.
    is_fixed: bool,
}

/// How many ports are tried that are free on one address and not on another.
const TRIES: usize = 16;

impl Address {
    /// Looks the name up, and finds a port.
    pub(super) fn choose(host: Option<&str>, port: Option<u16>) -> Result<Self, Failure> {
        let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
        if let Some(host) = host {
            addresses.extend(look_up(host)?);
        }
        let mut address = Address {
            host: host.map(str::to_owned),
            addresses,
            port: port.unwrap_or_default(),
            is_fixed: port.is_some_and(|port| port != 0),
        };
        if !address.is_fixed {
            return address.elsewhere();
        }
        if address.is_free() {
            return Ok(address);
        }
        let port = std::mem::take(&mut address.port);
        Err(Failure::finding(format!(
            "port {port} is taken, or is not for this user; name another one, or leave out `--port`, and a free one is used"
        )))
    }

    /// This address with another port, which is free now.
    pub(super) fn elsewhere(&self) -> Result<Self, Failure> {
        for _ in 0..TRIES {
            let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
            let port = any.and_then(|any| any.local_addr()).map(|any| any.port());
            let port = port.map_err(|error| super::system("no port on 127.0.0.1", &error))?;
            let found = Address {
                port,
                ..self.clone()
            };
            if found.is_free() {
                return Ok(found);
            }
        }
        Err(Failure::finding(
            "no port is free on every address; name one with `--port`",
        ))
    }

    /// Whether nobody listens on the port.
    pub(super) fn is_free(&self) -> bool {
        let mut addresses = self.addresses.iter();
        addresses.all(|address| TcpListener::bind((*address, self.port)).is_ok())
    }

    /// Whether a person has chosen the port.
    pub(super) fn is_fixed(&self) -> bool {
        self.is_fixed
    }

    /// For the server's setting `listen_addresses`.
    pub(super) fn listen(&self) -> String {
        let addresses = self.addresses.iter().map(IpAddr::to_string);
        addresses.collect::<Vec<_>>().join(",")
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Who may connect with a password, for `pg_hba.conf`.
    pub(super) fn clients(&self) -> &'static str {
        match self.host {
            Some(_) => "all",
            None => "127.0.0.1/32",
        }
    }
}

impl fmt::Display for Address {
    /// Host and port, as in a URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or("127.0.0.1");
        if host.contains(':') {
            write!(f, "[{host}]:{}", self.port)
        } else {
            write!(f, "{host}:{}", self.port)
        }
    }
}

/// The addresses of a name of this machine.
fn look_up(host: &str) -> Result<Vec<IpAddr>, Failure> {
    let wrong = |why: String| {
        Err(Failure::usage(format!(
            "`--host {}` {why}; give the name or an address by which other machines reach this one (`hostname -I` prints \
             its addresses)",
            visible(host)
        )))
    };
    let is_name = |char: char| char.is_ascii_alphanumeric() || "-._:".contains(char);
    if host.is_empty() || !host.chars().all(is_name) {
        return wrong("is no name of a machine".into());
    }
    let mut addresses = match (host, 0).to_socket_addrs() {
        Ok(found) => found.map(|found| found.ip()).collect::<Vec<_>>(),
        Err(error) => return wrong(format!("has no address here: {error}")),
    };
    addresses.sort();
    addresses.dedup();
    // `0.0.0.0` is every address for a server, and the client itself for a client.
    addresses.retain(|address| !address.is_loopback() && !address.is_unspecified());
    if addresses.is_empty() {
        return wrong("is no address for other machines".into());
    }
    if let Some(other) = addresses
        .iter()
        .find(|address| TcpListener::bind((**address, 0)).is_err())
    {
        return wrong(format!(
            "is {other}, which is not an address of this machine"
        ));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_listens_on_this_machine_alone_unless_it_has_a_name() {
        let address = Address::choose(None, None).unwrap();
        assert_eq!(
            (&*address.listen(), address.clients()),
            ("127.0.0.1", "127.0.0.1/32")
        );
        assert_eq!(address.to_string(), format!("127.0.0.1:{}", address.port()));
        for wrong in ["127.0.0.1", "::1", "0.0.0.0", "::", "a b", "", "192.0.2.1"] {
            let failure = Address::choose(Some(wrong), None).unwrap_err();
            assert!(failure.to_string().contains("`hostname -I`"), "{failure}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_refused() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let failure = Address::choose(None, Some(port)).unwrap_err();
        assert!(
            failure.to_string().contains("leave out `--port`"),
            "{failure}"
        );
        assert!(!Address::choose(None, Some(0)).unwrap().is_fixed());
    }
}
