//! `wallow ui`: shows the runs of a database in a browser, as they are now.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use crate::args::Place;
use crate::output::{self, Failure, Status};
use crate::reading::Reading;
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
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,

    /// The folder of all artefacts, with the logs of attempts [default: `artefacts_root` of the schema, else `artefacts`, beside it]
    #[arg(long, value_name = "DIR")]
    pub(crate) artefacts: Option<PathBuf>,
}

/// The first port that is tried, and how many.
const PORTS: (u16, u16) = (8765, 100);

pub(crate) fn run(place: &Place, options: &Ui) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let shown = Shown {
        artefacts: artefacts(&reading, options),
        reading,
    };
    let host = options.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let address = address(host, options.port)?;
    let hosts = Hosts::new(options.allow_host.iter().cloned());
    let server = ui::listen(shown, address, hosts).map_err(|error| unbound(address, &error))?;
    let name = match host {
        host if host.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V4(host) => host.to_string(),
        IpAddr::V6(host) => format!("[{host}]"),
    };
    output::line(&format!(
        "http://{name}:{}/?token={}",
        address.port(),
        server.token()
    ));
    output::note("the database is only read; Ctrl-C ends the server");
    server.join()?;
    Ok(Status::Fine)
}

/// The port that was asked for, else the first free one.
fn address(host: IpAddr, port: Option<u16>) -> Result<SocketAddr, Failure> {
    let (first, most) = match port {
        Some(port) => (port, 1),
        None => PORTS,
    };
    let ports = (first..=u16::MAX).take(usize::from(most));
    for port in ports {
        match TcpListener::bind((host, port)).and_then(|listener| listener.local_addr()) {
            Ok(address) => return Ok(address),
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
