//! `wallow import`: no value of a key is invented, and losses in annotating fields are reported, in every format.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

/// A key whose fields have defaults, where a default is allowed.
const SWEEP: &str = r#"[project]
name = "sweep"
float_precision = 17

[identifying.model]
type = "string"

[identifying.decay]
type = "float"
default = 0.0

[identifying.seed]
type = "int"
default = 0

[annotating.loss]
type = "float"

[annotating.steps]
type = "int"

[annotating.curve]
type = "json"

[annotating.seen_at]
type = "datetime"
"#;

pub(super) fn project() -> Project {
    let project = Project::with(SWEEP);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

/// A file of one run with these values, in JSON lines.
pub(super) fn line(decay: &str, seed: &str, others: &str) -> String {
    format!("{{\"model\": \"a\", \"decay\": {decay}, \"seed\": {seed}{others}}}\n")
}

pub(super) fn runs(project: &Project) -> String {
    project.reads("SELECT group_concat(run, ', ') FROM (SELECT model || ' ' || decay || ' ' || seed AS run FROM runs ORDER BY id)",)
}

#[test]
fn a_value_that_a_key_cannot_hold_is_refused_with_line_and_field() {
    let project = project();
    for (decay, seed, refusal) in [
        (
            "NaN",
            "1",
            "field `decay`: NaN: it is NaN, which identifies nothing",
        ),
        (
            "\"nan\"",
            "1",
            "field `decay`: \"nan\": it is NaN, which identifies nothing",
        ),
        (
            "1e400",
            "1",
            "field `decay`: 1e400: it is too large for a float; write `inf` if infinity is meant",
        ),
        (
            "\"-1e500\"",
            "1",
            "field `decay`: \"-1e500\": it is too large for a float",
        ),
        (
            "1e-400",
            "1",
            "field `decay`: 1e-400: it is too small for a float; write `0` if zero is meant",
        ),
        (
            "9007199254740993",
            "1",
            "field `decay`: 9007199254740993: no float is exactly this integer",
        ),
        (
            "18446744073709551615",
            "1",
            "field `decay`: 18446744073709551615: no float is exactly",
        ),
        (
            "\"0,5\"",
            "1",
            "field `decay`: \"0,5\" is no float; a comma separates no decimals here, write `0.5`",
        ),
        (
            "[0.5]",
            "1",
            "field `decay`: an array stands where one value belongs",
        ),
        (
            "{}",
            "1",
            "field `decay`: an object stands where one value belongs",
        ),
        (
            "null",
            "1",
            "field `decay`: it is null; `--defaults` takes its default 0.0 for runs without a value",
        ),
        ("0.5", "NaN", "field `seed`: NaN: it is NaN"),
        ("0.5", "Infinity", "field `seed`: inf is no int"),
        ("0.5", "1.5", "field `seed`: 1.5 is no int"),
        (
            "0.5",
            "1e400",
            "field `seed`: 1e400 is no int; an int goes from -9223372036854775808",
        ),
        (
            "0.5",
            "18446744073709551615",
            "field `seed`: 18446744073709551615 is no int; an int goes from",
        ),
        ("0.5", "true", "field `seed`: true is no int"),
        (
            "0.5",
            "null",
            "field `seed`: it is null; `--defaults` takes its default 0",
        ),
    ] {
        project.has("a.jsonl", &format!("\n{}", line(decay, seed, "")));
        project.has("a.json", &format!("[\n{}]", line(decay, seed, "")));
        for file in ["a.jsonl", "a.json"] {
            let answer = project.wallow(&format!("import --from {file}"));
            let expected = format!("refused line 2: {refusal}");
            assert!(
                answer.stdout.contains(&expected),
                "{expected}\n{}",
                answer.stdout
            );
            answer.refuses();
        }
    }
    assert_eq!(runs(&project), "NULL");
}

#[test]
fn a_value_that_a_key_can_hold_is_kept_to_the_last_digit() {
    let project = project();
    let lines = [
        line("Infinity", "9007199254740993.0", ""),
        line("\"-inf\"", "9223372036854775807", ""),
        line("9007199254740992", "-9223372036854775808", ""),
        line("5e-324", "\"7\"", ""),
        line("-0.0", "1e3", ""),
    ];
    project.has("a.jsonl", &lines.concat());
    project.wallow("import --from a.jsonl").succeeds();
    assert_eq!(
        runs(&project),
        "a Inf 9007199254740993, a -Inf 9223372036854775807, a 9007199254740992.0 -9223372036854775808, \
         a 4.9406564584124654e-324 7, a 0.0 1000"
    );
}

#[test]
fn what_an_annotating_field_loses_is_counted() {
    let project = project();
    let lines = [
        line(
            "0.1",
            "1",
            ", \"loss\": NaN, \"curve\": [NaN, {\"a\": Infinity}]",
        ),
        line(
            "0.1",
            "2",
            ", \"loss\": \"NaN\", \"curve\": [1e400, 18446744073709551617]",
        ),
        line(
            "0.1",
            "3",
            ", \"loss\": 1e400, \"steps\": NaN, \"curve\": [18446744073709551615]",
        ),
        line(
            "0.1",
            "4",
            ", \"loss\": 9007199254740993, \"seen_at\": \"2024-03-10T02:30:00.1234567Z\"",
        ),
        line(
            "0.1",
            "5",
            ", \"loss\": -Infinity, \"seen_at\": \"2016-12-31T23:59:60Z\"",
        ),
    ];
    project.has("a.jsonl", &lines.concat());
    assert_data_eq!(
        project.wallow("import --from a.jsonl").succeeds(),
        str![[r#"
5 inserted, 0 overwritten, 0 existing, 0 refused
NaN became NULL: 2 values of `loss`
NaN became NULL: 1 value of `steps`
NaN became NULL: 1 value of `curve`
infinity within JSON became null: 1 value of `curve`
too large for a float, became infinity: 1 value of `loss`
too large for a number of JSON, became null: 1 value of `curve`
rounded to the nearest float: 1 value of `loss`
rounded to the nearest float: 1 value of `curve`
cut to the microsecond: 1 value of `seen_at`
a leap second became the microsecond before it: 1 value of `seen_at`
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        project.reads("SELECT group_concat(coalesce(loss, 'NULL'), ' ') FROM runs"),
        "NULL NULL Inf 9007199254740992.0 -Inf"
    );
    assert_eq!(
        project.reads("SELECT group_concat(curve, ' ') FROM runs"),
        "[null,{\"a\":null}] [null,1.8446744073709552e+19] [18446744073709551615]"
    );
    assert_eq!(
        project.reads("SELECT group_concat(seen_at) FROM runs"),
        "2024-03-10 02:30:00.123456,2016-12-31 23:59:59.999999"
    );
}

#[test]
fn the_same_words_mean_the_same_in_csv() {
    let project = project();
    project.has(
        "a.csv",
        "model,decay,seed,loss,seen_at\n\
         a,inf,9007199254740993.0,NaN,2024-03-10\n\
         a,1e400,1,,\n\
         a,nan,1,,\n\
         a,9007199254740993,1,,\n\
         a,0.5,18446744073709551615,,\n\
         a,0.5,,,\n\
         a,0.5,1,,1710037800\n\
         a,0.5,1,,10/03/2024\n",
    );
    let answer = project.wallow("import --from a.csv --skip-refused");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
1 inserted, 0 overwritten, 0 existing, 7 refused
refused line 3: field `decay`: "1e400": it is too large for a float; write `inf` if infinity is meant
refused line 4: field `decay`: "nan": it is NaN, which identifies nothing
refused line 5: field `decay`: "9007199254740993": no float is exactly this integer, and the nearest one would be another run
refused line 6: field `seed`: "18446744073709551615" is no int; an int goes from -9223372036854775808 to 9223372036854775807
refused line 7: field `seed`: the cell is empty; `--defaults` takes its default 0 for runs without a value, `--set seed=VALUE` another value
refused line 8: field `seen_at`: "1710037800" is no datetime; it may be seconds or milliseconds, so write it as `2024-03-10T02:30:00Z`
refused line 9: field `seen_at`: "10/03/2024" is no datetime; write it as `2024-03-10T02:30:00Z`, `2024-03-10 02:30+01:00` or `2024-03-10` (UTC without a zone)
NaN became NULL: 1 value of `loss`
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(runs(&project), "a Inf 9007199254740993");
}

#[test]
fn what_set_says_is_a_key_like_any_other() {
    let project = project();
    project.has("a.csv", "model,seed\na,1\n");
    for value in ["nan", "1e400", "9007199254740993", "0,5"] {
        let line = format!("import --from a.csv --set decay={value}");
        let refusal = project.wallow(&line).misuses();
        assert!(refusal.starts_with("error: `--set decay`: "), "{refusal}");
    }
    project
        .wallow("import --from a.csv --set decay=inf")
        .succeeds();
    assert_eq!(runs(&project), "a Inf 1");
}
