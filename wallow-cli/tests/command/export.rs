//! `wallow export`: the content of the files, and when a file is written.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

/// A column of every type.
const TYPES: &str = r#"[project]
name = "types"

[identifying.label]
type = "string"

[annotating.count]
type = "int"

[annotating.score]
type = "float"

[annotating.done]
type = "bool"

[annotating.extra]
type = "json"

[annotating.seen_at]
type = "datetime"

[annotating.file]
type = "path"
"#;

/// One run with every value, one with none, and one with unusual values.
fn project() -> Project {
    let project = Project::with(TYPES);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let columns = "label, count, score, done, extra, seen_at, file";
    project.has_run(
        "00000000000a",
        columns,
        r#"'plain', 7, 0.1, 1, '{"loss": [0.5, null]}', '2026-01-02 03:04:05.000000', 'a b/c.bin'"#,
    );
    project.has_run("00000000000b", "label", "'nothing'");
    project.has_run(
        "00000000000c",
        columns,
        r#"'a, "b"' || char(10) || char(27) || '🐷', -9223372036854775808, -9e999, 0, '"text"',
           '0001-01-01 00:00:00', ''"#,
    );
    project
}

#[test]
fn values_in_csv() {
    let said = project().wallow("export").succeeds();
    assert_data_eq!(
        said.replace('\u{1b}', "ESC"),
        str![[r#"
id,uuid,created_at,updated_at,label,count,score,done,extra,seen_at,file
1,00000000000a,2026-01-02T03:04:05.000006Z,2026-01-02T03:04:05.000006Z,plain,7,0.1,true,"{""loss"":[0.5,null]}",2026-01-02T03:04:05.000000Z,a b/c.bin
2,00000000000b,2026-01-02T03:04:05.000006Z,2026-01-02T03:04:05.000006Z,nothing,,,,,,
3,00000000000c,2026-01-02T03:04:05.000006Z,2026-01-02T03:04:05.000006Z,"a, ""b""
ESC🐷",-9223372036854775808,-inf,false,"""text""",0001-01-01T00:00:00.000000Z,""

"#]]
    );
}

#[test]
fn values_in_json() {
    let project = project();
    let lines = project.wallow("export --format jsonl").succeeds();
    assert_data_eq!(
        &lines,
        str![[r#"
{"id":1,"uuid":"00000000000a","created_at":"2026-01-02T03:04:05.000006Z","updated_at":"2026-01-02T03:04:05.000006Z","label":"plain","count":7,"score":0.1,"done":true,"extra":{"loss":[0.5,null]},"seen_at":"2026-01-02T03:04:05.000000Z","file":"a b/c.bin"}
{"id":2,"uuid":"00000000000b","created_at":"2026-01-02T03:04:05.000006Z","updated_at":"2026-01-02T03:04:05.000006Z","label":"nothing","count":null,"score":null,"done":null,"extra":null,"seen_at":null,"file":null}
{"id":3,"uuid":"00000000000c","created_at":"2026-01-02T03:04:05.000006Z","updated_at":"2026-01-02T03:04:05.000006Z","label":"a, /"b/"/n/u001b🐷","count":-9223372036854775808,"score":"-Infinity","done":false,"extra":"text","seen_at":"0001-01-01T00:00:00.000000Z","file":""}

"#]]
    );
    let array = project.wallow("export --format json").succeeds();
    assert_eq!(
        array,
        format!("[\n{}\n]\n", lines.trim_end().replace('\n', ",\n"))
    );
}

#[test]
fn a_filter_and_a_file() {
    let project = Project::with_runs(SCHEMA);
    let said = project
        .wallow("export --where loss<0.3 --output best.jsonl")
        .succeeds();
    assert_eq!(said, "wrote 1 run to best.jsonl\n");
    assert!(project.text("best.jsonl").contains("\"00000000000b\""));
    assert_data_eq!(
        project.wallow("export --output best.xls").misuses(),
        str![[r#"
error: the name `best.xls` does not tell a format; name one with `--format`

"#]]
    );
    assert_data_eq!(
        project.wallow("export --where los<0.3").misuses(),
        str![[r#"
error: unknown field `los`
 --> expression:1:1
  |
1 | los<0.3
  | ^^^
  |
  = help: did you mean `loss`?

"#]]
    );
    project
        .wallow("export --format csv --output no/such/folder.csv")
        .refuses();
}

#[test]
fn columns_are_chosen() {
    let project = Project::with_runs(SCHEMA);
    assert_data_eq!(
        project.wallow("export --columns seed,loss,uuid").succeeds(),
        str![[r#"
seed,loss,uuid
0,0.5,00000000000a
1,0.25,00000000000b

"#]]
    );
    assert_data_eq!(
        project.wallow("export --columns seed,los").misuses(),
        str![[r#"
error: there is no column `los`; did you mean `loss`?

"#]]
    );
    assert_data_eq!(
        project.wallow("export --columns seed,seed").misuses(),
        str![[r#"
error: the column `seed` is named twice; name it once

"#]]
    );
}

#[test]
fn nothing_registered_is_an_export_of_nothing() {
    let project = Project::with_runs(SCHEMA);
    project.executes("DELETE FROM runs");
    let head = "id,uuid,created_at,updated_at,rate,seed,loss\n";
    for (format, expected) in [("csv", head), ("json", "[]\n"), ("jsonl", "")] {
        let said = project.wallow(&format!("export --format {format}"));
        assert_eq!(said.succeeds(), expected);
    }
}

#[test]
fn a_run_that_cannot_be_read_leaves_the_file_as_it_was() {
    let project = Project::with_runs(SCHEMA);
    project.has("runs.csv", "before");
    project.executes("UPDATE runs SET loss = 'none' WHERE id = 2");
    assert_data_eq!(
        project.wallow("export --output runs.csv").refuses(),
        str![[r#"
error: run 2 (uuid 00000000000b): field `loss` holds the text "none", not a float; correct or clear that value

"#]]
    );
    assert_eq!(project.text("runs.csv"), "before");
    let parts = project.files().into_iter();
    assert!(
        parts
            .map(|(path, _)| path)
            .all(|path| path.extension() != Some("part".as_ref()))
    );
}

#[test]
fn a_run_that_cannot_be_read_keeps_no_other_from_stdout() {
    let project = Project::with_runs(SCHEMA);
    project.has_run("00000000000c", "rate, seed, loss", "0.1, 2, 0.125");
    project.executes("UPDATE runs SET loss = 'none' WHERE id = 2");
    let reason = "error: run 2 (uuid 00000000000b): field `loss` holds the text \"none\", not a float; correct or clear \
                  that value\n";
    for (format, expected) in [
        ("csv", "seed,loss\n0,0.5\n2,0.125\n"),
        (
            "json",
            "[\n{\"seed\":0,\"loss\":0.5},\n{\"seed\":2,\"loss\":0.125}\n]\n",
        ),
        (
            "jsonl",
            "{\"seed\":0,\"loss\":0.5}\n{\"seed\":2,\"loss\":0.125}\n",
        ),
    ] {
        for command in ["export", "ls"] {
            let line = format!("{command} --columns seed,loss --format {format}");
            let answer = project.wallow(&line);
            assert_eq!(answer.stdout, expected, "{line}");
            assert_eq!(answer.stderr, reason, "{line}");
            assert_eq!(answer.status, Some(1), "{line}");
        }
    }
    // The output is complete for programs that read the other formats, too.
    for format in ["parquet", "arrow"] {
        let output = project
            .command(".", &format!("ls --format {format}"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let end: &[u8] = if format == "arrow" {
            b"ARROW1"
        } else {
            b"PAR1"
        };
        assert!(output.stdout.ends_with(end), "{format}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), reason);
    }
    // A file is written completely or not at all; all damaged rows are reported at once.
    project.executes("UPDATE runs SET loss = 'nothing' WHERE id = 3");
    let said = project.wallow("ls --output runs.csv").refuses();
    assert_eq!(said.matches("error: run ").count(), 2, "{said}");
    assert!(!project.path("runs.csv").exists());
}

#[test]
fn near_compares_the_runs_that_can_be_read() {
    let project = Project::with_runs(SCHEMA);
    project.executes("UPDATE runs SET seed = 'none' WHERE id = 2");
    let answer = project.wallow("near seed=1");
    assert_eq!(answer.status, Some(1));
    assert!(answer.stdout.contains("00000000000a"), "{}", answer.stdout);
    assert!(answer.stderr.contains("run 2 (uuid"), "{}", answer.stderr);
}

#[test]
fn a_closed_pipe_ends_a_long_export() {
    let project = Project::with_runs(SCHEMA);
    project.executes(
        "INSERT INTO runs (uuid, created_at, updated_at, rate, seed)
         WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         SELECT printf('%012x', i + 100), '2026-01-01 00:00:00', '2026-01-01 00:00:00', 0.5, i FROM n",
    );
    for format in ["csv", "json", "jsonl", "parquet", "arrow"] {
        let mut child = project
            .command(".", &format!("export --format {format}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = Vec::new();
        let mut pipe = BufReader::with_capacity(1, child.stdout.take().unwrap());
        pipe.read_until(b'\n', &mut first).unwrap();
        drop(pipe);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{format}: {output:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{format}");
    }
}

#[test]
fn an_export_does_not_replace_files_of_the_project() {
    let project = Project::with_runs(SCHEMA);
    project.has(".env", "OTHER=1\n");
    let name = project.migrations()[0].clone();
    let migration = format!("migrations/sqlite/{name}/up.sql");
    let snapshot = format!("migrations/snapshots/{name}.toml");
    for (file, what) in [
        ("wallow.toml", "the schema"),
        (".env", "a file of variables"),
        (&migration, "a file of the migrations"),
        (&snapshot, "a file of the migrations"),
    ] {
        let before = project.text(file);
        let said = project
            .wallow(&format!("export --format csv --output {file}"))
            .misuses();
        assert!(
            said.contains(&format!("is {what}, which an export would replace")),
            "{said}"
        );
        assert_eq!(project.text(file), before);
    }
}

/// A name of an open file is not opened again, which would write over what stands there; specs 8.8.
#[cfg(target_os = "linux")]
#[test]
fn names_of_open_files_are_written_where_they_stand() {
    use std::fs::File;
    use std::os::unix::fs::symlink;

    let project = Project::with_runs(SCHEMA);
    let csv = "seed,loss\n0,0.5\n1,0.25\n";
    symlink("/dev/stdout", project.path("link")).unwrap();
    symlink("link", project.path("link.csv")).unwrap();
    for command in ["export", "ls"] {
        for name in [
            "/dev/stdout",
            "/dev/fd/1",
            "/dev/./fd/1",
            "/proc/self/fd/1",
            "/proc/thread-self/fd/1",
            "link",
            "link.csv",
        ] {
            let line = format!("{command} --columns seed,loss --format csv --output {name}");
            project.has("all.csv", "previous\n");
            let all = File::options().append(true).open(project.path("all.csv"));
            let mut run = project.command(".", &line);
            let output = run.stdout(all.unwrap()).output().unwrap();
            assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{line}");
            assert_eq!(
                project.text("all.csv"),
                format!("previous\n{csv}"),
                "{line}"
            );
            // A file that is not opened for appending has a place, too, and the message stands in no way.
            let mut begun = File::create(project.path("all.csv")).unwrap();
            std::io::Write::write_all(&mut begun, b"previous\n").unwrap();
            let status = project.command(".", &line).stdout(begun).status().unwrap();
            assert!(status.success());
            assert_eq!(
                project.text("all.csv"),
                format!("previous\n{csv}"),
                "{line}"
            );
            assert_eq!(project.wallow(&line).succeeds(), csv, "{line}");
        }
    }
    assert!(project.path("link.csv").is_symlink());
    // Another open file gets what is written behind what it has.
    let exported = "export --columns seed,loss --format csv --output";
    for (name, redirected) in [
        ("/dev/stderr", "2>>"),
        ("/dev/fd/5", "5>>"),
        ("/dev/fd/5", "5<>"),
    ] {
        project.has("all.csv", "previous\n");
        let command = project.command(".", "");
        let script = format!("exec \"$0\" {exported} {name} {redirected} all.csv");
        let mut shell = std::process::Command::new("sh");
        shell.current_dir(project.path(""));
        shell.args(["-c", &script]).arg(command.get_program());
        let status = shell.status().unwrap();
        assert!(status.success(), "{name}");
        assert_eq!(
            project.text("all.csv"),
            format!("previous\n{csv}"),
            "{name}"
        );
    }
    // Nothing below `/dev` is special by its name: here is a folder of ordinary files.
    let memory = tempfile::tempdir_in("/dev/shm").unwrap();
    let file = memory.path().join("runs.csv");
    for _ in 0..2 {
        let said = project
            .wallow(&format!("{exported} {}", file.display()))
            .succeeds();
        assert_eq!(said, format!("wrote 2 runs to {}\n", file.display()));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), csv);
        std::fs::write(&file, csv.repeat(100)).unwrap();
    }
}
