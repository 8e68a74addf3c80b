//! Writes and reads the files of a run: its best weights as a safetensors file, its metrics as JSON.
//!
//! A file is written under another name and then renamed, so it is always complete, even after `kill -9`. Every tool
//! that knows the format can read the weights: `safetensors.numpy.load_file(path)` in Python.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};

use crate::data::{FEATURES, GRADES};
use crate::model::Network;

/// Why a checkpoint could not be written or read.
#[derive(Debug)]
pub(crate) enum CheckpointError {
    /// An error of the file system.
    Io(io::Error),
    /// It is not a safetensors file.
    Format(SafeTensorError),
    /// It is one, but not of one of our networks.
    Shape(String),
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Format(error) => error.fmt(f),
            Self::Shape(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for CheckpointError {}

impl From<io::Error> for CheckpointError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SafeTensorError> for CheckpointError {
    fn from(error: SafeTensorError) -> Self {
        Self::Format(error)
    }
}

/// Writes a network to `path`: tensors `layers.0.weight` (`[outputs, inputs]`), `layers.0.bias` and so on.
///
/// # Errors
/// If the file cannot be written.
pub(crate) fn save(network: &Network, path: &Path) -> Result<(), CheckpointError> {
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (depth, layer) in network.layers().iter().enumerate() {
        tensors.push((
            format!("layers.{depth}.weight"),
            vec![layer.outputs, layer.inputs],
            to_bytes(&network.parameters()[layer.weights()]),
        ));
        tensors.push((
            format!("layers.{depth}.bias"),
            vec![layer.outputs],
            to_bytes(&network.parameters()[layer.biases()]),
        ));
    }
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F64, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    write_atomically(path, &safetensors::serialize(views, None)?)?;
    Ok(())
}

/// Reads the network that [`save`] wrote.
///
/// # Errors
/// If the file cannot be read, is not a safetensors file, or has other tensors than those of a network from the
/// measurements to the grades.
pub(crate) fn load(path: &Path) -> Result<Network, CheckpointError> {
    let bytes = fs::read(path)?;
    let tensors = SafeTensors::deserialize(&bytes)?;

    let mut widths = vec![FEATURES];
    for depth in 0..tensors.len() / 2 {
        let weights = tensors.tensor(&format!("layers.{depth}.weight"))?;
        match weights.shape() {
            &[outputs, inputs] if widths.last() == Some(&inputs) => widths.push(outputs),
            shape => {
                return Err(CheckpointError::Shape(format!(
                    "layers.{depth}.weight has shape {shape:?}, which does not follow widths {widths:?}"
                )));
            }
        }
    }
    if widths.len() < 2 || widths.last() != Some(&GRADES) {
        return Err(CheckpointError::Shape(format!(
            "the layers have widths {widths:?}, which do not end in {GRADES} grades"
        )));
    }

    let mut network = Network::zeroed(&widths);
    for (depth, layer) in network.layers().to_vec().into_iter().enumerate() {
        for (name, range) in [("weight", layer.weights()), ("bias", layer.biases())] {
            let name = format!("layers.{depth}.{name}");
            let tensor = tensors.tensor(&name)?;
            let values = from_bytes(tensor.data());
            if tensor.dtype() != Dtype::F64 || values.len() != range.len() {
                return Err(CheckpointError::Shape(format!(
                    "{name} should hold {} values of type F64",
                    range.len()
                )));
            }
            network.parameters_mut()[range].copy_from_slice(&values);
        }
    }
    Ok(network)
}

/// Writes a file under another name, flushes it to the disk, and renames it, so that it is either complete or absent.
///
/// # Errors
/// If the file system refuses any of the three.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

fn to_bytes(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<f64> {
    let (chunks, _) = bytes.as_chunks();
    chunks
        .iter()
        .map(|chunk| f64::from_le_bytes(*chunk))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::data::Wines;
    use crate::train::{tests::settings, train};

    #[test]
    fn a_loaded_network_predicts_as_the_saved_one() {
        let folder = tempfile::tempdir().unwrap();
        let wines = Wines::load();
        for architecture in ["linear", "mlp-16", "mlp-32x16"] {
            let path = folder.path().join(architecture);
            let trained = train(&settings(architecture), &wines, &AtomicBool::new(false)).unwrap();
            save(&trained.network, &path).unwrap();

            let loaded = load(&path).unwrap();
            assert_eq!(loaded, trained.network);
            assert_eq!(
                loaded.score(&wines.test),
                trained.network.score(&wines.test)
            );
        }
    }

    #[test]
    fn writing_again_replaces_and_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, b"a long first text").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(matches!(load(&path), Err(CheckpointError::Io(_))));

        fs::write(&path, b"not a checkpoint").unwrap();
        assert!(matches!(load(&path), Err(CheckpointError::Format(_))));

        for widths in [vec![FEATURES, 4], vec![5, GRADES], vec![FEATURES]] {
            save(&Network::zeroed(&widths), &path).unwrap();
            assert!(
                matches!(load(&path), Err(CheckpointError::Shape(_))),
                "{widths:?}"
            );
        }
    }
}
