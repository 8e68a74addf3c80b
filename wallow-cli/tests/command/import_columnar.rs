//! `wallow import` of Parquet and Arrow files: what values of each type lose, and damaged files.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Float64Builder, ListBuilder, StringDictionaryBuilder, StructBuilder,
    UInt64Builder,
};
use arrow_array::types::Int8Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int64Array,
    RecordBatch, StringArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::data_type::{Int96, Int96Type};
use parquet::file::writer::SerializedFileWriter;
use snapbox::{assert_data_eq, str};

use crate::project::Project;

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

/// Files of both formats with these columns.
fn write(project: &Project, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    );
    let batch = batch.unwrap();
    let mut parquet =
        ArrowWriter::try_new(create(&project.path("a.parquet")), batch.schema(), None).unwrap();
    parquet.write(&batch).unwrap();
    parquet.close().unwrap();
    let mut arrow =
        arrow_ipc::writer::FileWriter::try_new(create(&project.path("a.arrow")), &batch.schema())
            .unwrap();
    arrow.write(&batch).unwrap();
    arrow.finish().unwrap();
    let mut stream =
        arrow_ipc::writer::StreamWriter::try_new(create(&project.path("a.ipc")), &batch.schema())
            .unwrap();
    stream.write(&batch).unwrap();
    stream.finish().unwrap();
}

fn create(path: &Path) -> File {
    File::create(path).unwrap()
}

const FILES: [&str; 3] = ["a.parquet", "a.arrow", "a.ipc"];

fn column(values: impl Array + 'static) -> ArrayRef {
    Arc::new(values)
}

fn models(count: usize) -> (&'static str, ArrayRef) {
    ("model", column(StringArray::from(vec!["a"; count])))
}

