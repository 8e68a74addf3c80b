//! The job of Kubernetes in the README of the example for Python: its fields are those that Kubernetes knows.

use std::path::Path;

use crate::python;

#[test]
fn the_job_has_the_fields_of_kubernetes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = folder.join("../examples/python_sweep/README.md");
    if let Some(said) = python::run("kubernetes.py", &[&readme]) {
        assert_eq!(said.trim(), "Job penguins");
    }
}
