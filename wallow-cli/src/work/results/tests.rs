use std::io::Write as _;

use tempfile::NamedTempFile;
use wallow_runtime::dynamic::Value;
use wallow_schema::Schema;

use super::*;

fn schema() -> Schema {
    let text = "[project]\nname = 'x'\nlifecycle = true\n[identifying.seed]\ntype = 'int'\n\
                [annotating.loss]\ntype = 'float'\n[annotating.note]\ntype = 'string'\n\
                [annotating.curve]\ntype = 'json'\n";
    wallow_schema::parse(text, "wallow.toml").unwrap()
}

/// What becomes of a text: the values, the faults, the warnings.
fn read(text: &[u8]) -> (Option<Values>, Vec<String>, Vec<String>) {
    let schema = schema();
    let mut file = NamedTempFile::new().unwrap();
    let mut results = Results::open(
        &schema,
        Dialect::Sqlite,
        Some("curve"),
        file.path(),
        file.reopen().unwrap(),
    );
    // It grows in pieces that end anywhere.
    for piece in text.chunks(7) {
        file.write_all(piece).unwrap();
        results.follow(Duration::MAX).unwrap();
    }
    assert!(results.finish(|| true).unwrap());
    let values = results.take(true);
    (values, results.faults().to_vec(), results.warnings())
}

#[test]
fn values_are_read_while_the_file_grows() {
    let (values, faults, warnings) =
        read(b"{\"loss\": 0.5}\r{\"note\": \"a\"}\r\n\n{\"loss\": 0.25}");
    let values = values.unwrap();
    assert_eq!(values.fields.get("loss"), Some(&Value::Float(0.25)));
    assert_eq!(values.fields.get("note"), Some(&Value::Text("a".into())));
    assert_eq!((faults.len(), warnings.len()), (0, 0));
}

