//! Values that another program wrote and that cannot be read.

use wallow_runtime::diesel::connection::SimpleConnection;
use wallow_runtime::diesel::{Connection, SqliteConnection};
use wallow_runtime::dynamic::{Fields, Store};
use wallow_runtime::{ErrorKind, OnDuplicate};
use wallow_schema::{Diagnostics, Schema};

const SCHEMA: &str = r#"
    [project]
    name = "demo"
    [identifying.seed]
    type = "int"
    [annotating.host]
    type = "string"
    [annotating.started_at]
    type = "datetime"
"#;

fn schema() -> Result<Schema, Diagnostics> {
    wallow_schema::parse(SCHEMA, "wallow.toml")
}

fn key(seed: i64) -> Fields {
    Fields::new().with("seed", seed)
}

#[test]
fn text_that_is_not_utf8_is_an_error_that_names_run_and_field() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let path = path.to_str().unwrap();
    let store = Store::open(&schema().unwrap(), path).unwrap();
    for seed in [1, 2] {
        let host = Fields::new().with("host", "node-01");
        let outcome = store.register(&key(seed), &host, OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
    }
    for (field, expected) in [("host", "text"), ("started_at", "a time")] {
        SqliteConnection::establish(path)
            .unwrap()
            .batch_execute(&format!(
                "UPDATE runs SET {field} = CAST(x'6eff' AS TEXT) WHERE seed = 1"
            ))
            .unwrap();
        let error = store.find(&key(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database);
        assert_eq!(error.field(), Some(field));
        let text = error.to_string();
        assert!(text.contains("run 1"), "{text}");
        let said = format!("`{field}` holds text that is not UTF-8, not {expected}");
        assert!(text.contains(&said), "{text}");
        assert!(store.find(&key(2)).unwrap().is_some());

        SqliteConnection::establish(path)
            .unwrap()
            .batch_execute(&format!("UPDATE runs SET {field} = NULL"))
            .unwrap();
    }
}
