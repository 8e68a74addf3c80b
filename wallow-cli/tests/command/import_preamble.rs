//! `wallow import`: lines before the records of a CSV file, and separators. specs 8.19

use snapbox::{assert_data_eq, str};

use crate::import_keys::{project, runs};

#[test]
fn what_separates_the_values_is_seen_or_the_way_out_is_named() {
    let project = project();
    for (text, by) in [
        ("model:decay:seed\na:0.5:7\n", "colons"),
        ("model decay seed\na 0.5 7\n", "blanks"),
        ("\"model\" \"decay\" \"seed\"\n\"a\" 0.5 7\n", "blanks"),
        ("model^decay^seed\na^0.5^7\n", "`^`"),
        ("model~decay~seed\r\na~0.5~7\r\n", "`~`"),
        ("model|decay|seed\ra|0.5|7\r", "`|`"),
    ] {
        project.has("a.csv", text);
        let said = project.wallow("import --from a.csv").succeeds();
        assert!(
            said.contains(&format!("\nthe values are separated by {by}\n")),
            "{said}"
        );
        assert_eq!(runs(&project), "a 0.5 7", "{text}");
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
    }
    for (text, advice) in [
        (
            "model%decay%seed\na%0.5%7\n",
            "`a.csv` is not imported: its first line, \"model%decay%seed\", is one name, and no field has it; if it is several, \
             `--separator C` says",
        ),
        (
            "model   decay   seed\na       0.5     7\n",
            "`--separator C` says which character stands between them (one, not several blanks)",
        ),
        (
            "{\"model\": \"a\"}\n",
            "looks like JSON; add `--format jsonl`",
        ),
        (
            "1,0.5,7\n2,0.5,7\n",
            "its first line has numbers; write the names of the columns above it",
        ),
        (
            "# made by hand\n1,0.5,7\n",
            "looks like a comment, and no line of names follows",
        ),
    ] {
        project.has("a.csv", text);
        let refusal = project.wallow("import --from a.csv").refuses();
        assert!(refusal.contains(advice), "{refusal}");
    }
    project.has("a.csv", "model%decay%seed\na%0.5%7\n");
    project
        .wallow("import --from a.csv --separator %")
        .succeeds();
    assert_eq!(runs(&project), "a 0.5 7");
}

#[test]
fn a_line_for_spreadsheets_says_what_separates_the_values() {
    let project = project();
    for text in [
        "sep=;\nmodel;decay;seed\na;0.5;7\nb;x;7\n",
        "\u{feff}SEP=;\r\nmodel;decay;seed\r\na;0.5;7\r\nb;x;7\r\n",
        "\"sep=;\"\nmodel;decay;seed\na;0.5;7\nb;x;7\n",
        "sep=!\rmodel!decay!seed\ra!0.5!7\rb!x!7\r",
    ] {
        project.has("a.csv", text);
        let said = project
            .wallow("import --from a.csv --skip-refused")
            .succeeds();
        assert!(
            said.contains("\nits first line says that the values are separated by "),
            "{said}"
        );
        assert!(said.contains("refused line 4: field `decay`"), "{said}");
        assert_eq!(runs(&project), "a 0.5 7", "{text}");
        project.wallow("rm --where \"id > 0\" --yes").succeeds();
    }
    // An explicit `--separator` takes precedence.
    project.has("a.csv", "sep=;\nmodel,decay,seed\na,0.5,7\n");
    project
        .wallow("import --from a.csv --separator ,")
        .succeeds();
    assert_eq!(runs(&project), "a 0.5 7");
}

