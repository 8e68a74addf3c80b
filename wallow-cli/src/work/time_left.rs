//! How long the job of a cluster may still run.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::signals::Stop;

/// The end of the job of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JobEnd {
    /// This process is part of no job of Slurm.
    NoJob,
    At(Instant),
    /// The job has no limit.
    Never,
    /// Nobody can tell, for this reason.
    Unknown(String),
}

/// `squeue` has this much time to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How soon a signal ends the waiting.
const LOOK: Duration = Duration::from_millis(20);

/// The answer of `squeue` is one short line.
const LONGEST: u64 = 1000;

impl JobEnd {
    /// Looks for the end of the Slurm job that this process is part of. Slurm is asked once, because a controller that
    /// serves thousands of workers must not be asked again and again, and not at all if the environment has the answer.
    pub(super) fn find(stop: &Stop) -> Self {
        if let Some(end) = std::env::var_os("SLURM_JOB_END_TIME") {
            let seconds = end.to_str().and_then(|seconds| seconds.parse::<u64>().ok());
            let Some(end) = seconds else {
                return JobEnd::Unknown(format!(
                    "the variable SLURM_JOB_END_TIME is `{}`, which is no number of whole seconds",
                    end.display()
                ));
            };
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            return Self::after(Duration::from_secs(end).saturating_sub(now.unwrap_or_default()));
        }
        let Ok(job) = std::env::var("SLURM_JOB_ID") else {
            return JobEnd::NoJob;
        };
        match ask(&job, stop) {
            Ok(answer) => Self::read(answer.trim()),
            Err(reason) => JobEnd::Unknown(reason),
        }
    }

    fn after(left: Duration) -> Self {
        Instant::now()
            .checked_add(left)
            .map_or(JobEnd::Never, JobEnd::At)
    }

    fn read(answer: &str) -> Self {
        match (answer, duration(answer)) {
            ("UNLIMITED", _) => JobEnd::Never,
            (_, Some(left)) => Self::after(left),
            ("", None) => JobEnd::Unknown("`squeue` does not know it".to_owned()),
            (_, None) => JobEnd::Unknown(format!("`squeue` answers \"{answer}\"")),
        }
    }

    pub(super) fn instant(&self) -> Option<Instant> {
        match self {
            JobEnd::At(end) => Some(*end),
            JobEnd::NoJob | JobEnd::Never | JobEnd::Unknown(_) => None,
        }
    }

    /// What a person should know before the work begins. `has_need`: a run is only to be started if there is enough time.
    pub(super) fn warning(&self, has_need: bool) -> Option<String> {
        let ignored = "`--need` does nothing: ";
        match self {
            JobEnd::NoJob if has_need => Some(format!("{ignored}this is no Slurm job")),
            JobEnd::Never if has_need => Some(format!("{ignored}the Slurm job has no time limit")),
            JobEnd::Unknown(reason) => Some(format!(
                "{}the end of the Slurm job cannot be found out: {reason}; set SLURM_JOB_END_TIME to it, in seconds since \
                 1970",
                if has_need { ignored } else { "" }
            )),
            JobEnd::NoJob | JobEnd::Never | JobEnd::At(_) => None,
        }
    }
}

/// Asks Slurm how much time a job has left.
fn ask(job: &str, stop: &Stop) -> Result<String, String> {
    let mut squeue = Command::new("squeue")
        .args(["-h", "-j", job, "-o", "%L"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("`squeue` cannot be executed: {error}"))?;
    let output = squeue.stdout.take();
    let (sender, answer) = mpsc::channel();
    // Whoever holds the pipe open keeps this thread, but not the work.
    let reader = thread::Builder::new().spawn(move || {
        let mut text = Vec::new();
        if let Some(output) = output {
            // What cannot be read is no duration.
            let _ = output.take(LONGEST).read_to_end(&mut text);
        }
        let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    let started = Instant::now();
    let answer = loop {
        match answer.recv_timeout(LOOK) {
            Ok(answer) => break Ok(answer),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                break Err(reader.map_or_else(
                    |error| format!("`squeue` cannot be listened to: {error}"),
                    |_| "`squeue` cannot be listened to".to_owned(),
                ));
            }
            Err(mpsc::RecvTimeoutError::Timeout) if stop.is_asked() => {
                break Err("a signal came before `squeue` answered".to_owned());
            }
            Err(mpsc::RecvTimeoutError::Timeout) if started.elapsed() >= PATIENCE => {
                break Err(format!(
                    "`squeue` did not answer within {} s",
                    PATIENCE.as_secs()
                ));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    };
    // It has ended already, or is of no use any more.
    let _ = squeue.kill();
    let _ = squeue.wait();
    answer
}

/// A duration as Slurm prints it: `1-02:03:04`, `02:03:04`, `03:04`.
fn duration(text: &str) -> Option<Duration> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (days.parse::<u64>().ok()?, rest),
        None => (0, text),
    };
    let mut seconds = 0_u64;
    for part in rest.split(':') {
        seconds = u64::checked_add(u64::checked_mul(seconds, 60)?, part.parse().ok()?)?;
    }
    let days = days.checked_mul(86_400)?;
    Some(Duration::from_secs(days.checked_add(seconds)?))
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

    #[test]
    fn an_answer_of_slurm_is_an_end_or_says_why_there_is_none() {
        assert!(JobEnd::read("1:00").instant().is_some());
        assert_eq!(JobEnd::read("1:00").warning(true), None);
        assert_eq!(JobEnd::NoJob.warning(false), None);
        for (answer, expected) in [
            (
                "UNLIMITED",
                "`--need` does nothing: the Slurm job has no time limit",
            ),
            (
                "",
                "`--need` does nothing: the end of the Slurm job cannot be found out: `squeue` does not know it; set \
                 SLURM_JOB_END_TIME to it, in seconds since 1970",
            ),
        ] {
            assert_eq!(
                JobEnd::read(answer).warning(true).as_deref(),
                Some(expected)
            );
        }
        let warning = JobEnd::read("INVALID").warning(false);
        assert_eq!(
            warning.as_deref(),
            Some(
                "the end of the Slurm job cannot be found out: `squeue` answers \"INVALID\"; set SLURM_JOB_END_TIME to it, \
                 in seconds since 1970"
            )
        );
    }
}
