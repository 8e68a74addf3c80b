//! Requests to stop: Ctrl-C, and the signals of schedulers.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Signals that arrived.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// The last signal; 0 if there was none.
    signal: Arc<AtomicUsize>,
    /// Whether there was one.
    flag: Arc<AtomicBool>,
    /// Whether there was a second one.
    urged: Arc<AtomicBool>,
}

/// A scheduler may send its signal to every process of a job, and a program above, such as `wallow serve-db`, passes the
/// same signal on. Within this time they are one.
const MOMENT: Duration = Duration::from_millis(200);

impl Stop {
    /// Listens from now on, instead of being ended by these signals. One that is ignored at the start, as `nohup` and a
    /// shell's `&` have it, stays ignored.
    pub(super) fn listen() -> io::Result<Self> {
        let stop = Stop {
            signal: Arc::default(),
            flag: Arc::default(),
            urged: Arc::default(),
        };
        let heard = not_ignored();
        for &signal in &heard {
            let number = usize::try_from(signal).unwrap_or_default();
            // In this order, so that the signal is known when the flag is set.
            signal_hook::flag::register_usize(signal, Arc::clone(&stop.signal), number)?;
            signal_hook::flag::register(signal, Arc::clone(&stop.flag))?;
        }
        let mut signals = signal_hook::iterator::Signals::new(&heard)?;
        let urged = Arc::clone(&stop.urged);
        // It ends with the process.
        std::thread::Builder::new()
            .name("wallow-signals".into())
            .spawn(move || {
                let mut first = None::<Instant>;
                for _ in signals.forever() {
                    let first = *first.get_or_insert_with(Instant::now);
                    urged.fetch_or(first.elapsed() >= MOMENT, Ordering::Relaxed);
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
        self.urged.load(Ordering::Relaxed)
    }

    /// The exit status of a program that a signal ended; `None` if there was none.
    pub(super) fn exit_status(&self) -> Option<u8> {
        match self.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => u8::try_from(128 + signal).ok(),
        }
    }
}

/// The signals that ask a program to end, without those that this process ignores.
pub(crate) fn not_ignored() -> Vec<i32> {
    let ignored = ignored();
    let signals = [SIGINT, SIGTERM, SIGHUP].into_iter();
    let heard = signals.filter(|signal| ignored & (1 << (signal - 1)) == 0);
    heard.collect()
}

/// The signals that this process ignores, as bits. There is no safe call for it; where the system does not list them,
/// none counts as ignored.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}