#[test]
fn points_make_a_curve() {
    let (values, faults, warnings) =
        read(b"{\"step\": 1, \"loss\": 0.5}\n{\"step\": 2, \"loss\": NaN}\n");
    let values = values.unwrap();
    let (field, text) = values.curve.unwrap();
    assert_eq!(
        (&*field, &**text),
        ("curve", r#"[{"loss":0.5,"step":1},{"loss":null,"step":2}]"#)
    );
    assert_eq!(values.fields, Fields::new());
    assert_eq!(faults.len(), 0);
    assert_eq!(warnings, ["line 2: `loss`: NaN became NULL"]);
}

#[test]
fn what_does_not_fit_is_named_with_its_line() {
    for (line, fault) in [
        (
            &b"{\"loss\": \"x\"}"[..],
            "line 1: `loss`: \"x\" is no float",
        ),
        (
            b"{\"loss\": NaN}",
            "line 1: `loss`: NaN cannot be stored; write a number, or null if there is none",
        ),
        (b"{\"loss\": 1", "is no JSON"),
        (b"[1]", "line 1: it is no JSON object"),
        (b"\xff\xfe", "line 1: it is no text in UTF-8"),
    ] {
        let (values, faults, warnings) = read(line);
        assert!(values.is_none());
        assert_eq!(faults, warnings);
        let is_named = faults.first().is_some_and(|reason| reason.contains(fault));
        assert!(is_named, "{faults:?}");
    }
}

#[test]
fn a_member_that_is_no_field_is_only_warned_of() {
    for (line, warning) in [
        (
            &b"{\"los\": 1}"[..],
            "line 1: `los`: no field has this name; did you mean `loss`?",
        ),
        (
            b"{\"seed\": 1}",
            "line 1: `seed`: it defines the run, and cannot be a result",
        ),
        (
            b"{\"status\": \"completed\"}",
            "line 1: `status`: wallow writes this field itself; leave it out",
        ),
    ] {
        let (_, faults, warnings) = read(line);
        assert_eq!(faults.len(), 0);
        assert_eq!(warnings, [warning]);
    }
}

#[test]
fn many_warnings_are_not_all_printed() {
    let (_, _, warnings) = read("{\"los\": 1}\n".repeat(1000).as_bytes());
    assert_eq!(warnings.len(), WARNED + 1);
}

#[test]
fn a_line_without_end_does_not_fill_memory() {
    let schema = schema();
    let mut file = NamedTempFile::new().unwrap();
    let mut results = Results::open(
        &schema,
        Dialect::Sqlite,
        Some("curve"),
        file.path(),
        file.reopen().unwrap(),
    );
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..20 {
        file.write_all(&piece).unwrap();
        results.follow(Duration::MAX).unwrap();
        assert!(results.line.len() <= LONGEST);
    }
    file.write_all(b"\n{\"loss\": 1}\n").unwrap();
    assert!(results.finish(|| true).unwrap());
    assert_eq!(results.faults(), ["line 1 has more than 16 MiB"]);
    assert!(results.take(true).is_some());
}

/// specs 11.11
#[test]
fn a_file_that_was_replaced_is_read_only_if_it_is_an_ordinary_one() {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    type Replace = fn(&Path);
    let cases: [(Replace, Option<&str>); 5] = [
        (
            |path| std::fs::write(path, "{\"loss\": 2}\n").unwrap(),
            None,
        ),
        (|_| {}, Some("was removed; append to it")),
        (
            |path| {
                let other = path.with_file_name("other");
                std::fs::write(&other, "{\"loss\": 2}\n").unwrap();
                symlink(other, path).unwrap();
            },
            Some("was replaced by a link; append to it"),
        ),
        (
            |path| mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap(),
            Some("was replaced by something that is no file; append to it"),
        ),
        (
            |path| std::fs::create_dir(path).unwrap(),
            Some("was replaced by something that is no file; append to it"),
        ),
    ];
    for (replace, fault) in cases {
        let schema = schema();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        std::fs::write(&path, "{\"loss\": 1}\n").unwrap();
        let mut results = Results::open(
            &schema,
            Dialect::Sqlite,
            None,
            &path,
            File::open(&path).unwrap(),
        );
        results.follow(Duration::MAX).unwrap();
        std::fs::remove_file(&path).unwrap();
        replace(&path);
        assert!(results.finish(|| true).unwrap());
        let expected = fault.map(|fault| format!("`{}` {fault}", path.display()));
        assert_eq!(results.faults(), expected.as_slice());
        let loss = if fault.is_none() { 2.0 } else { 1.0 };
        let values = results.take(true).unwrap();
        assert_eq!(values.fields.get("loss"), Some(&Value::Float(loss)));
    }
}

/// What a command writes over what was read: the file counts as it is at the end.
#[test]
fn a_file_that_is_cut_and_written_again_is_read_again() {
    let point = |step: u32| format!("{{\"step\": {step}, \"loss\": 0.5}}\n");
    for (before, after, loss, steps) in [
        ("{\"loss\": 1}\n", "{\"loss\": 2}\n".to_owned(), 2.0, 0),
        (
            "{\"loss\": 1}\n",
            "{\"note\": \"longer\"}\n{\"loss\": 3}\n".to_owned(),
            3.0,
            0,
        ),
        ("{\"loss\": \"x\"}\n", "{\"loss\": 4}\n".to_owned(), 4.0, 0),
        (
            &(point(1) + &point(2)),
            point(1) + &point(2) + &point(3) + "{\"loss\": 5}\n",
            5.0,
            3,
        ),
        (
            &(point(1) + &point(2)),
            point(7) + "{\"loss\": 6}\n",
            6.0,
            1,
        ),
    ] {
        let schema = schema();
        for is_replaced in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("results.jsonl");
            std::fs::write(&path, before).unwrap();
            let file = File::open(&path).unwrap();
            let mut results = Results::open(&schema, Dialect::Sqlite, Some("curve"), &path, file);
            results.follow(Duration::MAX).unwrap();
            if is_replaced {
                std::fs::remove_file(&path).unwrap();
            }
            std::fs::write(&path, &after).unwrap();
            assert!(results.finish(|| true).unwrap());
            let values = results.take(true).unwrap();
            assert_eq!(
                values.fields.get("loss"),
                Some(&Value::Float(loss)),
                "{after}"
            );
            assert_eq!(results.faults().len(), 0, "{:?}", results.faults());
            let curve = values
                .curve
                .map_or(0, |(_, text)| text.matches("loss").count());
            assert_eq!(curve, steps, "{after}");
        }
    }
}

