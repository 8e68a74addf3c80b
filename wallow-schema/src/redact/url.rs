//! Passwords in URLs, including malformed ones.

use std::ops::Range;

use super::{is_harmless, marks, shifted, united};

/// The parts of a URL after its `://`, split as libpq does: ranges of the text, not decoded.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    pub user: Option<Range<usize>>,
    pub password: Option<Range<usize>>,
    /// Hosts and ports, separated by commas.
    pub hosts: Range<usize>,
    /// The text after the first `/`.
    pub path: Option<Range<usize>>,
    /// Parameters: a name, and a value.
    pub query: Vec<(Range<usize>, Range<usize>)>,
}

/// Splits the text after the `://` of a URL; `None` if a character in it should be escaped and is not, so that its
/// parts cannot be told apart.
#[doc(hidden)]
pub fn parts(rest: &str) -> Option<Parts> {
    let mut parts = Parts::default();
    let user = user(rest);
    let start = user.map_or(0, |user| user.len() + 1);
    if let Some(user) = user {
        let colon = user.find(':');
        parts.user = Some(0..colon.unwrap_or(user.len()));
        parts.password = colon.map(|colon| colon + 1..user.len());
    }
    let end = rest[start..]
        .find('?')
        .map_or(rest.len(), |mark| start + mark);
    let slash = rest[start..end].find('/').map(|slash| start + slash);
    parts.hosts = start..slash.unwrap_or(end);
    parts.path = slash.map(|slash| slash + 1..end);
    let hosts = &rest[parts.hosts.clone()];
    let are_hosts = hosts.bytes().all(is_of_host) && hosts.split(',').all(has_port_of_digits);
    if rest[start..end].contains('@') || !are_hosts {
        return None;
    }
    if end < rest.len() {
        parts.query = parameters(rest, end + 1)?;
    }
    Some(parts)
}

/// User and password: libpq looks for an `@` before the first `/`. A `?` before the first `:` begins the parameters.
fn user(rest: &str) -> Option<&str> {
    let end = rest.find(['@', '/'])?;
    let user = rest[..end].split(':').next().unwrap_or_default();
    (rest.as_bytes()[end] == b'@' && !user.contains('?')).then_some(&rest[..end])
}

/// The folder of a socket is written with `%2F`; letters of any language are allowed.
fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_%:,[]".contains(&byte) || !byte.is_ascii()
}

/// `db`, `db:5432`, `[::1]:5432`.
fn has_port_of_digits(host: &str) -> bool {
    let port = match host.rsplit_once(']') {
        Some((_, port)) => port.strip_prefix(':').unwrap_or(port),
        None => host.split_once(':').map_or("", |(_, port)| port),
    };
    port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names and values from an offset on; `None` if the text is not a list of `name=value`.
fn parameters(text: &str, mut start: usize) -> Option<Vec<(Range<usize>, Range<usize>)>> {
    let mut found = Vec::new();
    for part in text[start..].split('&') {
        let end = start + part.len();
        if !part.is_empty() {
            let (name, _) = part.split_once('=')?;
            // A name may be escaped, as everything in a URL: `pass%77ord`.
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-%".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_name) {
                return None;
            }
            let value = start + name.len();
            found.push((start..value, value + 1..end));
        }
        start = end + 1;
    }
    Some(found)
}

/// The offset after the `://`, if the text begins like a URL; quotes before it are ignored.
pub(super) fn rest(name: &str) -> Option<usize> {
    let separator = name.find("://")?;
    let before = name[..separator].trim_start_matches(['"', '\'', '`', '<', '(', '\u{feff}']);
    let before = before.trim_start();
    // A single letter is a drive of Windows.
    let name = before.strip_prefix("jdbc:").unwrap_or(before);
    let is_scheme = before.len() > 1 && name.bytes().all(is_of_scheme);
    is_scheme.then_some(separator + "://".len())
}

/// `postgresql+psycopg2`
fn is_of_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+.-_".contains(&byte)
}

/// The offset after the scheme of the URI of a file that has no `//`: `file:runs.db?mode=ro`.
pub(super) fn path_of_file(name: &str) -> Option<usize> {
    let start = name.len() - name.trim_start().len();
    let scheme = "file:".len();
    let found = name.get(start..start + scheme)?;
    found
        .eq_ignore_ascii_case("file:")
        .then_some(start + scheme)
}

