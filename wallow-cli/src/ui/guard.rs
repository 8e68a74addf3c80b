//! Who may ask: browsers that were given the token, by a name that this server has.
//!
//! A page of another site cannot read answers, because they allow no other origin; but its name may be made to mean
//! this machine (DNS rebinding), and then it is the same origin. So the name in `Host` is checked. The token keeps out
//! the other users and programs of the machine.

use std::net::IpAddr;

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, ORIGIN};
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

/// Checks the headers of a request; `token` is the one in its address.
pub(super) fn check(
    headers: &HeaderMap,
    token: Option<&str>,
    hosts: &Hosts,
    expected: &Token,
) -> Result<(), Refusal> {
    let host = single(headers, &HOST)?.ok_or_else(|| Refusal::request("there is no `Host`"))?;
    if !hosts.allow(host) {
        return Err(Refusal::new(
            403,
            format!(
                "this server is not reached by the name `{}`",
                without_port(host)
            ),
            format!(
                "if it should be, start it with `wallow ui --allow-host {}`",
                without_port(host)
            ),
        ));
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
    fn a_token_is_like_no_other() {
        let (one, other) = (Token::random(), Token::random());
        assert!(one.is(one.text()));
        assert!(!one.is(other.text()) && !one.is("") && !one.is(&one.text()[1..]));
    }
}
