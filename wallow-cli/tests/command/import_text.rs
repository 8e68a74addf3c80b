//! `wallow import`: text files as programs, spreadsheets and broken scripts write them.

use std::fs;
use std::io::Write as _;

use snapbox::{assert_data_eq, str};

use crate::import::project;
use crate::project::{Project, SCHEMA};

fn seeds(project: &Project) -> String {
    project.reads("SELECT group_concat(seed) FROM runs WHERE id > 2")
}

#[test]
fn a_quote_that_is_never_closed_names_its_line() {
    let project = Project::with_runs(SCHEMA);
    let rows = |from: usize, to: usize| {
        let rows = (from..to).map(|seed| format!("0.5,{seed},x\n"));
        rows.collect::<String>()
    };
    let long = format!(
        "rate,seed,note\n{}0.5,7,\"open\n{}",
        rows(10, 20_000),
        rows(20_000, 40_000)
    );
    for (text, error) in [
        (
            "rate,seed,note\n0.5,7,\"open\n0.5,8,x\n0.5,9,x\n".to_owned(),
            "error: line 2: the quote that opens here is never closed; close it, or double it if it belongs to a value in quotes\n",
        ),
        (
            "rate,seed,note\r\n0.5,7,x\r\n0.5,8,\"open".to_owned(),
            "error: line 3: the quote that opens here is never closed; close it, or double it if it belongs to a value in quotes\n",
        ),
        (
            "rate,seed,note\n0.5,7,\"open\n0.5,8,x\n0.5,9,\"x\"\n".to_owned(),
            "error: line 2: the quote that opens here is not closed before line 4, where it ends within a value; close it\n",
        ),
        (
            "rate,seed,note\n0.5,7,\"5\" disk\"\n".to_owned(),
            "error: line 2: behind the quote that closes a value stands more than a separator; double the quotes within a \
             value (\"\")\n",
        ),
        (
            "rate,seed,note\n0.5,\"7,x\n0.5,8\",x\n0.5,9,x\n".replace("\"7", "7,\"y"),
            "error: line 2: it has 4 values for 3 columns; it goes on to line 3, because of a quote that opens in line 2: is \
             it closed where it should be?\n",
        ),
        (
            long,
            "error: line 19992: the quote that opens here is never closed; close it, or double it if it belongs to a value in \
             quotes\n",
        ),
    ] {
        for (file, text) in [("a.csv", text.clone()), ("a.tsv", text.replace(',', "\t"))] {
            project.has(file, &text);
            for flags in [
                "",
                " --skip-refused",
                " --dry-run",
                " --map note= --skip-refused",
            ] {
                let refusal = project
                    .wallow(&format!("import --from {file}{flags}"))
                    .refuses();
                assert_eq!(refusal, error, "{file}{flags}");
            }
        }
    }
    assert_eq!(seeds(&project), "NULL");
}

#[test]
fn values_over_several_lines_are_counted() {
    let schema = format!("{SCHEMA}\n[annotating.note]\ntype = \"string\"\n");
    let project = Project::with_runs(&schema);
    // Two quotes that were not meant as a pair swallow a record, and the number of values is right all the same.
    project.has(
        "a.csv",
        "rate,seed,note\n0.5,7,\"x\n0.5,8,y\n0.5,9,z\"\n0.5,10,w\n",
    );
    let said = project.wallow("import --from a.csv").succeeds();
    let counted =
        "over several lines: 1 value of `note`; is each quote closed where it should be?\n";
    assert!(said.contains(counted), "{said}");
    assert_eq!(seeds(&project), "7,10");
    // In JSON a line feed is written as such, so nothing can be swallowed.
    project.has("b.jsonl", "{\"rate\":0.5,\"seed\":11,\"note\":\"x\\ny\"}\n");
    let said = project.wallow("import --from b.jsonl").succeeds();
    assert!(!said.contains("several lines"), "{said}");
}

