use super::parts;
use crate::redact::{database, has_password};

#[test]
fn passwords_are_hidden_wherever_a_url_has_them() {
    for (url, displayed) in [
        ("postgres://me:s3cret@db/runs", "postgres://me:…@db/runs"),
        ("POSTGRES://me:s3cret@db/runs", "POSTGRES://me:…@db/runs"),
        (
            " postgres://me:s3cret@db/runs\n",
            " postgres://me:…@db/runs\n",
        ),
        ("\"postgres://me:s3cret@db\"", "\"postgres://…"),
        ("postgres://®\\db/runs", "postgres://…"),
        ("redis://:s3cret@db:6379/0", "redis://:…@db:6379/0"),
        (
            "postgres://me:s3%63ret@db:1,b:2/runs?sslmode=require",
            "postgres://me:…@db:1,b:2/runs?sslmode=require",
        ),
        (
            "postgres://me@db/runs?password=s3cret",
            "postgres://me@db/runs?password=…",
        ),
        (
            "postgres://db/runs?user=me&sslpassword=s3cret&port=1",
            "postgres://db/runs?user=me&sslpassword=…&port=1",
        ),
        (
            "postgres://db/runs?user=a@b&passfile=/s3cret",
            "postgres://db/runs?user=a@b&passfile=…",
        ),
        (
            "postgres://db/runs?pass%77ord=s3cret&p%6Frt=1",
            "postgres://db/runs?pass%77ord=…&p%6Frt=1",
        ),
        (
            "postgres://me@db/runs?%70assword=s3cret",
            "postgres://me@db/runs?%70assword=…",
        ),
        (
            "postgres://db/runs?us%65r=me:s3cret",
            "postgres://db/runs?us%65r=…",
        ),
        (
            "postgres://db/runs?opt%69ons=-c%20x.password%3Ds3cret",
            "postgres://db/runs?opt%69ons=…",
        ),
        (
            "postgres://db/runs?pass%zzord=s3cret",
            "postgres://db/runs?pass%zzord=…",
        ),
        (
            "postgres://db?password=s3:cr@et",
            "postgres://db?password=…",
        ),
        (
            "jdbc:postgresql://db/runs?user=me&password=s3cret",
            "jdbc:postgresql://db/runs?user=me&password=…",
        ),
        (
            "mysql+pymysql://me:s3cret@db/runs",
            "mysql+pymysql://me:…@db/runs",
        ),
        ("jdbc:oracle:thin:me/s3cret@db", "jdbc:…@db"),
        (
            "DATABASE_URL=postgres://me:s3cret@db/runs",
            "DATABASE_URL=postgres://me:…@db/runs",
        ),
        (
            "psql postgres://db/runs?password=s3cret",
            "psql postgres://db/runs?password=…",
        ),
    ] {
        assert_eq!(database(url), displayed, "{url}");
        assert!(has_password(url), "{url}");
    }
}

#[test]
fn passwords_are_hidden_in_what_is_hardly_a_url() {
    for (url, displayed) in [
        // Characters in a password that are not escaped.
        ("postgres://me:s3?cret@db/runs", "postgres://me:…@db/runs"),
        ("postgres://me:s3#cret@db/runs", "postgres://me:…@db/runs"),
        ("postgres://me:s3:cret@db/runs", "postgres://me:…@db/runs"),
        ("postgres://me:s3@cret@db/runs", "postgres://…@db/runs"),
        (
            "postgres://me:s3/cret@db/runs?sslmode=require",
            "postgres://…@db/runs?sslmode=require",
        ),
        ("postgres://me:5432/cret@db/runs", "postgres://…@db/runs"),
        ("postgres://me:s3@x?cret@db/runs", "postgres://…@db/runs"),
        (
            "postgres://me:s3@x/cret@db/runs?password=cret",
            "postgres://…@db/runs?password=…",
        ),
        ("postgres://me:s3cret", "postgres://me:…"),
        ("postgres://me:s3cret/runs", "postgres://me:…"),
        ("postgres://db/runs?s3cret", "postgres://db/runs?…"),
        ("postgres://db/runs?a=1&s3cret", "postgres://db/runs?…"),
        (
            "postgres://db/runs?options=-c%20x.password%3Ds3cret",
            "postgres://db/runs?options=…",
        ),
        (
            "postgres://db/runs?options=-c%20lab.key%3Ds3cret&port=1",
            "postgres://db/runs?options=…&port=1",
        ),
        // An `&` in the place of the `?`.
        (
            "postgres://db/runs&password=s3cret&port=1",
            "postgres://db/runs&password=…&port=1",
        ),
        (
            "postgres:///?@/&password=s3cret",
            "postgres://…@/&password=…",
        ),
        ("me:s3cret@db/runs", "me:…@db/runs"),
        ("postgres:me:s3cret@db/runs", "postgres:…@db/runs"),
        ("postgres:/me:s3cret@db/runs", "postgres:…@db/runs"),
        ("postgres//me:s3cret@db/runs", "postgres//me:…@db/runs"),
    ] {
        assert_eq!(database(url), displayed, "{url}");
        assert!(has_password(url), "{url}");
    }
}

