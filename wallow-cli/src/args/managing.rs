//! What may be typed behind the commands that look after runs.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Arguments;

pub(super) const RM: &str = "\
Examples:
  wallow rm --where 'status == \"failed\" and learning_rate > 0.1' --dry-run
  wallow rm --where 'seed in [7, 8]' --yes

Running runs stay, including those that a worker claims at this moment. Artefacts stay, too; `wallow gc`
finds them. Without --yes the command asks; if it cannot ask (no terminal), it refuses.";

pub(super) const RETRY: &str = "\
Examples:
  wallow retry --where 'error_excerpt contains \"out of memory\"'
  wallow retry --where 'id > 0' --stale 10m --yes

The runs are `pending` afterwards, even if they had reached their limit of attempts. A worker that comes
back after a silence cannot write to them any more.";

pub(super) const GC: &str = "\
Examples:
  wallow gc
  wallow gc --artefacts /data/artefacts --delete

A folder is without a run if its name fits artefacts_layout and no run of the database has it. Folders are
deleted only if the layout has {uuid}. Check before you delete: another database may use the same folder.";

pub(super) const DOCTOR: &str = "\
Examples:
  wallow doctor
  wallow doctor --db /data/runs.db --stale 1h --json

It reads the whole database, and changes nothing.";

/// Whether a change is meant.
#[derive(Debug, Clone, Copy, Arguments)]
pub(crate) struct Consent {
    /// Do not ask
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,

    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `wallow rm`.
#[derive(Debug, Arguments)]
pub(crate) struct Rm {
    /// Select the runs for which this is true; `id > 0` is true for all
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) condition: String,

    /// Also delete running runs: their workers lose them
    #[arg(long)]
    pub(crate) running: bool,

    #[command(flatten)]
    pub(crate) consent: Consent,
}

/// `wallow retry`.
#[derive(Debug, Arguments)]
pub(crate) struct Retry {
    /// Select the failed runs for which this is true; `id > 0` is true for all
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) condition: String,

    /// Also running runs without a heartbeat for longer than this: 90s, 10m, 2h, 1d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) stale: Option<Duration>,

    #[command(flatten)]
    pub(crate) consent: Consent,
}

/// `wallow gc`.
#[derive(Debug, Arguments)]
pub(crate) struct Gc {
    /// The folder of all artefacts [default: `artefacts_root` of the schema, beside it]
    #[arg(long, value_name = "DIR")]
    pub(crate) artefacts: Option<PathBuf>,

    /// Delete the folders without a run
    #[arg(long)]
    pub(crate) delete: bool,

    /// Do not ask
    #[arg(long, requires = "delete")]
    pub(crate) yes: bool,

    /// Print JSON
    #[arg(long, conflicts_with = "delete")]
    pub(crate) json: bool,
}

/// `wallow doctor`.
#[derive(Debug, Arguments)]
pub(crate) struct Doctor {
    /// A running run is stale without a heartbeat for longer than this: 90s, 10m, 2h, 1d
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub(crate) stale: Duration,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A number and a unit.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration; write a number and s, m, h or d, such as 10m");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number = text[..text.len() - 1].parse::<u32>().map_err(|_| wrong())?;
    Ok(Duration::from_secs(seconds * u64::from(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_secs(10 * 60)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(2 * 3_600)));
        assert_eq!(duration("1d"), Ok(Duration::from_secs(24 * 3_600)));
        for wrong in [
            "",
            "m",
            "10",
            "10 m",
            "-1s",
            "1.5h",
            "ten",
            "10µ",
            "99999999999s",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
