//! Drops packets: a socket filter of the kernel that lets nothing in.

use std::io;
use std::os::fd::AsFd;

use socket2::{SockFilter, SockRef};

/// The one instruction of the filter: keep nothing of the packet (`BPF_RET | BPF_K`, 0 bytes).
const NOTHING: SockFilter = SockFilter::new(0x06, 0, 0, 0);

/// Drops every packet that comes to a socket before the kernel acknowledges it.
pub(super) fn drop_all(socket: &impl AsFd) -> io::Result<()> {
    SockRef::from(socket).attach_filter(&[NOTHING])
}

/// Lets packets in again.
pub(super) fn let_in(socket: &impl AsFd) -> io::Result<()> {
    SockRef::from(socket).detach_filter()
}
