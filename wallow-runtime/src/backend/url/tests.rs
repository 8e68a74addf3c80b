//! The meaning of texts, and what is shown of them.

use super::*;

/// The path that a text names.
fn path(text: &str) -> String {
    let url = DatabaseUrl::parse(text).unwrap();
    url.file().unwrap().to_str().unwrap().to_owned()
}

fn refusal(text: &str) -> String {
    DatabaseUrl::parse(text).unwrap_err().to_string()
}

/// The name that SQLite gets for reading.
fn name(text: &str, read_only: bool) -> String {
    match DatabaseUrl::parse(text).unwrap().target(read_only).unwrap() {
        Target::Sqlite(target) => target.name,
        #[cfg(feature = "postgres")]
        Target::Postgres(_) => unreachable!("a file"),
    }
}

#[test]
fn files_are_files() {
    for (text, expected) in [
        ("runs.db", "runs.db"),
        (" runs.db", " runs.db"),
        ("lr=0.1, seed = 3.db", "lr=0.1, seed = 3.db"),
        ("12:30.db", "12:30.db"),
        ("C:\\runs.db", "C:\\runs.db"),
        ("C:/a@b:c/runs.db", "C:/a@b:c/runs.db"),
        ("./postgres://me:pw@db", "./postgres://me:pw@db"),
        ("./host=db", "./host=db"),
        ("/a://b", "/a://b"),
        ("sweep?b=c&mode=memory.db", "sweep?b=c&mode=memory.db"),
        ("sqlite:runs.db", "runs.db"),
        ("sqlite://runs.db", "runs.db"),
        ("sqlite:////data/runs.db", "//data/runs.db"),
        ("sqlite+pysqlite:////data/runs.db", "/data/runs.db"),
        ("file:runs.db", "runs.db"),
        ("file:/data/a%20b.db?mode=ro#x", "/data/a b.db"),
        ("file:///data/runs.db", "/data/runs.db"),
        (
            "FILE://localhost/data/runs.db?cache=private",
            "/data/runs.db",
        ),
    ] {
        assert_eq!(path(text), expected, "{text}");
    }
}

