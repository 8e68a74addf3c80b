//! The files that `wallow init` writes.

/// The first schema: small, but with an example of every concept.
pub(super) const FIRST: &str = r#"# What defines an experiment, and what is recorded about it.

[project]
name = "NAME"
# The fields status, started_at, completed_at, wallclock_seconds and error_excerpt: runs can be claimed, and a sweep can
# be interrupted at any moment.
lifecycle = true
# A history of the attempts at each run: who executed it, when, from which commit, and how that ended.
attempts = true
# artefacts_root = "artefacts"
# artefacts_layout = "{uuid}"

# Identifying fields make the key: two runs that agree in all of them are one run.
[identifying.learning_rate]
type = "float"
doc = "Length of a step."

[identifying.seed]
type = "int"
default = 0
doc = "Of the random numbers."

# Annotating fields are recorded about a run and never make two runs of one.
[annotating.val_loss]
type = "float"
indexed = true
doc = "Loss on the validation set, after the last epoch."
CURVE
[database]
url = "DATABASE"
migrations = "migrations"
"#;

/// What the first schema also has for programs in Python: `log` of the client needs a field for its points.
pub(super) const CURVE: &str = r#"
[annotating.training_curve]
type = "json"
doc = "What log() reports at each step."
"#;

/// The configuration of diesel's own command.
pub(super) const DIESEL: &str = r#"# For diesel's own command: `diesel migration run --database-url URL`.

[migrations_directory]
dir = "migrations/DIALECT"

# `diesel print-schema` takes SQLite's INTEGER and REAL for types of 32 bits. These types are those that the columns
# have, in the table `runs` that wallow emits. A json field is text on SQLite, and printed as Text.
[print_schema]
filter = { only_tables = ["^runs$"] }
import_types = ["wallow::sql_types::print_schema::*"]
"#;

/// `build.rs`.
pub(super) const BUILD: &str = r#"//! A broken schema fails the build; one that has moved on without a migration is a warning.

fn main() {
    wallow_schema::build::check("wallow.toml");
}
"#;

/// `src/bin/wallow.rs`.
pub(super) const COMMAND: &str = r"//! The `wallow` command of this project: `cargo run --bin wallow -- status`.

fn main() -> std::process::ExitCode {
    wallow_cli::main()
}
";

/// `src/main.rs`, for the first schema.
pub(super) const MAIN: &str = r#"//! A sweep.

wallow::wallow_schema!("wallow.toml");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::open_default()?;
    let key = Identifying::builder().learning_rate(1e-3).build();
    let options = wallow::LifecycleOptions::new(wallow::Reclaim::Immediately);
    let outcome = store.run_lifecycle(&key, options, |_claim| {
        Ok::<_, wallow::Error>(Annotating::new().val_loss(0.5))
    })?;
    println!("{}", outcome.run().uuid);
    Ok(())
}
"#;

/// `src/main.rs` as `cargo new` writes it.
pub(super) const HELLO: &str = "fn main() {\n    println!(\"Hello, world!\");\n}\n";

/// `src/main.rs`, for any schema.
pub(super) const COUNT: &str = r#"//! A sweep.

wallow::wallow_schema!("wallow.toml");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::open_default()?;
    println!("{} runs", store.count()?);
    Ok(())
}
"#;
