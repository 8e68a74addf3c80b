//! Columns whose types would change what is written.

use super::*;

#[test]
fn a_column_that_would_change_values_is_refused_for_writing() {
    for (name, is, ought) in [
        ("label", "character(10)", "text"),
        ("label", "name", "text"),
        ("rate", "real", "double precision"),
        ("rate", "numeric(6,2)", "double precision"),
        ("step", "numeric", "bigint"),
        ("step", "double precision", "bigint"),
        ("rate", "bigint", "double precision"),
        ("score", "real", "double precision"),
        (
            "seen_at",
            "timestamp(0) without time zone",
            "timestamp without time zone",
        ),
        ("seen_at", "date", "timestamp without time zone"),
        ("note", "text COLLATE ci", "text"),
    ] {
        let Some(place) = Place::with_rights() else {
            return;
        };
        drop(Store::open(place.url("")).unwrap());
        if is.contains("COLLATE") {
            let made = place.fresh.server().psql(
                place.fresh.name(),
                "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
            );
            if made.is_err() {
                // A server that was built without ICU has no such collations.
                continue;
            }
        }
        place.runs(&format!("ALTER TABLE runs ALTER COLUMN {name} TYPE {is}"));
        let error = place.refused("", ErrorKind::SchemaMismatch, &[]);
        let line = format!("column `{name}` is {is}, not {ought}");
        assert_eq!(error.differences(), [line]);
        // What it has can be read, and so be moved.
        let reader = Store::options()
            .read_only(true)
            .open(place.url(""))
            .unwrap();
        assert_eq!(reader.count().unwrap(), 0);
    }
}

/// A domain keeps the values of the type that it is made of, also through another domain.
#[test]
fn a_domain_counts_as_its_type() {
    let Some(place) = Place::with_rights() else {
        return;
    };
    drop(Store::open(place.url("")).unwrap());
    place.runs(
        "CREATE DOMAIN cents AS numeric(6,2); CREATE DOMAIN price AS cents CHECK (VALUE >= 0); \
         CREATE DOMAIN step AS bigint NOT NULL CHECK (VALUE >= 0); \
         ALTER TABLE runs ALTER COLUMN step TYPE step; \
         ALTER TABLE runs ALTER COLUMN rate TYPE price",
    );
    let error = place.refused("", ErrorKind::SchemaMismatch, &[]);
    assert_eq!(
        error.differences(),
        ["column `rate` is numeric(6,2), not double precision"]
    );
    place.runs("ALTER TABLE runs ALTER COLUMN rate TYPE double precision");
    assert_usable(&Store::open(place.url("")).unwrap());
}

/// A value that does not fit is an error, so nothing is lost.
#[test]
fn types_that_hold_fewer_values_are_used() {
    let Some(place) = Place::with_rights() else {
        return;
    };
    drop(Store::open(place.url("")).unwrap());
    place.runs(
        "ALTER TABLE runs ALTER COLUMN label TYPE varchar(20), ALTER COLUMN count TYPE smallint",
    );
    let store = Store::open(place.url("")).unwrap();
    assert_usable(&store);
    let patch = Annotating::new().count(100_000);
    store
        .register(&key("many"), &patch, OnDuplicate::Error)
        .unwrap_err();
    assert_eq!(store.count().unwrap(), 0);
}