#[test]
fn comments_before_the_names_are_left_out_and_reported() {
    let project = project();
    project.has(
        "a.csv",
        "# made on monday\n#\n\n# seeds, and more\nmodel;decay;seed\na;0.5;7\n\nb;x;7\n",
    );
    let answer = project.wallow("import --from a.csv --skip-refused");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
1 inserted, 0 overwritten, 0 existing, 1 refused
left out: 3 lines of comments before the names of the columns
the values are separated by semicolons
refused line 8: field `decay`: "x" is no float
into runs.db, beside wallow.toml

"#]]
    );
    // A line that names fields is not a comment; numpy writes such a line.
    for (text, seed) in [
        ("#model,decay,seed\na,0.5,8\n", 8),
        ("\n# made by numpy\n# model decay seed\na 0.5 9\n", 9),
    ] {
        project.has("a.csv", text);
        let said = project.wallow("import --from a.csv").succeeds();
        assert!(
            said.contains("\nthe names of the columns stand behind a `#`\n"),
            "{said}"
        );
        assert!(runs(&project).ends_with(&format!("a 0.5 {seed}")));
    }
    project.has("a.csv", "#model,decay,seed\na,0.5,10\n");
    project
        .wallow("import --from a.csv --map #model=model")
        .succeeds();
    assert_eq!(runs(&project), "a 0.5 7, a 0.5 8, a 0.5 9, a 0.5 10");
}

/// specs 8.20
#[test]
fn separated_thousands_are_named_as_what_they_may_be() {
    let project = project();
    project.has(
        "a.csv",
        "model;decay;seed\na;1,000;7\nb;0.5;1.000.000\nc;0,5;7\n",
    );
    let answer = project.wallow("import --from a.csv");
    for refusal in [
        "refused line 2: field `decay`: \"1,000\" is no float; it may be thousands or decimals, so write `1000` or `1.000`\n",
        "refused line 3: field `seed`: \"1.000.000\" is no int; thousands are not separated here, write `1000000`\n",
        "refused line 4: field `decay`: \"0,5\" is no float; a comma separates no decimals here, write `0.5`\n",
    ] {
        assert!(answer.stdout.contains(refusal), "{}", answer.stdout);
    }
}

/// specs 8.21
#[cfg(feature = "columnar")]
#[test]
fn a_file_that_is_named_as_another_format_is_seen_to_be_what_it_is() {
    let project = project();
    for (file, text, what) in [
        (
            "a.parquet",
            "model,decay,seed\na,0.5,7\n",
            "cannot be read: it is not a Parquet file, but text that looks like CSV; add `--format csv`",
        ),
        (
            "a.feather",
            "\u{feff}model,decay,seed\na,0.5,7\n",
            "cannot be read: it is not an Arrow file, but text that looks like CSV; add `--format csv`",
        ),
        (
            "b.parquet",
            "{\"model\": \"a\"}\n",
            "text that looks like JSON lines; add `--format jsonl`",
        ),
        (
            "c.parquet",
            " [{\"model\": \"a\"}]\n",
            "text that looks like JSON; add `--format json`",
        ),
        (
            "d.parquet",
            "<!DOCTYPE html>",
            "text that looks like a web page",
        ),
        (
            "e.parquet",
            "version https://git-lfs.github.com/spec/v1\n",
            "a pointer of Git LFS; get the file itself",
        ),
        ("f.parquet", "", "cannot be read: it is empty"),
        (
            "g.arrow",
            "PAR1xxxx",
            "but a Parquet file; add `--format parquet`",
        ),
        (
            "h.parquet",
            "ARROW1xx",
            "but an Arrow file; add `--format arrow`",
        ),
        (
            "i.parquet",
            "SQLite format 3\0",
            "cannot open `i.parquet`: file is not a database",
        ),
        (
            "j.csv",
            "PAR1xxxx",
            "is a Parquet file; add `--format parquet`",
        ),
    ] {
        project.has(file, text);
        let refusal = project.wallow(&format!("import --from {file}")).refuses();
        assert!(refusal.contains(what), "{file}: {refusal}");
    }
    for file in ["a.parquet", "a.feather"] {
        project
            .wallow(&format!("import --from {file} --format csv"))
            .succeeds();
    }
    assert_eq!(runs(&project), "a 0.5 7");
}
