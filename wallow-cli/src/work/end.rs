//! How a run ends, decided from what its command did. Pure.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

/// Why wallow asked a command to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It took longer than the limit.
    Timeout(Duration),
    /// The worker is to stop.
    Stop,
    /// The run was given to another worker.
    Lost,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Completed,
    Failed(String),
    /// Back into the queue.
    Released,
    Lost,
}

/// How a run has ended, as the database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Completed,
    Failed,
    Lost,
    PutBack,
}

impl Ended {
    /// In a word, for people.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::PutBack => "put back",
        }
    }
}

/// The exit status by which a command puts its run back: `EX_TEMPFAIL` of sysexits.h.
pub(super) const TRY_AGAIN: i32 = 75;

/// `error_excerpt` holds this many characters.
pub(super) const EXCERPT: usize = 1000;

/// Decides. `stderr` gives the last characters of stderr, at most as many as are asked for.
pub(super) fn decide(
    status: ExitStatus,
    cause: Option<Cause>,
    faults: &[String],
    missing: &[String],
    stderr: impl FnOnce(usize) -> String,
) -> End {
    let with_stderr = |what: String| {
        let room = EXCERPT.saturating_sub(what.chars().count() + 2);
        let end = stderr(room);
        if end.is_empty() {
            what
        } else {
            format!("{what}: {end}")
        }
    };
    match cause {
        Some(Cause::Lost) => return End::Lost,
        // A command that is asked to end may exit with 0 after it has saved its state, which is no result.
        Some(Cause::Stop) => return End::Released,
        Some(Cause::Timeout(limit)) => {
            return End::Failed(with_stderr(format!(
                "took longer than {}",
                display_limit(limit)
            )));
        }
        None => {}
    }
    match status.code() {
        Some(0) if !faults.is_empty() => {
            End::Failed(format!("a result does not fit: {}", faults.join("; ")))
        }
        Some(0) if !missing.is_empty() => {
            End::Failed(format!("it did not report {}", missing.join(", ")))
        }
        Some(0) => End::Completed,
        Some(TRY_AGAIN) => End::Released,
        Some(code) => End::Failed(with_stderr(format!("exit status {code}"))),
        None => {
            let signal = status.signal().unwrap_or_default();
            End::Failed(with_stderr(format!("killed by {}", signal_name(signal))))
        }
    }
}

fn signal_name(signal: i32) -> String {
    match signal_hook::low_level::signal_name(signal) {
        Some(name) => name.to_owned(),
        None => format!("signal {signal}"),
    }
}

/// A duration as a person types it.
pub(crate) fn display_limit(limit: Duration) -> String {
    let seconds = limit.as_secs();
    match seconds {
        0 => format!("{limit:?}"),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(raw: i32, cause: Option<Cause>, faults: &[&str], missing: &[&str]) -> End {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let stderr = |most: usize| "é".repeat(2000).chars().take(most).collect();
        decide(
            ExitStatus::from_raw(raw),
            cause,
            &owned(faults),
            &owned(missing),
            stderr,
        )
    }

    #[test]
    fn an_end_follows_from_the_exit_status() {
        assert_eq!(ended(0, None, &[], &[]), End::Completed);
        assert_eq!(ended(75 << 8, None, &[], &[]), End::Released);
        assert_eq!(
            ended(0, None, &["line 1: x"], &["loss"]),
            End::Failed("a result does not fit: line 1: x".into())
        );
        assert_eq!(
            ended(0, None, &[], &["loss"]),
            End::Failed("it did not report loss".into())
        );
        for (raw, cause, begin) in [
            (3 << 8, None, "exit status 3: é"),
            (9, None, "killed by SIGKILL: é"),
            (
                15,
                Some(Cause::Timeout(Duration::from_secs(120))),
                "took longer than 2m: é",
            ),
        ] {
            let End::Failed(reason) = ended(raw, cause, &[], &[]) else {
                panic!("{raw}");
            };
            assert!(reason.starts_with(begin), "{reason}");
            assert_eq!(reason.chars().count(), EXCERPT);
        }
        assert_eq!(ended(0, Some(Cause::Stop), &[], &[]), End::Released);
        assert_eq!(ended(0, Some(Cause::Lost), &[], &[]), End::Lost);
    }
}
