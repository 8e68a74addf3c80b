//! Output on a terminal: narrow and old ones, and what must never reach one.
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;

use rustix::termios::{Winsize, tcsetwinsize};
use snapbox::{assert_data_eq, str};

use crate::listing::{SWEEP, empty, sweep};
use crate::project::Project;
use crate::terminal::open_terminal;

/// The output of the command on a terminal with this many columns; `^[` replaces escapes.
fn display(project: &Project, columns: u16, line: &str) -> String {
    display_with(project, columns, line, &[("TERM", "xterm-256color")])
}

fn display_with(project: &Project, columns: u16, line: &str, variables: &[(&str, &str)]) -> String {
    let (terminal, inner) = open_terminal();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&inner, size).unwrap();
    let stdio = || Stdio::from(inner.try_clone().unwrap());
    let mut command = project.command(".", line);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "CI"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    let mut child = command.stdout(stdio()).stderr(stdio()).spawn().unwrap();
    drop((command, inner));
    // At the end of a terminal, reading it is an error.
    let mut bytes = Vec::new();
    let _ = File::from(terminal).read_to_end(&mut bytes);
    assert!(child.wait().unwrap().success(), "{line}");
    let text = String::from_utf8(bytes).unwrap();
    text.replace('\u{1b}', "^[").replace("\r\n", "\n")
}