/// The offset after the `//` of a URL without its scheme: `//me:s3cret@db`. The path of a file has no user.
pub(super) fn rest_without_scheme(name: &str) -> Option<usize> {
    let rest = name.trim_start().strip_prefix("//")?;
    let rest = rest.trim_start_matches('/');
    let authority = rest.split('/').next().unwrap_or(rest);
    let has_user = marks::colon(authority).is_some() && marks::last_at(rest).is_some();
    has_user.then_some(name.len() - rest.len())
}

/// Whether a URL names a file: then what looks like a password is part of its name.
pub(super) fn is_file(name: &str) -> bool {
    let name = name.trim_start().as_bytes();
    let begins = |scheme: &str| {
        let start = name.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    begins("sqlite") || begins("file:")
}

/// The ranges of passwords in the text after the `://` of a URL that names a file.
pub(super) fn secrets_of_file(rest: &str) -> Vec<Range<usize>> {
    let authority = rest.split('/').next().unwrap_or(rest);
    if authority.contains(':') && rest.contains('@') {
        return secrets(rest);
    }
    // For example, the key of an encrypted file.
    match rest.find('?') {
        Some(mark) => named(rest, mark + 1..rest.len()),
        None => Vec::new(),
    }
}

/// The ranges of passwords in the text after the `://` of a URL.
#[expect(clippy::single_range_in_vec_init, reason = "one place")]
pub(super) fn secrets(rest: &str) -> Vec<Range<usize>> {
    if let Some(found) = well_formed(rest) {
        return found;
    }
    // Something in it was not escaped, so everything before the last `@` may be the password. A host follows the `@`,
    // unless the `@` is part of a parameter.
    if let Some(at) = rest.rfind('@') {
        let found = well_formed(&rest[at + 1..]).filter(|_| !rest[..at].contains('='));
        let Some(found) = found else {
            return vec![0..rest.len()];
        };
        let before = (at > 0).then_some(0..at);
        return before.into_iter().chain(shifted(found, at + 1)).collect();
    }
    let from = rest.find([':', '?']).map_or(0, |mark| mark + 1);
    let secret = from..rest.len();
    if secret.is_empty() {
        Vec::new()
    } else {
        vec![secret]
    }
}

/// Finds the passwords of a URL whose parts can be distinguished; `None` for any other text.
fn well_formed(rest: &str) -> Option<Vec<Range<usize>>> {
    let parts = parts(rest)?;
    let password = parts.password.filter(|password| !password.is_empty());
    let mut found = password.into_iter().collect::<Vec<_>>();
    // In the place of the `:` stands something that only looks like it, or means it.
    for name in [parts.user, Some(parts.hosts)].into_iter().flatten() {
        let colon = marks::colon(&rest[name.clone()]);
        let colon = colon.filter(|colon| rest[name.clone()].as_bytes()[colon.start] != b':');
        let behind = colon.map(|colon| name.start + colon.end..name.end);
        found.extend(behind.filter(|behind| !behind.is_empty()));
    }
    found = united(found);
    if let Some(path) = parts.path {
        // An `&` or `;` was written for the `?` before the parameters.
        found.extend(named(rest, path));
    }
    found.extend(hidden(rest, &parts.query));
    Some(found)
}

/// The values of parameters that may be passwords, in a part of a URL in which others may have no value.
fn named(rest: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = part.start;
    for piece in rest[part].split_inclusive(['&', ';']) {
        let end = start + piece.trim_end_matches(['&', ';']).len();
        if let Some(sign) = rest[start..end].find('=') {
            found.push((start..start + sign, start + sign + 1..end));
        }
        start += piece.len();
    }
    hidden(rest, &found)
}

/// The values that may be passwords.
fn hidden(text: &str, parameters: &[(Range<usize>, Range<usize>)]) -> Vec<Range<usize>> {
    let hidden = parameters.iter().filter(|(name, value)| {
        !value.is_empty() && !is_harmless(&text[name.clone()], &text[value.clone()])
    });
    hidden.map(|(_, value)| value.clone()).collect()
}

#[cfg(test)]
mod tests;
