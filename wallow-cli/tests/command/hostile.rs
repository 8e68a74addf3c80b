//! Values and names of other people with every character that a terminal interprets, in every command.
#![cfg(unix)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::project::Project;
use crate::terminal::open_terminal;

/// Clears the screen, inverts text, sets a title, rings, erases, changes the direction of text, ends lines.
const EVIL: &str = "\u{1b}[2J\u{1b}[7m\u{1b}]0;x\u{7}\u{8}\u{9b}7m\u{7f}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\u{85}\rz";

/// The same as an expression of SQL.
fn evil_sql() -> String {
    let chars = EVIL
        .chars()
        .map(|char| format!("char({})", u32::from(char)));
    chars.collect::<Vec<_>>().join(" || ")
}

const SCHEMA: &str = r#"[project]
attempts = true
name = "a\u001b[7m\u202ez"
artefacts_root = "artefacts"
artefacts_layout = "{model}/{uuid}"

[identifying.model]
type = "string"

[identifying.seed]
type = "int"

[annotating.status]
type = "string"

[annotating.loss]
type = "float"

[annotating.note]
type = "string"

[annotating.data]
type = "json"

[annotating.file]
type = "path"

[annotating.started_at]
type = "datetime"

[annotating.completed_at]
type = "datetime"

[annotating.wallclock_seconds]
type = "float"

[annotating.error_excerpt]
type = "string"
"#;

/// A project whose database was filled by an attacker.
fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let evil = evil_sql();
    let json = format!("json_object({evil}, json_array(1, 2, 3), 'b', {evil})");
    for (seed, uuid) in [
        (1, evil.clone()),
        (2, "'00000000000b'".into()),
        (3, "'00000000000c'".into()),
    ] {
        project.executes(&format!(
            "INSERT INTO runs (uuid, created_at, updated_at, model, seed, status, loss, note, data, file, error_excerpt)
             VALUES ({uuid}, '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', {evil}, {seed}, {evil}, 0.5,
                     {evil} || {seed}, {json}, {evil}, {evil})"
        ));
    }
    project.executes(&format!(
        "INSERT INTO _wallow_attempts (run_id, attempt, run_uuid, host, pid, os_user, argv, cwd, started_at, error)
         SELECT id, 1, uuid, {evil}, 7, {evil}, json_array({evil}), {evil}, updated_at, {evil} FROM runs"
    ));
    project.executes(&format!(
        "ALTER TABLE runs ADD COLUMN \"evil{EVIL}\" TEXT DEFAULT 'x'"
    ));
    project.executes(&format!("CREATE INDEX \"ix_runs_{EVIL}\" ON runs (note)"));
    let header = format!("model,seed,note,\"other{EVIL}\"");
    project.has(
        "good.csv",
        &format!("{header}\n\"a{EVIL}\",9,\"{EVIL}\",x\n"),
    );
    project.has(
        "bad.csv",
        &format!("{header}\na,\"x{EVIL}\",\"{EVIL}\",x\n"),
    );
    project.has(
        "bad.jsonl",
        &format!("{{\"model\": \"x\", \"seed\": \"{EVIL}\"}}\n[\"{EVIL}\"]\n"),
    );
    project.has(&format!("artefacts/x/0000000000aa/{EVIL}"), "x");
    project
}

/// Every command, in forms in which it shows what it found, and in forms in which it fails.
const LINES: [&str; 110] = [
    "check",
    "check --schema \"EVIL.toml\"",
    "status",
    "status --json",
    "status --db \"EVIL.db\"",
    "doctor",
    "doctor --json",
    "ls",
    "ls --format csv",
    "ls --format json",
    "ls --format jsonl",
    "ls --columns note,data",
    "ls --columns \"EVIL\"",
    "ls --where \"note == 'EVIL'\"",
    "ls --where \"EVIL\"",
    "ls --sort \"EVIL\"",
    "ls --group-by note --agg n",
    "ls --db \"EVIL.db\"",
    "ls --columns \"data.EVIL\"",
    "ls --over seed --agg ci:loss",
    "ls --over \"EVIL\"",
    "ls --agg \"mean:EVIL\"",
    "count --where \"note contains 'EVIL'\"",
    "pivot note model --agg mean:loss",
    "pivot note seed --format json",
    "pivot \"EVIL\" seed",
    "importance loss",
    "importance \"EVIL\"",
    "plot seed loss --by note",
    "plot note loss",
    "plot \"data.b\"",
    "plot \"data[].EVIL\"",
    "plot seed loss --output \"EVIL/x.svg\"",
    "diff --where \"seed > 0\"",
    "near seed=0 --columns note --format csv",
    "export --unnest data",
    "retry --where \"seed > 0\" --sort \"EVIL\" -n 1",
    "top loss",
    "show 1",
    "show 1 --json",
    "show \"EVIL\"",
    "inspect 2",
    "attempts",
    "attempts 2",
    "attempts --json",
    "attempts \"EVIL\"",
    "export --attempts",
    "export --attempts --columns \"EVIL\"",
    "logs 2",
    "logs \"EVIL@1\"",
    "diff 1 2",
    "diff 1 2 --json",
    "near seed=0",
    "near seed=0 \"model=EVIL\"",
    "near seed=0 --json",
    "watch --once",
    "watch --once --json",
    "collisions seed",
    "collisions seed --json",
    "collisions \"EVIL\"",
    "export",
    "export --format json",
    "export --format jsonl",
    "export --output \"EVIL/x.csv\"",
    "report",
    "report --output report.html",
    "report --columns \"EVIL\"",
    "report --output \"EVIL/x.html\"",
    "ui --db \"EVIL.db\"",
    "ui --host \"EVIL\"",
    "ui --allow-host \"EVIL\"",
    "rm --where \"note == 'EVIL'\"",
    "rm --where \"seed > 0\"",
    "retry --where \"seed > 0\"",
    "gc",
    "gc --json",
    "gc --delete",
    "import --from good.csv",
    "import --from good.csv --on-duplicate overwrite",
    "import --from bad.csv",
    "import --from bad.jsonl",
    "import --from \"EVIL.csv\"",
    "import --from-python \"EVIL.db\"",
    "import --from \"EVIL.db\"",
    "grants worker --role \"EVIL\"",
    "copy --to \"sqlite:EVIL2.db\"",
    "migrate history",
    "migrate check",
    "migrate stamp \"EVIL\"",
    "migrate generate \"EVIL\"",
    "migrate apply",
    "migrate downgrade base",
    "init --dir \"EVIL\"",
    "enqueue \"model=EVIL\" seed=7",
    "enqueue \"seed=EVIL\"",
    "enqueue --from bad.csv",
    "enqueue --from bad.jsonl",
    "work -- \"EVIL\"",
    "work --where \"EVIL\" -- true",
    "serve-db --data . -- \"EVIL\"",
    "serve-db --data \"EVIL.db\" -- true",
    "serve-db --data new --host \"EVIL\" --pg-bin \"EVIL\" -- true",
    "claim",
    "claim --json",
    "heartbeat \"EVIL\" --attempt 1",
    "complete 1 --attempt 1 \"EVIL=1\"",
    "fail \"EVIL\" --attempt 1 --reason \"EVIL\"",
    "release \"EVIL\" --attempt 1",
    "set 1 \"note=EVIL\"",
    "set 1 \"EVIL=1\"",
];

