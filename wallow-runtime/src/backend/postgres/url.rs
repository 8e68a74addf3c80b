//! The text that names a PostgreSQL database, and the passwords in it.

/// What stands for a password where a database is named.
const HIDDEN: &str = "…";

/// How many seconds a server may take to answer, where the text says nothing of it.
const CONNECT_SECONDS: &str = "10";

/// A URL for libpq. It is never shown as it is: its `Debug` and every message hide the passwords.
#[derive(Clone)]
pub(crate) struct Url(String);

impl Url {
    pub(crate) fn new(url: &str) -> Self {
        Url(url.to_owned())
    }

    /// What libpq is given: with a limit on how long it tries to connect, and a name by which the
    /// server lists the connection.
    pub(super) fn complete(&self) -> String {
        let mut url = self.0.clone();
        for (parameter, value) in [
            ("connect_timeout", CONNECT_SECONDS),
            ("fallback_application_name", "wallow"),
        ] {
            if !url.contains(parameter) {
                let separator = if url.contains('?') { "&" } else { "?" };
                url.extend([separator, parameter, "=", value]);
            }
        }
        url
    }

    /// The URL without its passwords.
    pub(super) fn shown(&self) -> String {
        self.hide(&self.0)
    }

    /// A text, such as a message of libpq, without the passwords.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets() {
            text = text.replace(&secret, HIDDEN);
        }
        text
    }

    /// The passwords, as they stand there and as they are meant; longer ones first.
    fn secrets(&self) -> Vec<String> {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let user = place.rsplit_once('@').map_or("", |(user, _)| user);
        let in_user = user.split_once(':').map(|(_, password)| password);
        let in_query = query.split('&').filter_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.contains("password").then_some(value)
        });
        let mut secrets = in_user
            .into_iter()
            .chain(in_query)
            .flat_map(|secret| [secret.to_owned(), decoded(secret)])
            .filter(|secret| !secret.is_empty())
            .collect::<Vec<_>>();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

/// A text with its `%XX` read.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_wherever_they_stand() {
        for url in [
            "postgres://me:s3%63ret@db/runs",
            "postgres://me:s3%63ret@db:5432,other/runs?sslmode=require",
            "postgres://me@db/runs?password=s3%63ret",
            "postgres://db/runs?user=me&sslpassword=s3%63ret",
        ] {
            let url = Url::new(url);
            for text in [
                url.shown(),
                format!("{url:?}"),
                url.hide("no role \"s3cret\""),
            ] {
                assert!(!text.contains("ret\"") && !text.contains("%63"), "{text}");
            }
            assert!(url.shown().contains("db"), "{url:?}");
        }
    }

    #[test]
    fn what_is_said_of_the_connection_stays() {
        let url = Url::new("postgres:///runs?host=/run&connect_timeout=3");
        assert_eq!(
            url.complete(),
            "postgres:///runs?host=/run&connect_timeout=3&fallback_application_name=wallow"
        );
        assert!(
            Url::new("postgres:///runs")
                .complete()
                .starts_with("postgres:///runs?connect_timeout=")
        );
    }
}
