//! The exact table `runs` of a schema, because other programs rely on it.
//!
//! `UPDATE_EXPECT=1` stores the current text. Every change of it changes people's databases.

use std::error::Error;
use std::path::Path;

use expect_test::expect_file;
use wallow_schema::ddl::{Dialect, create_table, quote_identifier};

const SCHEMAS: [&str; 7] = [
    "minimal",
    "ml_sweep",
    "matching_feedback",
    "every_setting",
    "keywords",
    "optional",
    "attempts",
];

fn script(schema: &str, dialect: Dialect) -> Result<String, Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/valid")
        .join(format!("{schema}.toml"));
    let schema = wallow_schema::load(&file)?;
    let statements = create_table(&schema, dialect).into_iter();
    Ok(statements.map(|statement| statement + ";\n").collect())
}

#[test]
fn the_table_is_as_agreed() -> Result<(), Box<dyn Error>> {
    for schema in SCHEMAS {
        for dialect in Dialect::ALL {
            let agreed = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/fixtures/ddl")
                .join(format!("{schema}.{}.sql", dialect.as_str()));
            expect_file![agreed].assert_eq(&script(schema, dialect)?);
        }
    }
    Ok(())
}

#[test]
fn a_hundred_fields_are_a_hundred_columns() -> Result<(), Box<dyn Error>> {
    let script = script("hundred_fields", Dialect::Sqlite)?;
    let columns = script.lines().take_while(|line| *line != ");").count() - 1;
    assert_eq!(columns, 5 + 100);
    Ok(())
}

#[test]
fn a_quote_in_a_name_is_doubled() {
    assert_eq!(quote_identifier(r#"a"b"#), r#""a""b""#);
}