/// What the command prints on a terminal whose user says no to every question.
fn display(project: &Project, line: &str, colours: bool) -> String {
    let (terminal, inner) = open_terminal();
    // Echo is off, so that the input does not mix with the output.
    let mut settings = tcgetattr(&inner).unwrap();
    settings.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&inner, OptionalActions::Now, &settings).unwrap();
    let mut terminal = File::from(terminal);
    terminal.write_all(b"no\nno\n").unwrap();
    let stdio = || Stdio::from(inner.try_clone().unwrap());
    let mut command = project.command(".", &line.replace("EVIL", EVIL));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "CI"] {
        command.env_remove(name);
    }
    // A terminal without abilities shows no progress bars either.
    command.env("TERM", if colours { "xterm-256color" } else { "dumb" });
    command.stdin(stdio()).stdout(stdio()).stderr(stdio());
    let mut child = command.spawn().unwrap();
    drop((command, inner));
    // At the end of a terminal, reading it is an error.
    let mut bytes = Vec::new();
    let _ = terminal.read_to_end(&mut bytes);
    child.wait().unwrap();
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn obeyed(char: char) -> bool {
    let turns = matches!(
        char,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    );
    turns || (char.is_control() && !matches!(char, '\n' | '\t'))
}

#[test]
fn no_command_passes_on_what_a_terminal_obeys() {
    let project = project();
    for line in LINES {
        let said = display(&project, line, false);
        assert!(!said.contains(obeyed), "{line}\n{said:?}");
        let coloured = display(&project, line, true).replace("\r\u{1b}[2K", "");
        assert!(!coloured.contains("\u{1b}[7m"), "{line}\n{coloured:?}");
        // Only bold, dim and colours.
        for after in coloured.split('\u{1b}').skip(1) {
            let end = after.find(|char: char| !char.is_ascii_digit() && !";[".contains(char));
            assert_eq!(
                end.map(|end| &after[end..=end]),
                Some("m"),
                "{line}\n{coloured:?}"
            );
        }
        let rest = coloured.replace('\u{1b}', "");
        assert!(!rest.contains(obeyed), "{line}\n{rest:?}");
    }
}

/// Messages about wrong usage have colours of their own.
#[test]
fn a_wrong_argument_brings_no_colour_along() {
    let project = project();
    for line in [
        "\"COLOUR\"",
        "ls -n \"COLOUR\"",
        "ls --format \"COLOUR\"",
        "ls --agg \"COLOUR\"",
        "doctor --stale \"COLOUR\"",
        "near \"COLOUR\"",
        "import --from a.csv --separator \"COLOUR\"",
    ] {
        for colours in [false, true] {
            let line = line.replace("COLOUR", "\u{1b}[8mhidden");
            let said = display(&project, &line, colours);
            assert!(!said.contains("\u{1b}[8m"), "{line:?}\n{said:?}");
            assert!(said.contains("hidden"), "{line:?}\n{said:?}");
        }
    }
}

/// A new command must be added to the list above, too.
#[test]
fn every_command_is_among_them() {
    let help = Project::empty().wallow("--help").succeeds();
    let commands = help.split("\nCommands:\n").nth(1).unwrap();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        let is_tried = LINES
            .iter()
            .any(|line| line.split(' ').next() == Some(command));
        // These commands show no values of other people.
        assert!(
            is_tried || matches!(command, "help" | "completions"),
            "{command}"
        );
    }
}

/// On a terminal JSON is escaped, and stays the same JSON.
#[test]
fn json_on_a_terminal_is_the_same_json() {
    let project = project();
    for line in ["ls --format json", "show 2 --json", "export --format json"] {
        let exact = project.wallow(line).succeeds();
        let said = display(&project, line, false);
        let [exact, said] =
            [&exact, &said].map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(said, exact, "{line}");
    }
}