#[test]
fn what_a_key_cannot_hold_is_refused_by_row_and_field() {
    let project = project();
    let none = None::<f64>;
    write(
        &project,
        vec![
            models(5),
            (
                "decay",
                column(Float64Array::from(vec![
                    Some(f64::NAN),
                    none,
                    Some(0.5),
                    Some(0.5),
                    Some(f64::INFINITY),
                ])),
            ),
            (
                "seed",
                column(UInt64Array::from(vec![
                    Some(1),
                    Some(2),
                    Some(u64::MAX),
                    None,
                    Some(5),
                ])),
            ),
        ],
    );
    for file in FILES {
        let answer = project.wallow(&format!("import --from {file} --skip-refused --dry-run"));
        assert_data_eq!(
            answer.succeeds(),
            str![[r#"
1 inserted, 0 overwritten, 0 existing, 4 refused
refused row 1: field `decay`: NaN: it is NaN, which identifies nothing
refused row 2: field `decay`: it is null; `--defaults` takes its default 0.0 for runs without a value, `--set decay=VALUE` another value
refused row 3: field `seed`: 18446744073709551615 is no int; an int goes from -9223372036854775808 to 9223372036854775807
refused row 4: field `seed`: it is null; `--defaults` takes its default 0 for runs without a value, `--set seed=VALUE` another value
dry run: nothing was changed in runs.db, beside wallow.toml

"#]]
        );
    }
}

#[test]
fn numbers_of_other_types_are_kept_exactly_or_refused() {
    let project = project();
    // A float that may have been rounded before cannot be a key; decimals and flags are exact.
    write(
        &project,
        vec![
            ("model", column(StringArray::from(vec!["a", "b", "c", "d"]))),
            (
                "decay",
                column(
                    Decimal128Array::from(vec![5, 25, 9_007_199_254_740_993_000, 0])
                        .with_precision_and_scale(38, 3)
                        .unwrap(),
                ),
            ),
            (
                "seed",
                column(Float64Array::from(vec![
                    7.0,
                    9_007_199_254_740_992.0,
                    1.0,
                    1.5,
                ])),
            ),
        ],
    );
    for file in FILES {
        let answer = project.wallow(&format!("import --from {file} --skip-refused --dry-run"));
        assert_data_eq!(
            answer.succeeds(),
            str![[r#"
1 inserted, 0 overwritten, 0 existing, 3 refused
refused row 2: field `seed`: 9007199254740992.0 is no int; an int goes from -9223372036854775808 to 9223372036854775807, and a float is exact below 2^53 only
refused row 3: field `decay`: 9007199254740993.000: no float is exactly this integer, and the nearest one would be another run
refused row 4: field `seed`: 1.5 is no int
dry run: nothing was changed in runs.db, beside wallow.toml

"#]]
        );
    }
    write(
        &project,
        vec![models(1), ("decay", column(Float64Array::from(vec![0.5])))],
    );
    for file in FILES {
        let refusal = project.wallow(&format!("import --from {file}")).refuses();
        assert!(
            refusal.contains("no column means the identifying field `seed`"),
            "{refusal}"
        );
    }
    write(
        &project,
        vec![
            models(1),
            (" Decay", column(Float32Array::from(vec![0.1]))),
            ("SEED", column(BooleanArray::from(vec![true]))),
        ],
    );
    for file in FILES {
        let answer = project.wallow(&format!("import --from {file}"));
        assert!(
            answer.stdout.contains("field `seed`: true is no int"),
            "{}",
            answer.stdout
        );
        answer.refuses();
        let said = project.wallow(&format!(
            "import --from {file} --map SEED= --set seed=7 --dry-run"
        ));
        said.succeeds();
    }
}

#[test]
fn what_an_annotating_field_loses_is_counted() {
    let project = project();
    let mut lists = ListBuilder::new(UInt64Builder::new());
    lists.append_value([Some(u64::MAX), None]);
    lists.append_value([Some(7)]);
    let mut floats = FixedSizeListBuilder::new(Float64Builder::new(), 2);
    floats
        .values()
        .append_slice(&[f64::NAN, 0.5, f64::INFINITY, 1.0]);
    floats.append(true);
    floats.append(true);
    let fields = vec![
        Field::new(
            "tag",
            DataType::Dictionary(DataType::Int8.into(), DataType::Utf8.into()),
            true,
        ),
        Field::new("at", DataType::Float64, true),
    ];
    let mut objects = StructBuilder::from_fields(fields, 2);
    for (tag, at) in [("x", f64::NAN), ("y", 0.25)] {
        objects
            .field_builder::<StringDictionaryBuilder<Int8Type>>(0)
            .unwrap()
            .append_value(tag);
        objects
            .field_builder::<Float64Builder>(1)
            .unwrap()
            .append_value(at);
        objects.append(true);
    }
    let seen = column(TimestampNanosecondArray::from(vec![1_001, -1]));
    for (curve, expected, lost) in [
        (
            column(lists.finish()),
            "[18446744073709551615,null] [7]",
            "",
        ),
        (
            column(floats.finish()),
            "[null,0.5] [null,1.0]",
            "NaN became NULL: 1 value of `curve`\ninfinity within JSON became null: 1 value of `curve`\n",
        ),
        (
            column(objects.finish()),
            r#"{"at":null,"tag":"x"} {"at":0.25,"tag":"y"}"#,
            "NaN became NULL: 1 value of `curve`\n",
        ),
    ] {
        write(
            &project,
            vec![
                models(2),
                ("decay", column(Float32Array::from(vec![0.1, 0.2]))),
                ("seed", column(Int64Array::from(vec![i64::MIN, i64::MAX]))),
                (
                    "loss",
                    column(Float32Array::from(vec![0.1, f32::NEG_INFINITY])),
                ),
                ("curve", curve),
                ("seen_at", Arc::clone(&seen)),
            ],
        );
        for file in FILES {
            let said = project.wallow(&format!("import --from {file}")).succeeds();
            let loss = "cut to the microsecond: 2 values of `seen_at`\n";
            assert_eq!(
                said,
                format!(
                    "2 inserted, 0 overwritten, 0 existing, 0 refused\n{lost}{loss}into runs.db, beside wallow.toml\n"
                )
            );
            let runs = "decay || ' ' || seed || ' ' || loss || ' ' || seen_at";
            assert_eq!(
                project.reads(&format!("SELECT group_concat(run, ', ') FROM (SELECT {runs} AS run FROM runs ORDER BY id)")),
                "0.1 -9223372036854775808 0.1 1970-01-01 00:00:00.000001, \
                 0.2 9223372036854775807 -Inf 1969-12-31 23:59:59.999999"
            );
            assert_eq!(
                project.reads(
                    "SELECT group_concat(curve, ' ') FROM (SELECT curve FROM runs ORDER BY id)"
                ),
                expected
            );
            project.wallow("rm --where \"id > 0\" --yes").succeeds();
        }
    }
}

/// A file with times of 96 bits, as Spark and Impala write them: Julian days, and nanoseconds of the day.
fn write_wide(path: &Path, times: &[(u32, u64)]) {
    let schema = "message runs { REQUIRED BYTE_ARRAY model (UTF8); REQUIRED INT64 seed; REQUIRED INT96 seen_at; }";
    let schema = Arc::new(parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut file = SerializedFileWriter::new(create(path), schema, Arc::default()).unwrap();
    let mut group = file.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let models = times.iter().map(|_| "a".into()).collect::<Vec<_>>();
    column
        .typed::<parquet::data_type::ByteArrayType>()
        .write_batch(&models, None, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let seeds = (0..).take(times.len()).collect::<Vec<_>>();
    column
        .typed::<parquet::data_type::Int64Type>()
        .write_batch(&seeds, None, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let times = times.iter().map(|(day, nanos)| {
        let mut time = Int96::new();
        let [low, high] =
            [*nanos & u64::from(u32::MAX), *nanos >> 32].map(|half| u32::try_from(half).unwrap());
        time.set_data(low, high, *day);
        time
    });
    column
        .typed::<Int96Type>()
        .write_batch(&times.collect::<Vec<_>>(), None, None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    file.close().unwrap();
}

#[test]
fn times_of_96_bits_have_no_end_in_2262() {
    let project = project();
    let day = 86_400_000_000_000;
    write_wide(
        &project.path("a.parquet"),
        &[
            (2_440_588, 0),
            (1_721_426, 0),
            (2_547_339, day - 1000),
            (5_373_484, day - 1000),
            (2_440_588, 1001),
            (5_373_485, 0),
        ],
    );
    let answer = project.wallow("import --from a.parquet --set decay=0 --skip-refused");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
5 inserted, 0 overwritten, 0 existing, 1 refused
refused row 6: field `seen_at`: the time +10000-01-01 00:00:00 UTC is outside the years 1 to 9999
cut to the microsecond: 1 value of `seen_at`
into runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(
        project.reads("SELECT group_concat(seen_at) FROM (SELECT seen_at FROM runs ORDER BY id)"),
        "1970-01-01 00:00:00.000000,0001-01-01 00:00:00.000000,2262-04-11 23:59:59.999999,\
         9999-12-31 23:59:59.999999,1970-01-01 00:00:00.000001"
    );
}

#[test]
fn what_is_no_such_file_is_said() {
    let project = project();
    for (file, bytes, word) in [
        ("a.parquet", &b""[..], "cannot be read"),
        ("a.parquet", b"model,seed\na,1\n", "cannot be read"),
        ("a.arrow", b"ARROW1\0\0", "cannot be read"),
        (
            "a.feather",
            b"FEA1\0\0\0\0",
            "Feather of the first version; write it anew, as version 2",
        ),
    ] {
        std::fs::write(project.path(file), bytes).unwrap();
        let refusal = project.wallow(&format!("import --from {file}")).refuses();
        assert!(refusal.contains(word), "{refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");
    }
    let refusal = project.wallow("import --from . --format parquet").refuses();
    assert!(refusal.contains("it is no file"), "{refusal}");
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "0");
}
