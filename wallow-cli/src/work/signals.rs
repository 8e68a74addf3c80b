//! Requests to stop: Ctrl-C, and the signals of schedulers.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Signals that arrived.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// The last signal; 0 if there was none.
    signal: Arc<AtomicUsize>,
    count: Arc<AtomicUsize>,
    /// Whether there was one.
    flag: Arc<AtomicBool>,
}

impl Stop {
    /// Listens from now on, instead of being ended by these signals. One that is ignored at the start, as `nohup` and a
    /// shell's `&` have it, stays ignored.
    pub(super) fn listen() -> io::Result<Self> {
        let stop = Stop {
            signal: Arc::default(),
            count: Arc::default(),
            flag: Arc::default(),
        };
        let ignored = ignored();
        let heard = [SIGINT, SIGTERM, SIGHUP].into_iter();
        let heard = heard.filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let heard = heard.collect::<Vec<_>>();
        for &signal in &heard {
            let number = usize::try_from(signal).unwrap_or_default();
            // In this order, so that the signal is known when the flag is set.
            signal_hook::flag::register_usize(signal, Arc::clone(&stop.signal), number)?;
            signal_hook::flag::register(signal, Arc::clone(&stop.flag))?;
        }
        let mut signals = signal_hook::iterator::Signals::new(&heard)?;
        let count = Arc::clone(&stop.count);
        // It ends with the process.
        std::thread::Builder::new()
            .name("wallow-signals".into())
            .spawn(move || {
                for _ in signals.forever() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })?;
        Ok(stop)
    }

    /// The flag that is set once to stop.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }

    /// Whether to stop.
    pub(super) fn is_asked(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// Whether to stop without waiting: a second signal came.
    pub(super) fn is_urged(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 1
    }

    /// The exit status of a program that a signal ended; `None` if there was none.
    pub(super) fn exit_status(&self) -> Option<u8> {
        match self.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => u8::try_from(128 + signal).ok(),
        }
    }
}

/// The signals that this process ignores, as bits. There is no safe call for it; where the system does not list them,
/// none counts as ignored.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}
