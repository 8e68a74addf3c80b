//! The `wallow` command.

fn main() -> std::process::ExitCode {
    wallow_cli::main()
}
