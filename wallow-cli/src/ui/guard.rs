//! Who may ask: browsers that were given the token, by a name that this server has.
//!
//! A page of another site cannot read answers, because they allow no other origin; but its name may be made to mean
//! this machine (DNS rebinding), and then it is the same origin. So the name in `Host` is checked. The token keeps out
//! the other users and programs of the machine.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
use http::uri::Authority;
use sha2::{Digest as _, Sha256};

use super::answer::Refusal;

/// The names by which a browser may reach the server.
#[derive(Debug, Clone)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    /// `localhost`, the address that the server listens at, and these names. Addresses need no list: only a name can be
    /// made to mean another machine.
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut all = vec!["localhost".to_owned()];
        all.extend(names.into_iter().map(|name| name.to_lowercase()));
        Hosts(all)
    }

    /// Whether `Host` has one of the names, with any port: behind a tunnel or a proxy it is another port.
    fn allow(&self, host: &str) -> bool {
        let name = without_port(host);
        let address = name.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok() || self.0.contains(&name.to_lowercase())
    }
}

/// The refusal of a host by whose name the server is not reached. Only what `--allow-host` could allow is advised.
fn unknown(host: &str) -> Refusal {
    let name = without_port(host);
    if !is_name(name) {
        let help = "open the address that `wallow ui` printed";
        return Refusal::new(403, "this request names no server", help);
    }
    Refusal::new(
        403,
        format!("this server is not reached by the name `{name}`"),
        format!("if it should be, start it with `wallow ui --allow-host {name}`"),
    )
}

/// A value of `--allow-host`.
pub(crate) fn host_name(text: &str) -> Result<String, &'static str> {
    let mistake = "write a name without scheme and port, such as lab.example.org; addresses are allowed without it";
    is_name(text).then(|| text.to_owned()).ok_or(mistake)
}

/// Whether a browser can have this name in an address.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
        && name.bytes().all(is_plain)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The secret that the printed address contains.
#[derive(Clone)]
pub(crate) struct Token {
    text: String,
    hash: [u8; 32],
}

impl Token {
    /// A new one, of 122 random bits.
    pub(super) fn random() -> Self {
        let text = uuid::Uuid::new_v4().simple().to_string();
        let hash = Sha256::digest(&text).into();
        Token { text, hash }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Hashes are compared, so that the time that it takes says nothing about the token.
    fn is(&self, given: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        given == self.hash
    }
}

/// Checks the headers of a request. `target` is the server that its first line names, if it does; `token` is the one in
/// its address.
pub(super) fn check(
    headers: &HeaderMap,
    target: Option<&Authority>,
    token: Option<&str>,
    hosts: &Hosts,
    expected: &Token,
) -> Result<(), Refusal> {
    let host = single(headers, &HOST)?.ok_or_else(|| Refusal::request("there is no `Host`"))?;
    // A server that is named in the first line counts instead of `Host` (RFC 9112, 3.2.2); so both have to be right.
    for host in [Some(host), target.map(Authority::as_str)]
        .into_iter()
        .flatten()
    {
        if !hosts.allow(host) {
            return Err(unknown(host));
        }
    }
    if let Some(origin) = single(headers, &ORIGIN)? {
        let is_own = ["http://", "https://"]
            .iter()
            .any(|scheme| origin.strip_prefix(scheme) == Some(host));
        if !is_own {
            return Err(Refusal::new(
                403,
                "this request comes from a page of another origin",
                "",
            ));
        }
    }
    let bearer = single(headers, &AUTHORIZATION)?.and_then(|value| value.strip_prefix("Bearer "));
    if !bearer.or(token).is_some_and(|given| expected.is(given)) {
        return Err(Refusal::new(
            403,
            "the token is missing or wrong",
            "open the whole address that `wallow ui` printed; it changes each time that it is started",
        ));
    }
    Ok(())
}

/// The value of a header that may be there once, as text.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let wrong = || Refusal::request(format!("`{name}` is not a single text"));
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| wrong()),
        (Some(_), Some(_)) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_allowed() {
        let hosts = Hosts::new(["Lab.Example.org".to_owned()]);
        for host in [
            "localhost",
            "localhost:8765",
            "LOCALHOST:1",
            "127.0.0.1:8765",
            "[::1]:8765",
            "192.168.0.7",
            "lab.example.org",
            "lab.example.org:443",
        ] {
            assert!(hosts.allow(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example:8765",
            "127.0.0.1.evil.example",
            "lab.example.org.",
            "localhost:x",
            "localhost@evil.example",
        ] {
            assert!(!hosts.allow(host), "{host}");
        }
    }

    #[test]
    fn only_what_can_be_allowed_is_advised() {
        for (host, name) in [
            ("evil.example", Some("evil.example")),
            ("my_lab:8765", Some("my_lab")),
            ("lab.example.org.", Some("lab.example.org.")),
            ("", None),
            (":8765", None),
            ("localhost:x", None),
            ("evil.example:9416@127.0.0.1", None),
            ("a`; rm -rf b", None),
            ("-option", None),
        ] {
            let said = unknown(host).text();
            let advised = said.split_once("--allow-host ");
            let advised = advised.and_then(|(_, rest)| rest.split_once('`'));
            assert_eq!(advised.map(|(name, _)| name), name, "{said}");
            // Following the advice leads out.
            if let Some(name) = name {
                let allowed = host_name(name).unwrap();
                assert!(Hosts::new([allowed]).allow(host), "{host}");
            }
        }
        for text in [
            "lab.example:80",
            "http://lab.example",
            "::1",
            "",
            "a b",
            "lab/",
        ] {
            assert!(host_name(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_token_is_like_no_other() {
        let (one, other) = (Token::random(), Token::random());
        assert!(one.is(one.text()));
        assert!(!one.is(other.text()) && !one.is("") && !one.is(&one.text()[1..]));
    }
}
