//! The GPUs of this machine, one for each slot.

use std::process::Command;
use std::str::FromStr;

use crate::output::Failure;

/// What `--gpus` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gpus {
    None,
    /// Those in `CUDA_VISIBLE_DEVICES`, else those that `nvidia-smi` lists.
    Auto,
    /// These, by their numbers or names.
    These(Vec<String>),
}

impl FromStr for Gpus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Gpus::None),
            "auto" => Ok(Gpus::Auto),
            list => {
                let devices = list.split(',').map(|device| device.trim().to_owned());
                let devices = devices.collect::<Vec<_>>();
                let is_twice = (1..devices.len()).any(|at| devices[..at].contains(&devices[at]));
                if is_twice || devices.iter().any(String::is_empty) {
                    return Err(
                        "write `auto`, `none`, or a list such as `0,1`, each device once".into(),
                    );
                }
                Ok(Gpus::These(devices))
            }
        }
    }
}

impl Gpus {
    /// The devices; `None` if the environment stays as it is.
    pub(crate) fn devices(&self) -> Result<Option<Vec<String>>, Failure> {
        let devices = match self {
            Gpus::None => return Ok(None),
            Gpus::These(devices) => devices.clone(),
            Gpus::Auto => match std::env::var("CUDA_VISIBLE_DEVICES") {
                Ok(list) => list
                    .split(',')
                    .map(|device| device.trim().to_owned())
                    .filter(|device| !device.is_empty())
                    .collect(),
                Err(_) => listed()?,
            },
        };
        if devices.is_empty() {
            return Err(Failure::finding(
                "no GPU was found; name them with `--gpus 0,1`, or leave `--gpus` out",
            ));
        }
        Ok(Some(devices))
    }
}

fn listed() -> Result<Vec<String>, Failure> {
    let mut command = Command::new("nvidia-smi");
    let output = command
        .args(["--query-gpu=index", "--format=csv,noheader"])
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()),
        Ok(output) => Err(Failure::finding(format!(
            "`nvidia-smi` failed: {}; name the GPUs with `--gpus 0,1`",
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
        Err(error) => Err(Failure::finding(format!(
            "`nvidia-smi` cannot be executed: {error}; name the GPUs with `--gpus 0,1`, or leave `--gpus` out"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read() {
        assert_eq!("auto".parse(), Ok(Gpus::Auto));
        assert_eq!("none".parse(), Ok(Gpus::None));
        assert_eq!(
            "0, 3".parse(),
            Ok(Gpus::These(vec!["0".into(), "3".into()]))
        );
        for wrong in ["", "0,,1", "0,0"] {
            assert!(wrong.parse::<Gpus>().is_err(), "{wrong}");
        }
    }
}
