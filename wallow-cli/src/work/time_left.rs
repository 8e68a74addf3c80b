//! How long the job of a cluster may still run.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

/// The end of the Slurm job that this process is part of; `None` if there is no job, or nobody can tell its end. Slurm is
/// asked once, because a controller that serves thousands of workers must not be asked again and again.
pub(super) fn end_of_job() -> Option<Instant> {
    let job = std::env::var("SLURM_JOB_ID").ok()?;
    let end = std::env::var("SLURM_JOB_END_TIME").ok();
    let end = end.and_then(|seconds| seconds.parse::<u64>().ok());
    let left = match end {
        Some(end) => {
            let now = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .ok()?;
            Duration::from_secs(end).saturating_sub(now)
        }
        None => {
            let mut command = Command::new("squeue");
            let output = command.args(["-h", "-j", &job, "-o", "%L"]).output().ok()?;
            duration(String::from_utf8_lossy(&output.stdout).trim())?
        }
    };
    Instant::now().checked_add(left)
}

/// A duration as Slurm prints it: `1-02:03:04`, `02:03:04`, `03:04`.
fn duration(text: &str) -> Option<Duration> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (days.parse::<u64>().ok()?, rest),
        None => (0, text),
    };
    let mut seconds = 0;
    for part in rest.split(':') {
        seconds = seconds * 60 + part.parse::<u64>().ok()?;
    }
    Some(Duration::from_secs(days * 86_400 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_slurm_are_read() {
        for (text, seconds) in [
            ("1-02:03:04", Some(93_784)),
            ("02:03:04", Some(7_384)),
            ("3:04", Some(184)),
            ("UNLIMITED", None),
            ("", None),
        ] {
            assert_eq!(duration(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