#[test]
fn what_spreadsheets_leave_at_the_end_is_nothing() {
    let project = Project::with_runs(SCHEMA);
    project.has(
        "a.csv",
        "rate,seed,,\n0.5,7,,\n0.5,8\n0.5,9,,,,\n0.5,10,,x\n,,,\n",
    );
    let answer = project.wallow("import --from a.csv --skip-refused");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
4 inserted, 0 overwritten, 0 existing, 1 refused
refused line 6: field `rate`: the cell is empty, and it has no default; `--set rate=VALUE` gives a value to runs without one
left out, for want of a field: (column 4)
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(seeds(&project), "7,8,9,10");
    // The index column of pandas has no name.
    project.has("b.csv", ",rate,seed\n0,0.25,7\n1,0.25,8\n");
    let said = project.wallow("import --from b.csv").succeeds();
    assert!(said.contains("2 inserted"), "{said}");
    assert!(
        said.contains("left out, for want of a field: (column 1)"),
        "{said}"
    );
}

#[test]
fn a_column_that_stands_twice_matters_if_a_field_wants_it() {
    let project = Project::with_runs(SCHEMA);
    project.has("a.csv", "rate,note,seed,note\n0.5,a,7,b\n");
    let said = project.wallow("import --from a.csv").succeeds();
    assert!(
        said.contains("left out, for want of a field: note"),
        "{said}"
    );
    project.has("a.csv", "rate,seed,seed\n0.5,7,8\n");
    assert_data_eq!(
        project.wallow("import --from a.csv").refuses(),
        str![[r#"
error: `a.csv` is not imported: the column `seed` stands there twice; leave one of them out

"#]]
    );
}

#[test]
fn members_that_stand_twice_are_refused() {
    let project = project();
    project.has(
        "a.jsonl",
        r#"{"model": "a", "rate": 0.1, "seed": 1, "seed": 2}
{"model": "a", "rate": 0.1, "seed": 1, "curve": {"x": [{"y": 1, "y": 2}]}}
{"model": "a", "rate": 0.1, "seed": 1, "note": {"x": 1, "\u0078": 1}}
{"model": "a", "rate": 0.1, "seed": 1, "curve": {"x": {"x": 1}}}
"#,
    );
    let answer = project.wallow("import --from a.jsonl --skip-refused");
    let said = answer.succeeds();
    assert!(
        said.starts_with("1 inserted, 0 overwritten, 0 existing, 3 refused\n"),
        "{said}"
    );
    for (line, name) in [(1, "seed"), (2, "y"), (3, "x")] {
        let expected = format!("the member \"{name}\" stands twice in one object");
        let line = said.lines().nth(line).unwrap();
        assert!(line.contains(&expected), "{line}");
    }
    project.has(
        "a.csv",
        "model,rate,seed,curve\na,0.1,2,\"{\"\"x\"\": 1, \"\"x\"\": 2}\"\n",
    );
    let answer = project.wallow("import --from a.csv");
    assert!(
        answer.stdout.contains("field `curve`: "),
        "{}",
        answer.stdout
    );
    answer.refuses();
}

#[test]
fn a_file_may_be_packed_and_in_utf_16() {
    let project = Project::with_runs(SCHEMA);
    let text = |seed: u32| format!("rate,seed,note\n0.5,{seed},naïve 🐷\n");
    let gzip = |text: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let utf16 = |text: &str, big_endian: bool| {
        let units = format!("\u{feff}{text}").encode_utf16().collect::<Vec<_>>();
        let bytes = units.iter().map(|unit| {
            if big_endian {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        });
        bytes.flatten().collect::<Vec<_>>()
    };
    let write = |name: &str, bytes: &[u8]| fs::write(project.path(name), bytes).unwrap();
    write("7.csv.gz", &gzip(&text(7)));
    write(
        "8.csv.zst",
        &zstd::encode_all(text(8).as_bytes(), 1).unwrap(),
    );
    write("9.csv", &utf16(&text(9), false));
    write("10.csv", &utf16(&text(10), true));
    // Two gzip members, such as `cat` produces, in a file whose name does not say that it is compressed.
    write("11.csv", &[gzip("rate,seed\n0.5,"), gzip("11\n")].concat());
    write("12.jsonl.gz", &gzip("{\"rate\": 0.5, \"seed\": 12}\n"));
    write(
        "13.json.zst",
        &zstd::encode_all(&b"[{\"rate\": 0.5, \"seed\": 13}]"[..], 1).unwrap(),
    );
    for (seed, name) in (7..).zip([
        "7.csv.gz",
        "8.csv.zst",
        "9.csv",
        "10.csv",
        "11.csv",
        "12.jsonl.gz",
        "13.json.zst",
    ]) {
        project.wallow(&format!("import --from {name}")).succeeds();
        assert!(seeds(&project).ends_with(&seed.to_string()), "{name}");
    }
    write("cut.csv.gz", &gzip(&text(20))[..40]);
    let refusal = project.wallow("import --from cut.csv.gz").refuses();
    assert!(refusal.contains("cannot be read"), "{refusal}");
    let bare = utf16(&text(20), false);
    write("bare.csv", &bare[2..]);
    let refusal = project.wallow("import --from bare.csv").refuses();
    assert!(
        refusal.contains("UTF-16 without a byte order mark; write it in UTF-8"),
        "{refusal}"
    );
    write("odd.csv", &bare[..bare.len() - 1]);
    project.wallow("import --from odd.csv").refuses();
    write("latin.csv", b"rate,seed,model\n0.5,21,na\xefve\n");
    project
        .wallow("import --from latin.csv --map model=")
        .succeeds();
    write("latin.csv", b"rate,seed,gr\xf6sse\n0.5,22,1\n");
    let refusal = project.wallow("import --from latin.csv").refuses();
    assert!(
        refusal.contains("is no text in UTF-8; write the file in UTF-8"),
        "{refusal}"
    );
    for (bytes, word) in [
        (&b"\xfd7zXZ\0"[..], "compressed with xz; unpack it first"),
        (b"BZh91AY", "compressed with bzip2"),
        (b"PK\x03\x04", "a zip archive, as spreadsheets are"),
        (b"PAR1....", "a Parquet file; add `--format parquet`"),
        (b"ARROW1\0\0", "an Arrow file; add `--format arrow`"),
        (b"SQLite format 3\0", "a SQLite database"),
    ] {
        write("other.csv", bytes);
        let refusal = project.wallow("import --from other.csv").refuses();
        assert!(refusal.contains(word), "{refusal}");
    }
}

#[test]
fn a_compressed_file_whose_name_tells_no_format_is_recognised() {
    let project = project();
    let file = project.path("runs.csv.bz2");
    std::fs::write(file, b"BZh91AY").unwrap();
    for command in ["import", "enqueue"] {
        let line = format!("{command} --from runs.csv.bz2");
        let refusal = project.wallow(&line).refuses();
        let expected = "`runs.csv.bz2` is compressed with bzip2; unpack it first";
        assert!(refusal.contains(expected), "{command}: {refusal}");
    }
}

#[cfg(feature = "columnar")]
#[test]
fn every_format_that_is_exported_comes_back() {
    let project = project();
    project.has(
        "a.jsonl",
        r#"{"model": "", "rate": 1e-300, "seed": 1, "loss": Infinity, "done": true, "host": "", "curve": {"a": [0.1, null, "x"]}}
{"model": "naïve, \"🐷\"\r\n'c'", "rate": Infinity, "seed": -9223372036854775808, "loss": 0.1, "seen_at": "0001-01-01T00:00:00Z"}
{"model": "b", "rate": -0.5, "seed": 3, "loss": null, "done": false, "curve": "text", "seen_at": "9999-12-31T23:59:59.999999Z"}
{"model": "b", "rate": 9007199254740994, "seed": 9007199254740993, "host": " x ", "curve": [18446744073709551615]}
"#,
    );
    project.wallow("import --from a.jsonl").succeeds();
    let all = "export --format jsonl --columns uuid,created_at,updated_at,model,rate,seed,loss,done,host,curve,seen_at";
    let before = project.wallow(all).succeeds();
    for format in ["csv", "jsonl", "json", "parquet", "arrow"] {
        project
            .wallow(&format!("export --output b.{format}"))
            .succeeds();
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
        let said = project
            .wallow(&format!("import --from b.{format}"))
            .succeeds();
        let lines = match format {
            "csv" => {
                "over several lines: 1 value of `model`; is each quote closed where it should be?\n"
            }
            _ => "",
        };
        assert_eq!(
            said,
            format!(
                "4 inserted, 0 overwritten, 0 existing, 0 refused\n{lines}into runs.db, beside wallow.toml\n"
            ),
            "{format}"
        );
        assert_eq!(project.wallow(all).succeeds(), before, "{format}");
    }
    // An export of no runs is an import of no runs.
    for format in ["csv", "jsonl", "json", "parquet", "arrow"] {
        project
            .wallow(&format!("export --where seed==-1 --output none.{format}"))
            .succeeds();
        project
            .wallow(&format!("import --from none.{format}"))
            .succeeds();
    }
}

#[test]
fn an_array_that_is_not_whole_is_none() {
    let project = Project::with_runs(SCHEMA);
    for (text, word) in [
        (
            "[{\"rate\": 0.5, \"seed\": 7}",
            "the array does not end: the file is not whole",
        ),
        (
            "[{\"rate\": 0.5, \"seed\": 7},\n",
            "the array does not end: the file is not whole",
        ),
        (
            "[{\"rate\": 0.5, \"seed\": 7},\n]",
            "line 2: the array ends behind a comma",
        ),
        (
            "[{\"rate\": 0.5, \"seed\": 7}]\n{}",
            "line 2: there is more behind the array",
        ),
        ("[\n{\"rate\": 0.5\n", "the array does not end"),
    ] {
        project.has("a.json", text);
        let refusal = project
            .wallow("import --from a.json --skip-refused")
            .refuses();
        assert!(refusal.contains(word), "{refusal}");
    }
    project.has(
        "a.json",
        " [ 7,\n {\"rate\": 0.5,\n \"seed\": 7}, {\"rate\": \"],[\"} ]\n",
    );
    let answer = project.wallow("import --from a.json --skip-refused");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
1 inserted, 0 overwritten, 0 existing, 2 refused
refused line 1: it is no JSON object
refused line 3: field `rate`: "],[" is no float
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(seeds(&project), "7");
}

#[test]
fn a_million_columns_are_as_fast_as_a_million_values() {
    let project = Project::with_runs(SCHEMA);
    let names = (0..1_000_000).map(|column| format!("c{column}"));
    let header = names.collect::<Vec<_>>().join(",");
    let row = ",1".repeat(1_000_000);
    project.has("a.csv", &format!("rate,seed,{header}\n0.5,7{row}\n"));
    let said = project.wallow("import --from a.csv").succeeds();
    assert!(
        said.contains("left out, for want of a field: c0, c1, c10,"),
        "{said}"
    );
    assert!(said.contains(" and 999980 more"), "{said}");
    assert!(said.len() < 1000, "{said}");
    let members = (0..300_000).map(|column| format!("\"c{column}\": 1"));
    let members = members.collect::<Vec<_>>().join(", ");
    project.has(
        "a.jsonl",
        &format!("{{\"rate\": 0.5, \"seed\": 8, {members}}}\n"),
    );
    project.wallow("import --from a.jsonl").succeeds();
    assert_eq!(seeds(&project), "7,8");
}