#[test]
fn a_file_that_grows_quickly_is_read_piece_by_piece() {
    let schema = schema();
    let mut file = NamedTempFile::new().unwrap();
    let line = b"{\"loss\": 0.5}\n";
    file.write_all(&line.repeat(20_000)).unwrap();
    let mut results = Results::open(
        &schema,
        Dialect::Sqlite,
        None,
        file.path(),
        file.reopen().unwrap(),
    );
    let mut pieces = 0;
    while !results.follow(Duration::ZERO).unwrap() {
        pieces += 1;
    }
    // A piece is a buffer of 64 KiB.
    assert_eq!(pieces, (20_000 * line.len()).div_ceil(1 << 16));
    assert_eq!(results.number, 20_000);
}

#[test]
fn a_fault_is_said_once_and_a_refused_value_not_written_again() {
    let schema = schema();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(b"{\"loss\": 0.5, \"note\": \"a\"}\n")
        .unwrap();
    let mut results = Results::open(
        &schema,
        Dialect::Sqlite,
        None,
        file.path(),
        file.reopen().unwrap(),
    );
    results.follow(Duration::MAX).unwrap();
    results.take(false).unwrap();
    assert_eq!(results.taken().len(), 2);
    results.refuse_value(Some("note"), "no".to_owned());
    results.refuse_value(None, "no".to_owned());
    results.restore();
    let left = results.take(true).unwrap();
    assert_eq!(left.fields, Fields::new().with("loss", 0.5));
    assert_eq!(results.faults(), ["no"]);
}

#[test]
fn what_a_file_that_was_written_over_does_not_have_any_more_is_taken_back() {
    let schema = schema();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("results");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write("{\"loss\": 9, \"note\": \"old\"}\n{\"step\": 1, \"loss\": 0.5}\n");
    let file = File::open(&path).unwrap();
    let mut results = Results::open(&schema, Dialect::Sqlite, Some("curve"), &path, file);
    results.follow(Duration::MAX).unwrap();
    let first = results.take(true).unwrap();
    assert!(first.fields.get("loss").is_some() && first.curve.is_some());
    write("{\"note\": \"new\"}\n");
    assert!(results.finish(|| true).unwrap());
    results.take_back(|name| match name {
        "loss" => Value::Float(0.25),
        _ => Value::Null,
    });
    assert_eq!(results.missing(&["loss".into(), "note".into()]), ["loss"]);
    let last = results.take(true).unwrap();
    assert_eq!(last.fields.get("note"), Some(&Value::Text("new".into())));
    // As they were before the attempt.
    assert_eq!(last.fields.get("loss"), Some(&Value::Float(0.25)));
    assert_eq!(last.fields.get("curve"), Some(&Value::Null));
    assert!(last.curve.is_none());
}

#[test]
fn reading_the_rest_can_be_ended() {
    let schema = schema();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(b"{\"loss\": 0.5}\n").unwrap();
    let own = file.reopen().unwrap();
    let mut results = Results::open(&schema, Dialect::Sqlite, None, file.path(), own);
    assert!(!results.finish(|| false).unwrap());
    assert!(results.finish(|| true).unwrap());
    assert!(results.take(true).is_some());
}
