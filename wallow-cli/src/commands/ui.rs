//! `wallow ui`: shows the runs of a database in a browser, as they are now.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use crate::args::Place;
use crate::open::Reading;
use crate::output::{self, Failure, Status};
use crate::ui::{self, Hosts, Shown};

/// Below its help.
pub(crate) const HELP: &str = "\
The address that it prints has a token, without which nobody can read anything; treat it like a password.
The database is only read. Other machines can connect only with --host; there is no TLS, so prefer a
tunnel: ssh -L 8765:localhost:8765 MACHINE

Examples:
  wallow ui
  wallow ui --port 9000
  wallow ui --host 0.0.0.0 --allow-host lab.example.org";

/// `wallow ui`.
#[derive(Debug, clap::Args)]
pub(crate) struct Ui {
    /// Listen on this port; 0: any free one [default: the first free one from 8765]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,

    /// Listen at this address [default: 127.0.0.1, which only this machine reaches]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) host: Option<IpAddr>,

    /// Allow browsers to reach the server by this name, too
    #[arg(long, value_name = "NAME", value_parser = ui::host_name)]
    pub(crate) allow_host: Vec<String>,

    /// The folder of all artefacts, with the logs of attempts [default: `artefacts_root` of the schema, else `artefacts`, beside it]
    #[arg(long, value_name = "DIR")]
    pub(crate) artefacts: Option<PathBuf>,
}

/// The first port that is tried, and how many.
const PORTS: (u16, u16) = (8765, 100);

pub(crate) fn run(place: &Place, options: &Ui) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let app = Shown::new(artefacts(&reading, options), reading);
    let host = options.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let listener = listener(host, options.port)?;
    let port = listener.local_addr()?.port();
    let names = names(host);
    let own = (!host.is_loopback()).then(machine).flatten();
    let hosts = Hosts::new(options.allow_host.iter().cloned().chain(own));
    let server = ui::listen(app, listener, hosts);
    for name in names {
        output::line(&format!("http://{name}:{port}/?token={}", server.token()));
    }
    output::note("the database is only read; Ctrl-C ends the server");
    if !host.is_loopback() {
        output::note(
            "other machines reach this server: whoever has its address with the token can read every run, and nothing is \
             encrypted on the way; prefer a tunnel, such as `ssh -L 8765:localhost:8765 MACHINE`",
        );
    }
    server.serve()?;
    Ok(Status::Fine)
}

/// What browsers can reach a server by that listens at this address: for all addresses of the machine, each of them,
/// and the name of the machine.
fn names(host: IpAddr) -> Vec<String> {
    if !host.is_unspecified() {
        return vec![in_url(host)];
    }
    let found = if_addrs::get_if_addrs().unwrap_or_default().into_iter();
    let found = found.map(|interface| interface.ip());
    // An address of one link alone needs the name of an interface, which browsers refuse.
    let is_usable = |address: &IpAddr| match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => host.is_ipv6() && !address.is_unicast_link_local(),
    };
    let (own, others): (Vec<_>, Vec<_>) = found.filter(is_usable).partition(IpAddr::is_loopback);
    let own = own.first().map(|address| in_url(*address));
    let mut names = others.into_iter().map(in_url).collect::<Vec<_>>();
    names.extend(machine());
    names.extend(own);
    if names.is_empty() {
        names.push(in_url(host));
    }
    names
}

fn in_url(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// The name of this machine, if browsers can have it in an address.
fn machine() -> Option<String> {
    #[cfg(unix)]
    {
        let name = rustix::system::uname();
        let name = name.nodename().to_str().ok()?.to_owned();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        (!name.is_empty() && name != "localhost" && name.bytes().all(is_plain)).then_some(name)
    }
    #[cfg(not(unix))]
    None
}

/// Listens at the port that was asked for, else at the first free one.
fn listener(host: IpAddr, port: Option<u16>) -> Result<TcpListener, Failure> {
    let (first, most) = match port {
        Some(port) => (port, 1),
        None => PORTS,
    };
    let ports = (first..=u16::MAX).take(usize::from(most));
    for port in ports {
        match TcpListener::bind((host, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse && port < first + (most - 1) => {}
            Err(error) => return Err(unbound(SocketAddr::new(host, port), &error)),
        }
    }
    let error = ErrorKind::AddrInUse.into();
    Err(unbound(SocketAddr::new(host, first), &error))
}

fn unbound(address: SocketAddr, error: &io::Error) -> Failure {
    Failure::finding(format!(
        "cannot listen at {address}: {error}; name a free port with `--port`, or an address of this machine with `--host`"
    ))
}

/// The folder that was named, else the one of the schema, beside it.
fn artefacts(reading: &Reading, options: &Ui) -> PathBuf {
    if let Some(named) = &options.artefacts {
        return named.clone();
    }
    let declared = reading.store.schema().project.artefacts_root.as_deref();
    let folder = reading.schema.parent().unwrap_or(Path::new(""));
    folder.join(declared.unwrap_or("artefacts"))
}
