//! Every form in which a person writes a database with a secret.

/// Databases that do not exist, each with a secret; and for those that are not valid names, the error: what is wrong,
/// and what to write.
pub(super) const FORMS: [(&str, &str); 92] = [
    ("postgres://127.0.0.1:1/runs;password=s3cret", ""),
    ("postgres://127.0.0.1:1/runs#password=s3cret", ""),
    ("postgres://me:s3cret@127.0.0.1:1/runs", ""),
    ("postgres://me:s3cret%40hunter2@127.0.0.1:1/runs", ""),
    ("postgres://me@127.0.0.1:1/runs?password=s3cret", ""),
    ("postgres://127.0.0.1:1/runs?user=me&password=s3cret", ""),
    ("postgres://127.0.0.1:1/runs?user=me&sslpassword=s3cret", ""),
    ("postgres://127.0.0.1:1/runs?user=me&passfile=/s3cret", ""),
    ("postgres://me:s3cret?hunter2@127.0.0.1:1/runs", ""),
    (
        "postgres://me:s3cret@hunter2@127.0.0.1:1/runs",
        "write `%40` for an `@`",
    ),
    (
        "postgres://me:s3cret/hunter2@127.0.0.1:1/runs",
        "write `%2F` for a `/`",
    ),
    ("postgres://me:s3cret#hunter2@127.0.0.1:1/runs", ""),
    ("postgres://me:s3cret:hunter2@127.0.0.1:1/runs", ""),
    ("postgres://me:s3cret hunter2@127.0.0.1:1/runs", ""),
    (
        "postgres://me:s3cret%hunter2@127.0.0.1:1/runs",
        "write `%25` for `%` itself",
    ),
    (
        "postgres://me:s3cret@127.0.0.1:1/runs?hunter2",
        "parameters with a value each",
    ),
    ("postgres://me:s3cret@127.0.0.1:1/runs?paswsord=hunter2", ""),
    ("postgres://me:s3cret", "behind a password comes `@HOST`"),
    (
        "postgres://me:s3cret/runs",
        "behind a password comes `@HOST`",
    ),
    ("postgresql://me:s3cret@127.0.0.1:1/runs", ""),
    ("POSTGRES://me:s3cret@127.0.0.1:1/runs", ""),
    (" postgres://me:s3cret@127.0.0.1:1/runs", ""),
    ("postgres://me:s3cret@127.0.0.1:1/runs ", ""),
    ("'postgres://me:s3cret@127.0.0.1:1/runs'", "without quotes"),
    ("postgresql+psycopg2://me:s3cret@127.0.0.1:1/runs", ""),
    ("postgresql+psycopg://me:s3cret@127.0.0.1:1/runs", ""),
    ("postgresql+asyncpg://me:s3cret@127.0.0.1:1/runs", ""),
    ("postgresql+pg8000://me:s3cret@127.0.0.1:1/runs", ""),
    (
        "postgre://me:s3cret@127.0.0.1:1/runs",
        "did you mean `postgres://me:…@127.0.0.1:1/runs`?",
    ),
    (
        "postgres:/me:s3cret@127.0.0.1:1/runs",
        "did you mean `postgres://me:…@127.0.0.1:1/runs`?",
    ),
    (
        "postgres:me:s3cret@127.0.0.1:1/runs",
        "did you mean `postgres://me:…@127.0.0.1:1/runs`?",
    ),
    (
        "postgres//me:s3cret@127.0.0.1:1/runs",
        "did you mean `postgres://me:…@127.0.0.1:1/runs`?",
    ),
    (
        "me:s3cret@127.0.0.1:1/runs",
        "did you mean `postgres://me:…@127.0.0.1:1/runs`?",
    ),
    (
        "mysql://me:s3cret@127.0.0.1:1/runs",
        "`mysql://` is no database that wallow knows",
    ),
    (
        "mysql+pymysql://me:s3cret@127.0.0.1:1/runs",
        "`mysql+pymysql://` is no database",
    ),
    ("redis://:s3cret@127.0.0.1:1/0", "`redis://` is no database"),
    (
        "mongodb+srv://me:s3cret@127.0.0.1/runs",
        "`mongodb+srv://` is no database",
    ),
    (
        "jdbc:postgresql://127.0.0.1:1/runs?user=me&password=s3cret",
        "leave it out: `postgresql://127.0.0.1:1/runs?user=me&password=…`",
    ),
    (
        "jdbc:oracle:thin:me/s3cret@127.0.0.1:1/runs",
        "leave it out",
    ),
    (
        "host=127.0.0.1 port=1 user=me password=s3cret dbname=runs",
        "",
    ),
    (
        "host = '127.0.0.1' port = '1' password = 's3cret hunter2'",
        "",
    ),
    (
        "host=127.0.0.1 port=1 password=s3cret hunter2",
        "with blanks between",
    ),
    ("password=s3cret host=127.0.0.1 port=1", ""),
    ("PASSWORD=s3cret HOST=127.0.0.1", "with blanks between"),
    (
        "Host=127.0.0.1;Username=me;Password=s3cret;Database=runs",
        "with blanks between",
    ),
    ("Server=127.0.0.1;Uid=me;Pwd=s3cret", "with blanks between"),
    (
        "mysql:host=127.0.0.1;password=s3cret",
        "with blanks between",
    ),
    (
        "DATABASE_URL=postgres://me:s3cret@127.0.0.1:1/runs",
        "without anything before it",
    ),
    (
        "postgres://me:s3cret@127.0.0.1:port/runs",
        "its port is no number",
    ),
    (
        "postgres://me:s3cret@127.0.0.1:1:2/runs",
        "its port is no number",
    ),
    (
        "postgres://me:s3cret@127.0.0.1:99999/runs",
        "`postgres://me:…@127.0.0.1:99999/runs`: its port is no number from 1 to 65535",
    ),
    (
        "postgres://me:s3cret@127.0.0.1:0/runs",
        "no number from 1 to 65535",
    ),
    (
        "postgres://me:s3cret@[::1:5432/runs",
        "an address of IPv6 is written `[::1]`",
    ),
    (
        "host=127.0.0.1 port=99999 password=s3cret",
        "`host=127.0.0.1 port=99999 password=…`: its port",
    ),
    (
        "postgres://me:s3cret@127.0.0.1:1/runs?sslmode",
        "such as `sslmode=require`",
    ),
    (
        "postgres://me:s3cret@exa mple:1/runs",
        "its host has a character",
    ),
    (
        "postgres://me:s3`cret@hunter2@127.0.0.1:1/runs",
        "more than one `@`",
    ),
    ("postgres://me:s3cret` hunter2@127.0.0.1:1/runs", ""),
    (
        "postgress://me:s3cret@127.0.0.1:1/runs",
        "did you mean `postgres://me:…@127.0.0.1:1/runs`?",
    ),
    (
        "postgress://me:s3cret@hunter2@127.0.0.1:1/runs",
        "did you mean `postgres://…@127.0.0.1:1/runs`?",
    ),
    (
        "pgsql://me:s3cret@127.0.0.1:1/runs",
        "did you mean `postgres://me:…@127.0.0.1:1/runs`?",
    ),
    (
        "pgsql://me:s3cret/hunter2@127.0.0.1:1/runs",
        "did you mean `postgres://…@127.0.0.1:1/runs`?",
    ),
    (
        "postgres:s3cret@127.0.0.1:1/runs",
        "did you mean `postgres://USER@127.0.0.1:1/runs`?",
    ),
    (
        "pg:s3cret@127.0.0.1/runs",
        "did you mean `postgres://USER@127.0.0.1/runs`?",
    ),
    (
        "https://me:s3cret@127.0.0.1/runs",
        "`https://` is no database",
    ),
    ("postgres:///runs?host=127.0.0.1&port=1&password=s3cret", ""),
    (
        "postgres://127.0.0.1:1/runs?options=-c%20x.password%3Ds3cret",
        "",
    ),
    (
        "postgres://127.0.0.1:1/runs?options=-c%20lab.key%3Ds3cret",
        "",
    ),
    ("host=127.0.0.1 port=1 options='-c lab.key=s3cret'", ""),
    (
        "psql -h 127.0.0.1 password=s3cret",
        "the arguments of a program",
    ),
    (
        "-h 127.0.0.1 -U postgres -p s3cret",
        "the arguments of a program",
    ),
    ("PGPASSWORD=s3cret psql runs", "the arguments of a program"),
    (
        "{'host': 'h', 'password': 's3cret'}",
        "write `postgres://…`",
    ),
    ("host:127.0.0.1 password:s3cret", "write `postgres://…`"),
    ("AccountKey=s3cret;x=y", "write `postgres://…`"),
    ("token=s3cret", "write `./NAME`"),
    ("postgres://me%3As3cret@127.0.0.1:1/runs", ""),
    ("postgres://me%3as3cret:hunter2@127.0.0.1:1/runs", ""),
    ("postgres://me：s3cret@127.0.0.1:1/runs", ""),
    ("postgres://127.0.0.1:1/runs?user=me:s3cret", ""),
    ("postgres://me@127.0.0.1:1/runs?pass%77ord=s3cret", ""),
    ("postgres://127.0.0.1:1/runs?%70assword=s3cret", ""),
    (
        "postgres://127.0.0.1:1/runs?pass%zzord=s3cret",
        "write `%25` for `%` itself",
    ),
    (
        "postgres://127.0.0.1:1/runs?pass%20word=s3cret",
        "a parameter has a name that none has",
    ),
    ("postgres://127.0.0.1:1/runs?us%65r=me:s3cret", ""),
    ("postgres://me%3As3cret%40127.0.0.1:1/runs", ""),
    ("postgres://me;s3cret@127.0.0.1:1/runs", ""),
    ("me：s3cret@127.0.0.1:1/runs", "did you mean"),
    ("me%3As3cret@127.0.0.1:1/runs", "did you mean"),
    ("//me:s3cret@127.0.0.1:1/runs", "neither users nor hosts"),
    ("file:x.db?key=s3cret", "no encrypted databases"),
    ("sqlite:///x.db?password=s3cret", "no encrypted databases"),
];
