//! The command whose page is tested: cargo builds it for these tests, and says where it is.

use std::process::ExitCode;

fn main() -> ExitCode {
    wallow_cli::main()
}
