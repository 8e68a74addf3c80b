//! Inputs that failed once do not fail again, and every target passes for a moment.

use std::process::Command;

/// The same inputs each time, in processes of their own, so that one that ends its process fails
/// like any other; `cargo xtask fuzz` tries others.
#[test]
fn every_target_holds_for_a_moment() {
    let mut fuzz = Command::new(env!("CARGO_BIN_EXE_wallow-fuzz"));
    let output = fuzz.arg("--brief").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}");
    let targets = wallow_fuzz::targets::ALL.iter();
    for target in targets {
        let ran = format!("{}: ", target.name);
        assert!(said.contains(&ran), "`{}` did not run: {said}", target.name);
    }
}
