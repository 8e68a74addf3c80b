//! The meaning of a valid `wallow.toml`: the files in `fixtures/valid`, and that small differences in spelling do not
//! matter.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use wallow_schema::{DefaultValue, Field, FieldType, LayoutPart, LoadError, Role, Schema};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/valid")
        .join(name)
}

fn field<'s>(schema: &'s Schema, name: &str) -> Result<&'s Field, String> {
    schema.field(name).ok_or_else(|| format!("no field {name}"))
}

/// One line for each field: the same as `Debug`, but easier to read.
fn outline(schema: &Schema) -> String {
    let lines = schema.fields().map(|field| {
        let default = field
            .default
            .as_ref()
            .map_or_else(String::new, |value| format!(" = {value}"));
        let indexed = if field.indexed { " indexed" } else { "" };
        let nullable = if field.nullable { " nullable" } else { "" };
        format!(
            "{} {}: {}{default}{indexed}{nullable}, line {}\n",
            field.role, field.name, field.ty, field.line
        )
    });
    lines.collect()
}

#[test]
fn every_fixture_is_valid() -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(fixture(""))? {
        wallow_schema::load(&entry?.path())?;
    }
    Ok(())
}

#[test]
fn what_is_left_out_is_filled_in() -> Result<(), Box<dyn Error>> {
    let schema = wallow_schema::load(&fixture("minimal.toml"))?;
    assert_eq!(schema.project.name, "minimal");
    assert_eq!(schema.project.description, None);
    assert_eq!(schema.project.float_precision, 12);
    assert_eq!(schema.project.artefacts_root, None);
    assert_eq!(schema.project.artefacts_layout.to_string(), "{uuid}");
    assert_eq!(schema.database.url, None);
    assert_eq!(schema.database.migrations, "migrations");
    assert_eq!(schema.annotating, []);
    let seed = field(&schema, "seed")?;
    assert_eq!((seed.role, seed.ty), (Role::Identifying, FieldType::Int));
    assert_eq!((seed.indexed, seed.nullable, seed.line), (true, false, 4));
    Ok(())
}

#[test]
fn fields_stand_in_the_order_of_the_file() -> Result<(), Box<dyn Error>> {
    let schema = wallow_schema::load(&fixture("ml_sweep.toml"))?;
    expect![[r#"
        identifying architecture: string indexed, line 8
        identifying optimiser: string indexed, line 12
        identifying learning_rate: float indexed, line 16
        identifying batch_size: int indexed, line 20
        identifying weight_decay: float = 0.0 indexed, line 24
        identifying num_epochs: int = 10 indexed, line 29
        identifying seed: int = 0 indexed, line 34
        annotating status: string indexed nullable, line 39
        annotating best_checkpoint: path nullable, line 44
        annotating val_loss: float indexed nullable, line 48
        annotating val_accuracy: float indexed nullable, line 53
        annotating train_loss: float nullable, line 58
        annotating training_curve: json nullable, line 62
        annotating host: string indexed nullable, line 66
        annotating git_commit: string indexed nullable, line 71
        annotating started_at: datetime indexed nullable, line 76
        annotating completed_at: datetime nullable, line 81
        annotating wallclock_seconds: float nullable, line 85
        annotating error_excerpt: string nullable, line 89
    "#]]
    .assert_eq(&outline(&schema));
    let key = "architecture batch_size learning_rate num_epochs optimiser seed weight_decay";
    assert_eq!(schema.key_columns().join(" "), key);
    let placeholder = |name: &str| LayoutPart::Placeholder(name.to_owned());
    assert_eq!(
        schema.project.artefacts_layout.parts(),
        [
            placeholder("architecture"),
            LayoutPart::Text("/".to_owned()),
            placeholder("uuid")
        ]
    );
    Ok(())
}

#[test]
fn every_setting_is_taken() -> Result<(), Box<dyn Error>> {
    let schema = wallow_schema::load(&fixture("every_setting.toml"))?;
    expect![[r#"
        identifying rate: float = 0.12345, line 17
        identifying whole: float = 2.0 indexed, line 18
        identifying label: string = '''it's "new" \ 100 %''' indexed, line 20
        identifying count: int = -9223372036854775808 indexed, line 21
        identifying flag: bool = true indexed, line 22
        annotating exact: float = 0.1234567890123456 indexed, line 24
        annotating least: float = 5e-324 nullable, line 30
        annotating best: float = -inf nullable, line 34
        annotating worst: float = inf nullable, line 38
        annotating negative_zero: float = -0.0 nullable, line 42
        annotating mask: int = 255 nullable, line 46
        annotating done: bool = false nullable, line 50
        annotating place: path = 'C:\runs' nullable, line 54
        annotating seen_at: datetime = 2026-01-31T10:00:00.123456Z nullable, line 58
        annotating planned_at: datetime = 0999-12-31T23:00:00Z nullable, line 62
        annotating notes: json = {"a":{"empty":[]},"day":"2026-01-31","z":[1,2.5,true,"it's"]} indexed nullable, line 66
        annotating word: json = "a string is a JSON string" nullable, line 71
    "#]].assert_eq(&outline(&schema));
    let project = &schema.project;
    assert_eq!(project.description.as_deref(), Some("Over\ntwo lines."));
    assert_eq!(project.float_precision, 3);
    assert_eq!(project.artefacts_root.as_deref(), Some("/srv/artefacts"));
    let layout = "runs..v1/{rate}-{label}/{notes}/..{uuid}";
    assert_eq!(project.artefacts_layout.to_string(), layout);
    let url = schema.database.url.as_deref();
    assert_eq!(url, Some("postgres://db.example/runs"));
    assert_eq!(schema.database.migrations, "db/migrations");
    let others = schema.database.other_migrations.as_deref();
    assert_eq!(others, Some("db/others"));
    Ok(())
}

#[test]
fn an_integer_is_taken_for_a_float() -> Result<(), Box<dyn Error>> {
    let schema = wallow_schema::load(&fixture("every_setting.toml"))?;
    let default = &field(&schema, "whole")?.default;
    assert_eq!(*default, Some(DefaultValue::Float(2.0)));
    Ok(())
}

#[test]
fn line_ends_and_byte_order_mark_change_nothing() -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(fixture("ml_sweep.toml"))?;
    let plain = wallow_schema::parse(&text, "wallow.toml")?;
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(wallow_schema::parse(&windows, "wallow.toml")?, plain);
    Ok(())
}

#[test]
fn a_file_that_is_not_utf8_is_reported_where() -> Result<(), Box<dyn Error>> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("latin1.toml");
    fs::write(&file, b"[project]\nname = \"gr\xf6\xdfe\"\n")?;
    let Err(LoadError::Invalid(problems)) = wallow_schema::load(&file) else {
        return Err("the file should be refused".into());
    };
    let reported: Vec<_> = problems
        .iter()
        .map(|problem| (problem.message(), problem.line(), problem.column()))
        .collect();
    assert_eq!(reported, [("the file is not UTF-8 text", 2, 11)]);
    Ok(())
}