#[test]
fn a_table_is_as_wide_as_the_terminal() {
    let project = sweep();
    assert_data_eq!(
        display(&project, 40, "ls --absolute"),
        str![[r#"
^[[1mid^[[0m  ^[[1mstatus^[[0m     ^[[1mmodel^[[0m   ^[[1mrate^[[0m  ^[[1mseed^[[0m   ^[[1mloss^[[0m
 1  completed  mlp    0.001     0  0.125
 2  completed  mlp    0.001     1  0.375
 3  completed  mlp     0.01     0    2.5
 4  failed     conv    0.01     0      ^[[2m-^[[0m
 5  ^[[2m-^[[0m          conv    0.01     1      ^[[2m-^[[0m
^[[2mthe same in all: created_at 2026-01-02T…^[[0m
^[[2mno room for good, started_at, note, fil…^[[0m

"#]]
    );
    assert_data_eq!(
        display(&project, 80, "ls --absolute"),
        str![[r#"
^[[1mid^[[0m  ^[[1mstatus^[[0m     ^[[1mmodel^[[0m   ^[[1mrate^[[0m  ^[[1mseed^[[0m   ^[[1mloss^[[0m  ^[[1mgood^[[0m   ^[[1mnote^[[0m                    ^[[1mfile^[[0m
 1  completed  mlp    0.001     0  0.125  true   plain                   a/b.bin
 2  completed  mlp    0.001     1  0.375  false  数据 🚀                 ^[[2m-^[[0m
 3  completed  mlp     0.01     0    2.5  ^[[2m-^[[0m      ^[[2m-^[[0m                       ^[[2m-^[[0m
 4  failed     conv    0.01     0      ^[[2m-^[[0m  ^[[2m-^[[0m      a/u{1b}[31m/n/u{202e}b  ^[[2m-^[[0m
 5  ^[[2m-^[[0m          conv    0.01     1      ^[[2m-^[[0m  ^[[2m-^[[0m      ^[[2m-^[[0m                       ^[[2m-^[[0m
^[[2mthe same in all: created_at 2026-01-02T03:04:05.000006Z, updated_at 2026-01-02T…^[[0m
^[[2mno room for started_at, uuid^[[0m

"#]]
    );
    assert_data_eq!(
        display(&project, 80, "ls --columns id,curve,note,loss"),
        str![[r#"
^[[1mid^[[0m  ^[[1mcurve^[[0m        ^[[1mnote^[[0m                     ^[[1mloss^[[0m
 1  █▅▁          plain                   0.125
 2  ^[[2m-^[[0m            数据 🚀                 0.375
 3  {"a":[1,2]}  ^[[2m-^[[0m                         2.5
 4  ^[[2m-^[[0m            a/u{1b}[31m/n/u{202e}b      ^[[2m-^[[0m
 5  ^[[2m-^[[0m            ^[[2m-^[[0m                           ^[[2m-^[[0m

"#]]
    );
    // A terminal that does not report its width is taken to have 80 columns.
    assert_eq!(display(&project, 0, "ls"), display(&project, 80, "ls"));
    for columns in 1..100 {
        let said = display_with(
            &project,
            columns,
            "ls",
            &[("NO_COLOR", "1"), ("TERM", "xterm")],
        );
        let width = said
            .lines()
            .map(unicode_width::UnicodeWidthStr::width)
            .max();
        assert!(width.unwrap() <= usize::from(columns), "{columns}\n{said}");
    }
}

#[test]
fn columns_that_say_nothing_give_way() {
    let project = sweep();
    let line = "ls --absolute --where \"model == 'mlp' and rate < 0.01\"";
    assert_data_eq!(
        display(&project, 70, line),
        str![[r#"
^[[1mid^[[0m  ^[[1mseed^[[0m   ^[[1mloss^[[0m  ^[[1mgood^[[0m   ^[[1mnote^[[0m     ^[[1mfile^[[0m     ^[[1muuid^[[0m
 1     0  0.125  true   plain    a/b.bin  00000000000a
 2     1  0.375  false  数据 🚀  ^[[2m-^[[0m        00000000000b
^[[2mthe same in all: status completed, model mlp, rate 0.001, created_at …^[[0m
^[[2mno room for started_at^[[0m

"#]]
    );
}

#[test]
fn times_are_reported_by_their_distance() {
    let project = empty(SWEEP);
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, model, rate, seed, started_at) VALUES
         ('00000000000a', datetime('now'), datetime('now'), 'x', 1, 1, datetime('now', '-190 minutes'))",
    );
    let said = display(&project, 80, "ls --columns id,started_at");
    assert!(said.contains(" 1  3 h ago\n"), "{said}");
    let said = display(&project, 80, "ls --columns id,started_at --absolute");
    assert!(said.contains('T') && said.contains("Z\n"), "{said}");
}

#[test]
fn no_colours_go_where_they_are_not_wanted() {
    let project = sweep();
    let line = "ls --columns id,loss --where \"id > 3\"";
    assert_data_eq!(
        display(&project, 80, line),
        str![[r#"
^[[1mid^[[0m  ^[[1mloss^[[0m
 4     ^[[2m-^[[0m
 5     ^[[2m-^[[0m

"#]]
    );
    for variables in [
        [("NO_COLOR", "1"), ("TERM", "xterm")],
        [("TERM", "dumb"), ("X", "")],
    ] {
        assert_eq!(
            display_with(&project, 80, line, &variables),
            "id  loss\n 4     -\n 5     -\n"
        );
    }
}

#[test]
fn nothing_that_a_terminal_would_obey_reaches_it() {
    let project = sweep();
    for line in [
        "ls --columns note",
        "ls --columns note --format csv",
        "ls --columns note --format json",
        "ls --group-by note",
        "top seed",
        "show 4",
        "show 4 --json",
        "diff 1 4",
        "diff 1 4 --json",
        "near seed=0",
        "export",
    ] {
        let said = display_with(&project, 200, line, &[("NO_COLOR", "1"), ("TERM", "xterm")]);
        assert!(!said.contains("^["), "{line}\n{said}");
    }
}

#[test]
fn a_run_is_compared_on_a_narrow_terminal() {
    let project = sweep();
    assert_data_eq!(
        display(&project, 40, "diff 1 4"),
        str![[r#"
^[[1mfield^[[0m       ^[[1m00000000000a^[[0m   ^[[1m00000000000d^[[0m
model       mlp            conv
rate        0.001          0.01
status      completed      failed
loss        0.125          ^[[2m-^[[0m
curve       [3,2,1]        ^[[2m-^[[0m
good        true           ^[[2m-^[[0m
started_at  2026-01-02T0…  ^[[2m-^[[0m
note        plain          a/u{1b}[31m/…
file        a/b.bin        ^[[2m-^[[0m
^[[2mno room for by^[[0m

"#]]
    );
    assert_data_eq!(
        display(&project, 40, "near seed=0 rate=0.5"),
        str![[r#"
^[[1mid^[[0m  ^[[1mdiffers in^[[0m         ^[[1mstatus^[[0m
 3  rate=0.01          completed
 4  rate=0.01          failed
 1  rate=0.001         completed
 5  seed=1 rate=0.01   ^[[2m-^[[0m
 2  seed=1 rate=0.001  completed
^[[2mno room for uuid^[[0m

"#]]
    );
    assert_data_eq!(
        display(&project, 40, "show 5"),
        str![[r#"
id          5
uuid        00000000000e
created_at  2026-01-02 03:04:05.000006 UTC
updated_at  2026-01-02 03:04:05.000006 UTC

model       conv
rate        0.01
seed        1

status      ^[[2m-^[[0m
loss        ^[[2m-^[[0m
curve       ^[[2m-^[[0m
good        ^[[2m-^[[0m
started_at  ^[[2m-^[[0m
note        ^[[2m-^[[0m
file        ^[[2m-^[[0m

"#]]
    );
}

#[test]
fn a_sweep_is_watched_in_place() {
    let project = sweep();
    project.executes("UPDATE runs SET status = 'completed'");
    let said = display(&project, 60, "watch --until-done");
    // It is drawn repeatedly: the last drawing stays.
    let last = said.rsplit("^[[2K").next().unwrap();
    assert!(last.contains("5/5"), "{said}");
    assert!(last.contains("0 running"), "{said}");
}

#[test]
fn a_hundred_fields_fit_any_terminal() {
    let mut schema = String::from("[project]\nname = 'wide'\n");
    for index in 0..100 {
        let role = if index < 10 {
            "identifying"
        } else {
            "annotating"
        };
        writeln!(schema, "[{role}.field_{index}]\ntype = 'float'").unwrap();
    }
    let project = empty(&schema);
    let names = (0..100).map(|index| format!("field_{index}"));
    let values = (0..100).map(|index| format!("{index}.5"));
    project.has_run(
        "00000000000a",
        &names.collect::<Vec<_>>().join(", "),
        &values.collect::<Vec<_>>().join(", "),
    );
    assert_data_eq!(
        display(&project, 40, "ls --absolute"),
        str![[r#"
^[[1mid^[[0m  ^[[1mfield_0^[[0m  ^[[1mfield_1^[[0m  ^[[1mfield_2^[[0m  ^[[1mfield_3^[[0m
 1      0.5      1.5      2.5      3.5
^[[2mno room for field_4, field_5, field_6, …^[[0m

"#]]
    );
    for (line, part) in [
        ("ls --format csv", ",99.5\n"),
        ("ls", "field_99"),
        ("top field_99", "99.5"),
        ("show 1", "field_99    99.5\n"),
        ("ls --group-by field_0 --agg mean:field_99", "99.5"),
        ("count", "1\n"),
        ("near field_0=0.5", "nothing"),
        ("diff 1 1", "no field differs"),
    ] {
        let said = project.wallow(line).succeeds();
        assert!(said.contains(part), "{line}\n{said}");
    }
}