#[test]
fn memory_is_no_file() {
    for text in [
        ":memory:",
        "sqlite://:memory:",
        "sqlite:///:memory:",
        "sqlite+aiosqlite://",
        "sqlite+pysqlite:///:memory:",
        "file::memory:",
        "file:a?mode=memory",
    ] {
        assert!(DatabaseUrl::parse(text).unwrap().is_memory(), "{text}");
        assert_ne!(name(text, false), name(text, false), "{text}");
    }
    let shared = "file:a?mode=memory&cache=shared";
    assert_eq!(name(shared, false), name(shared, false));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of URLs")]
fn what_looks_like_a_url_is_no_file() {
    for (text, expected) in [
        (
            "postgre://me:s3cret@db/runs",
            "did you mean `postgres://me:…@db/runs`?",
        ),
        (
            "psql://me:s3cret@db/runs",
            "did you mean `postgres://me:…@db/runs`?",
        ),
        (
            "postgresq+psycopg2://me:s3cret@db/runs",
            "did you mean `postgres://me:…@db/runs`?",
        ),
        (
            "postgres:/me:s3cret@db/runs",
            "did you mean `postgres://me:…@db/runs`?",
        ),
        (
            "postgres:me:s3cret@db/runs",
            "did you mean `postgres://me:…@db/runs`?",
        ),
        (
            "postgres//me:s3cret@db/runs",
            "did you mean `postgres://me:…@db/runs`?",
        ),
        ("Postgresql:db/runs", "did you mean `postgresql://db/runs`?"),
        (
            "me:s3cret@db/runs",
            "did you mean `postgres://me:…@db/runs`?",
        ),
        (
            "localhost:5432/runs",
            "did you mean `postgres://localhost:5432/runs`?",
        ),
        (
            "sqlite3:///data/runs.db",
            "did you mean `sqlite:///data/runs.db`?",
        ),
        ("\"postgres://me:s3cret@db/runs\"", "without quotes"),
        (
            "DATABASE_URL=postgres://me:s3cret@db/runs",
            "without anything before it",
        ),
        ("mysql://me:s3cret@db/runs", "`mysql://` is no database"),
        (
            "MySQL+PyMySQL://me:s3cret@db/runs",
            "`mysql+pymysql://` is no database",
        ),
        ("redis://:s3cret@db/0", "`redis://` is no database"),
        (
            "jdbc:postgresql://db/runs?password=s3cret",
            "leave it out: `postgresql://db/runs?password=…`",
        ),
        (
            "sqlite+pysqlite:///runs.db",
            "write `./runs.db`, or `/runs.db`",
        ),
        (
            "file://data/runs.db",
            "write `file:///PATH` for an absolute path, or `file:PATH`",
        ),
        (
            "file:runs.db?mode=bogus",
            "`mode=bogus` in `file:runs.db?mode=bogus` means nothing to SQLite; write one of ro, rw, rwc, memory",
        ),
        (
            "file:runs.db?cache=no",
            "write one of shared, private, or leave it out",
        ),
        ("runs.db?mode=ro", "did you mean `file:runs.db?mode=ro`?"),
        (
            "/data/runs.db?mode=ro&cache=private",
            "did you mean `file:/data/runs.db?mode=ro&cache=private`?",
        ),
        (
            "sqlite:///data/runs.db?mode=ro",
            "write `file:/data/runs.db%3Fmode=ro`",
        ),
        (
            "sqlite:///data/runs.db?key=s3cret",
            "no encrypted databases",
        ),
        (
            "sqlite+pysqlcipher://:s3cret@/data/runs.db",
            "names a server or a key",
        ),
        ("sqlite://me:s3cret@db/runs", "neither users nor hosts"),
        ("sqlite:me:s3cret@db", "neither users nor hosts"),
        ("//me:s3cret@db/runs", "neither users nor hosts"),
        ("file://me:s3cret@db/runs", "names a host"),
        ("postgres:\\\\me:s3cret@db\\runs", "did you mean"),
        ("://me:s3cret@db/runs", "without anything before it"),
        ("Host=db;Password=s3cret", "with blanks between"),
        ("host=db password='s3cret", "with blanks between"),
        ("mysql:host=db;password=s3cret", "with blanks between"),
        ("", "is empty"),
        (" \n", "is empty"),
    ] {
        let said = refusal(text);
        assert!(said.contains(expected), "{text}: {said}");
        assert!(!said.contains("s3"), "{text}: {said}");
    }
}

#[test]
fn what_cannot_be_read_is_reported_without_the_password() {
    for text in [
        "postgres://me:s3@cret@db/runs",
        "postgres://me:s3/cret@db/runs",
        "postgres://me:s3cret",
        "postgres://me:s3%cret@db/runs",
        "postgres://db/runs?s3cret",
    ] {
        let said = refusal(text);
        assert!(
            said.contains("%40") && !said.contains("s3") && !said.contains("cret"),
            "{said}"
        );
    }
}

/// Tries passwords with all kinds of characters, in every place where a password may be.
#[test]
fn no_character_of_a_password_brings_a_part_of_it_to_light() {
    const SPECIAL: &str = "@/?#:%&= '\"\\;,[]+|<é";
    let one = SPECIAL.chars().map(String::from);
    let two = SPECIAL
        .chars()
        .flat_map(|a| SPECIAL.chars().map(move |b| format!("{a}{b}")));
    let three = SPECIAL.chars().take(10).flat_map(|a| {
        let two = SPECIAL
            .chars()
            .take(10)
            .flat_map(|b| SPECIAL.chars().map(move |c| (b, c)));
        two.map(move |(b, c)| format!("{a}{b}{c}"))
    });
    let between = one.chain(two).chain(three).collect::<Vec<_>>();
    for form in [
        "postgres://me:<>@db/runs",
        "postgresql+psycopg2://me:<>@db:5432/runs?sslmode=require",
        " POSTGRES://<>@db",
        "mysql+pymysql://me:<>@db/runs",
        "postgre://me:<>@db/runs?user=a@b",
        "postgres://me@db/runs?password=<>",
        "postgres://db/runs?user=me&password=<>&port=1",
        "postgres://db?sslpassword=<>",
        "host=db password=<> dbname=runs",
        "host = 'db' password = '<>' dbname = 'runs'",
        "Host=db;Password=<>;Database=runs",
        "jdbc:postgresql://db/runs?user=me&password=<>",
        "postgres:/me:<>@db/runs",
        "me:<>@db/runs",
        "'postgres://me:<>@[::1],b:2/runs'",
        "DATABASE_URL=postgres://me:<>@db",
        "jdbc:oracle:thin:me/<>@db:1521/x",
        "mysql:host=db;password=<>",
        "redis://:<>@db:6379/0",
        "sqlite+pysqlcipher://:<>@/data/runs.db",
        "sqlite://me:<>@db/runs",
        "file://me:<>@db/runs",
    ] {
        for between in &between {
            if form.contains("//<>") && !between.contains(':') {
                // A name without a password.
                continue;
            }
            let text = form.replace("<>", &format!("s3cret{between}hunter2"));
            let said = match DatabaseUrl::parse(&text) {
                Ok(url) => format!("{url} {url:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            let said = said + &redact::database(&text);
            assert!(!said.contains("hunter2"), "{text}\n{said}");
            assert!(
                form.contains("//<>") || !said.contains("s3cret"),
                "{text}\n{said}"
            );
        }
    }
}

#[test]
fn a_password_that_was_hidden_is_asked_for() {
    let said = refusal("postgres://me:…@db/runs");
    assert!(
        said.contains("WALLOW_DATABASE_URL") && said.contains(".pgpass"),
        "{said}"
    );
}

#[test]
fn files_that_are_read_are_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a b?c#d%.db");
    let read_only = |text: &str| DatabaseUrl::parse(text).unwrap().target(true);
    assert!(read_only(path.to_str().unwrap()).is_err());
    std::fs::write(&path, "").unwrap();
    let escaped = "/a%20b%3Fc%23d%25.db";
    let name = |text: &str| name(text, true);
    assert!(name(path.to_str().unwrap()).ends_with(&format!("{escaped}?mode=rw")));
    let uri = format!("file://{}{escaped}", dir.path().display());
    assert!(name(&uri).ends_with("?mode=rw"));
    assert!(name(&format!("{uri}?a=b#c")).ends_with("?a=b&mode=rw"));
    assert!(name(&format!("{uri}?mode=ro")).ends_with("?mode=ro"));
}

#[test]
fn a_uri_can_say_that_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    std::fs::write(&path, "").unwrap();
    let is_read_only = |query: &str| {
        let url = DatabaseUrl::parse(&format!("file://{}?{query}", path.display()));
        match url.unwrap().target(false).unwrap() {
            Target::Sqlite(target) => target.read_only,
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => unreachable!("a file"),
        }
    };
    assert!(is_read_only("mode=ro") && is_read_only("immutable=1"));
    assert!(!is_read_only("mode=rwc") && !is_read_only("immutable=0&cache=private"));
}

#[test]
fn relative_files_are_below_a_folder() {
    let folder = Path::new("swe eps");
    for (text, expected) in [
        ("runs.db", "swe eps/runs.db"),
        ("sqlite://runs.db", "swe eps/runs.db"),
        ("../runs.db", "swe eps/../runs.db"),
        ("/data/runs.db", "/data/runs.db"),
        ("sqlite:///data/runs.db", "/data/runs.db"),
        (":memory:", ":memory:"),
        ("postgres://db/runs", "postgres://db/runs"),
        ("file:runs.db?mode=ro", "file:swe%20eps/runs.db?mode=ro"),
        ("file:/data/runs.db?mode=ro", "file:/data/runs.db?mode=ro"),
    ] {
        let url = DatabaseUrl::parse(text).unwrap().below(folder);
        assert_eq!(url.to_string(), expected, "{text}");
    }
    let url = DatabaseUrl::parse("runs.db").unwrap();
    assert_eq!(url.clone().below(Path::new(".")), url);
}

#[test]
fn a_path_is_a_file_whatever_it_looks_like() {
    let url = DatabaseUrl::of_path(Path::new("postgres://db")).unwrap();
    assert_eq!(url.file(), Some(Path::new("postgres://db")));
}

#[cfg(feature = "postgres")]
#[test]
fn libpq_is_given_parameters() {
    for (text, expected) in [
        ("postgres://", ""),
        (
            " POSTGRES:///runs?host=/run&user=me\n",
            "dbname='runs' host='/run' user='me'",
        ),
        (
            "postgresql+psycopg2://m%65:s3?c:r#e%40t'\\@db:5432/r%20s",
            "user='me' password='s3?c:r#e@t\\'\\\\' host='db' port='5432' dbname='r s'",
        ),
        (
            "postgresql+asyncpg://a:1,[::1]:2/?ssl=require",
            "host='a,::1' port='1,2' sslmode='require'",
        ),
        (
            "host = 'a b' password = s\\'3 port=1",
            "host='a b' password='s\\'3' port='1'",
        ),
        ("dbname=", "dbname=''"),
    ] {
        let complete = DatabaseUrl::parse(text).unwrap().complete(&[]);
        assert_eq!(complete, expected, "{text}");
    }
    let url = DatabaseUrl::parse("postgres:///runs?pooler=session&connect_timeout=3").unwrap();
    assert_eq!(url.parameter("pooler"), Some("session"));
    assert_eq!(
        url.complete(&[("options", "-c a=b c".into())]),
        "dbname='runs' connect_timeout='3' options='-c a=b c'"
    );
}

#[cfg(feature = "postgres")]
#[test]
fn messages_of_others_are_shown_without_passwords() {
    let url = DatabaseUrl::parse("postgres://me:db@db/runs?sslpassword=s3cret").unwrap();
    for (message, expected) in [
        ("no role \"s3cret\" in db", "no role \"…\" in db"),
        ("s3crets are kept", "s3crets are kept"),
        ("see postgres://you:other@db", "see postgres://you:…@db"),
    ] {
        assert_eq!(url.redact(message), expected);
    }
    assert_eq!(format!("{url} {url:?}").matches("s3cret").count(), 0);
    // libpq says the whole user.
    let url = DatabaseUrl::parse("postgres://me%3As3cret:x@db/runs").unwrap();
    let displayed = url.redact("role \"me:s3cret\" does not exist");
    assert_eq!(displayed, "role \"me:…\" does not exist");
}

#[test]
fn what_names_a_password_is_no_file_and_shows_none() {
    for text in [
        "postgres:s3cr3t@db/f",
        "pg:s3cr3t@db/f",
        "postgresql:postgres s3cr3t@db",
        "u:s3cr3t@h/f",
        "file:x.db?password=s3cr3t",
        "file:x.db?key=s3cr3t",
        "file:///x.db?mode=ro&hexkey=s3cr3t",
        "psql -h 127.0.0.1 password=s3cr3t",
        "x.db password=s3cr3t",
        "-h 127.0.0.1 -U postgres -p s3cr3t",
        "PGPASSWORD=s3cr3t psql f",
        "host:127.0.0.1 password:s3cr3t",
        "{\"host\":\"h\",\"password\":\"s3cr3t\"}",
        "AccountKey=s3cr3t;x=y",
    ] {
        let said = refusal(text);
        assert!(!said.contains("s3cr3t"), "{text}: {said}");
    }
    assert_eq!(path("passwords.db"), "passwords.db");
}
