//! Names of databases, and the passwords in them, which nothing may show.

use wallow_runtime::DatabaseUrl;
use wallow_schema::redact;

use super::{EMPTY, kind_of};
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "url",
    about: "URLs and connection strings with a password, of which nothing is shown",
    words: &[
        "@",
        ":",
        "/",
        "?",
        "#",
        "%",
        "&",
        "=",
        "+psycopg2",
        "://",
        "%40",
        "'",
        "\\",
        "[::1]",
        ",",
        "password",
        "user",
    ],
    generate,
    check,
    in_tests: 3_000,
    ..EMPTY
};

/// The separator between the pieces of an input: the form, the user, the middle of the password, the host, the name of
/// the database, and more parameters.
const BETWEEN: char = '\x1f';
/// The two ends of every password.
const ENDS: [&str; 2] = ["Zq7Wx", "Kv3Jy"];

fn generate(random: &mut Random) -> Vec<u8> {
    let form = random.below(FORMS.len()).to_string();
    let user = random.pick(&["me", "", "me%40work", "me@work", "a:b"]);
    let middle = match random.below(3) {
        0 => String::new(),
        1 => random.text(),
        _ => (random.pick(&[
            "@", "/", "?", "#", ":", "%", "%2", "@@/", "'", "\"", "://", "=", "+",
        ]))
        .to_owned(),
    };
    let host = random.pick(&[
        "db",
        "db:5432",
        "a,b",
        "[::1]:5432",
        "",
        "/run/postgresql",
        "db.example.org:1,c:2",
    ]);
    let name = random.pick(&["runs", "", "a b", "r%20s", "x?y"]);
    let more = random.pick(&[
        "",
        "sslmode=require",
        "connect_timeout=3&application_name=x",
        "target_session_attrs=any",
    ]);
    let pieces = [&form, user, &middle, host, name, more];
    pieces.join(&BETWEEN.to_string()).into_bytes()
}

/// The pieces of an input.
struct Pieces<'a> {
    user: &'a str,
    password: &'a str,
    host: &'a str,
    name: &'a str,
    more: &'a str,
}

type Form = fn(&Pieces<'_>) -> String;

/// The forms of a name that has a password.
const FORMS: [Form; 21] = [
    |p| {
        format!(
            "postgres://{}:{}@{}/{}?{}",
            p.user,
            encoded(p.password),
            p.host,
            p.name,
            p.more
        )
    },
    |p| format!("postgres://{}:{}@{}/{}", p.user, p.password, p.host, p.name),
    |p| {
        format!(
            "postgresql://{}/{}?user={}&password={}&{}",
            p.host,
            p.name,
            p.user,
            encoded(p.password),
            p.more
        )
    },
    |p| {
        format!(
            "postgresql://{}/{}?{}&password={}",
            p.host,
            p.name,
            p.more,
            no_and(p.password)
        )
    },
    |p| {
        format!(
            "postgres:///{}?sslpassword={}&{}",
            p.name,
            encoded(p.password),
            p.more
        )
    },
    |p| {
        format!(
            "postgresql+psycopg2://{}:{}@{}/{}",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| {
        format!(
            "PostgreSQL+AsyncPG://{}:{}@{}/{}",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| {
        format!(
            "  postgres://{}:{}@{}/{} \n",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| {
        format!(
            "mysql+pymysql://{}:{}@{}/{}",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| {
        format!(
            "host=db user=me password={} dbname=runs",
            quoted(p.password)
        )
    },
    |p| format!("dbname=runs password = {}", quoted(p.password)),
    |p| format!("host=db password={} dbname=runs", no_blank(p.password)),
    |p| {
        format!(
            "postgre://{}:{}@{}/{}",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| {
        format!(
            "\"postgres://{}:{}@{}/{}\"",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| {
        format!(
            "DATABASE_URL=postgres://{}:{}@{}/{}",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| {
        format!(
            "jdbc:postgresql://{}/{}?user=me&password={}",
            p.host,
            p.name,
            encoded(p.password)
        )
    },
    |p| {
        let options = encoded(&format!("-c lab.key={}", p.password));
        format!(
            "postgres:///{}?options={options}&{}",
            encoded(p.name),
            p.more
        )
    },
    // Something else in the place of the `:`, and no scheme.
    |p| {
        format!(
            "postgres://{}%3A{}@{}/{}",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| {
        format!(
            "postgres://{}\u{ff1a}{}@{}/{}",
            p.user,
            encoded(p.password),
            p.host,
            p.name
        )
    },
    |p| format!("//{}:{}@{}/{}", p.user, encoded(p.password), p.host, p.name),
    |p| format!("file:x.db?key={}&{}", encoded(p.password), p.more),
];

/// Encoded as in a URL.
fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// Quoted as in a connection string.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Unencoded in a query, where an `&` would end it.
fn no_and(text: &str) -> String {
    text.replace(['&', '#'], "+")
}

/// Unquoted in a connection string, where a blank would end it.
fn no_blank(text: &str) -> String {
    text.replace(
        |char: char| char.is_whitespace() || "'\\".contains(char),
        "+",
    )
}

fn check(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    // Any text is parsed without a panic.
    let _ = DatabaseUrl::parse(&text).map_err(|error| error.to_string());
    let mut pieces = text.split(BETWEEN);
    let mut piece = || pieces.next().unwrap_or_default();
    let form = piece().parse::<usize>().unwrap_or_default() % FORMS.len();
    let user = piece();
    let password = [ENDS[0], piece(), ENDS[1]].concat();
    let pieces = Pieces {
        user,
        password: &password,
        host: piece(),
        name: piece(),
        more: piece(),
    };
    // A user, a host or a name with such a character changes the URL, so that the password is at another place.
    let strange = |text: &str| {
        text.contains(|char: char| !char.is_ascii_graphic() || "@?#&='\"\\".contains(char))
    };
    if strange(pieces.host)
        || strange(pieces.user)
        || strange(pieces.name)
        || pieces.host.starts_with('/')
    {
        return "strange".to_owned();
    }
    // Without a scheme it is a path then.
    if form == 19 && pieces.user.contains('/') {
        return "a path".to_owned();
    }
    let name = FORMS[form](&pieces);
    let (displayed, kind) = match DatabaseUrl::parse(&name) {
        Ok(url) => (format!("{url} {url:?}"), "a database".to_owned()),
        Err(error) => (format!("{error} {error:?}"), kind_of(&error.to_string())),
    };
    let message = format!("connection to {name} failed: no such host");
    // In a sentence, a blank or a quote ends an unquoted name.
    let is_bare = [1, 3, 11].contains(&form);
    let ends_early =
        |char: char| char.is_whitespace() || char.is_control() || "'\"`".contains(char);
    let sentence = if is_bare && password.contains(ends_early) {
        String::new()
    } else {
        redact::text(&message)
    };
    for displayed in [&displayed, &redact::database(&name), &sentence] {
        for end in ENDS {
            assert!(!displayed.contains(end), "{name}\nis shown as\n{displayed}");
        }
    }
    format!("form {form}: {kind}")
}