/// Something else in the place of the `:`, or no scheme.
#[test]
fn passwords_are_hidden_behind_what_looks_like_a_colon() {
    for (url, displayed) in [
        (
            "postgres://me%3As3cret@db/runs",
            "postgres://me%3A…@db/runs",
        ),
        (
            "postgres://me%3as3cret:x@db/runs",
            "postgres://me%3a…:…@db/runs",
        ),
        ("postgres://me：s3cret@db/runs", "postgres://me：…@db/runs"),
        ("postgres://me%3As3cret%40db/runs", "postgres://me%3A…/runs"),
        (
            "postgres://db/runs?user=me:s3cret",
            "postgres://db/runs?user=…",
        ),
        ("postgres://me;s3cret@db/runs", "postgres://me;…@db/runs"),
        ("me：s3cret@db/runs", "me：…@db/runs"),
        ("me%3As3cret@db/runs", "me%3A…@db/runs"),
        ("//me:s3cret@db/runs", "//me:…@db/runs"),
        ("//me:s3/cret@db/runs", "//…@db/runs"),
        ("file:runs.db?key=s3cret", "file:runs.db?key=…"),
        ("file:runs.db?a&key=s3cret", "file:runs.db?a&key=…"),
        (
            "File:runs.db?mode=ro&hexkey=s3cret",
            "File:runs.db?mode=ro&hexkey=…",
        ),
    ] {
        assert_eq!(database(url), displayed, "{url}");
        assert!(has_password(url), "{url}");
    }
}

#[test]
fn what_is_no_password_is_shown() {
    for url in [
        "postgres://",
        "postgres:///runs",
        "postgres://me@db:5432/runs",
        "postgres://[::1]:5432/runs",
        "postgresql://a:1,b:2/runs?target_session_attrs=read-write",
        "postgres:///runs?host=/run&user=me&options=-c%20search_path%3Dlab",
        "sqlite:///data/runs.db",
        "file:///data/runs.db?mode=ro&immutable=1",
        "file:runs.db?mode=ro&immutable=1",
        "postgres://me%40work@db/runs?user=me",
        "//server/share/12:30@gpu.db",
    ] {
        assert_eq!(database(url), url);
        assert!(!has_password(url), "{url}");
    }
}

#[test]
fn a_url_has_parts() {
    let rest = "me:p?w@a:1,[::1]:2/runs?user=x@y&port=3";
    let parts = parts(rest).unwrap();
    assert_eq!(&rest[parts.user.unwrap()], "me");
    assert_eq!(&rest[parts.password.unwrap()], "p?w");
    assert_eq!(&rest[parts.hosts], "a:1,[::1]:2");
    assert_eq!(&rest[parts.path.unwrap()], "runs");
    let query = parts.query.into_iter();
    let query = query.map(|(name, value)| (&rest[name], &rest[value]));
    assert_eq!(query.collect::<Vec<_>>(), [("user", "x@y"), ("port", "3")]);
}
