//! A command line as it may be stored: without the values of arguments that are named like a secret.

use wallow_schema::redact;

/// Stands for a secret.
const HIDDEN: &str = "***";

/// Names of secrets, as the parts of a name that are separated by other characters or by a capital letter. Two parts
/// belong together.
const SECRETS: [&[&str]; 13] = [
    &["token"],
    &["password"],
    &["passwd"],
    &["passphrase"],
    &["pwd"],
    &["secret"],
    &["apikey"],
    &["api", "key"],
    &["private", "key"],
    &["access", "key"],
    &["credential"],
    &["credentials"],
    &["authorization"],
];

/// Words that name a secret at the end of a name: `--auth`, but not `--auth-method`.
const LAST: [&str; 2] = ["auth", "pass"];

/// Options whose value is `USER:PASSWORD`.
const USERS: [&str; 3] = ["-u", "--user", "--proxy-user"];

/// The arguments, with `***` for the value in `--token VALUE`, `--token=VALUE`, `token=VALUE` and `token: VALUE`, and for
/// the password in `--user USER:PASSWORD`, and without the passwords in URLs.
pub(super) fn without_secrets<S: AsRef<str>>(arguments: &[S]) -> Vec<String> {
    let mut kept = Vec::with_capacity(arguments.len());
    let mut is_value = false;
    let mut is_user = false;
    for argument in arguments {
        let argument = argument.as_ref();
        if std::mem::take(&mut is_user)
            && let Some(user) = before_password(argument)
        {
            kept.push(format!("{user}:{HIDDEN}"));
            continue;
        }
        // An option after an option: the one before has no value.
        if is_value && !argument.starts_with("--") {
            kept.push(HIDDEN.to_owned());
            is_value = false;
            continue;
        }
        is_value = false;
        match argument.split_once('=') {
            Some((name, _)) if names_secret(name) => kept.push(format!("{name}={HIDDEN}")),
            Some((name, value)) if USERS.contains(&name) => match before_password(value) {
                Some(user) => kept.push(format!("{name}={user}:{HIDDEN}")),
                None => kept.push(hidden(argument)),
            },
            Some(_) => kept.push(hidden(argument)),
            None => {
                is_value = argument.starts_with('-') && names_secret(argument);
                is_user = USERS.contains(&argument);
                kept.push(hidden(argument));
            }
        }
    }
    kept
}

/// The user in `USER:PASSWORD`. Two numbers are the ids of a user and a group.
fn before_password(value: &str) -> Option<&str> {
    let (user, password) = value.split_once(':')?;
    let is_id = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_password = !password.is_empty() && !value.contains("://");
    (is_password && !(is_id(user) && is_id(password))).then_some(user)
}

/// An argument without passwords in URLs, and without the values behind names of secrets in it.
fn hidden(argument: &str) -> String {
    let text = redact::text(argument);
    if argument.contains("://") {
        return text;
    }
    behind_names(&text)
}

/// A text without what stands behind `NAME:` or `NAME=`, in quotes or not, if it is the name of a secret: `-H
/// "Authorization: Bearer …"`, `{'api-key': '…'}`.
fn behind_names(text: &str) -> String {
    const QUOTES: [char; 2] = ['"', '\''];
    let is_of_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    for (at, _) in text.match_indices([':', '=']) {
        let before = text[..at].trim_end().trim_end_matches(QUOTES);
        let name = &before[before.trim_end_matches(is_of_name).len()..];
        let value = text[at + 1..].trim_start().trim_start_matches(QUOTES);
        // What is hidden already stays as it is.
        if value.is_empty() || value.starts_with(['…', '*']) || !names_secret(name) {
            continue;
        }
        let kept = &text[..text.len() - value.len()];
        let quoted = kept
            .ends_with(QUOTES)
            .then(|| kept.chars().last())
            .flatten();
        let rest = quoted.and_then(|quote| value.find(quote));
        let rest = rest.map_or_else(String::new, |end| behind_names(&value[end..]));
        return format!("{kept}{HIDDEN}{rest}");
    }
    text.to_owned()
}

/// Whether a name is one of a secret: `--api-key`, `hf_token`, `accessToken`; not `--tokenizer` and `--max-tokens`.
fn names_secret(name: &str) -> bool {
    let mut separated = String::with_capacity(name.len());
    let mut was_lower = false;
    for letter in name.chars() {
        if letter.is_uppercase() && was_lower {
            separated.push(' ');
        }
        was_lower = letter.is_lowercase();
        if letter.is_alphanumeric() {
            separated.extend(letter.to_lowercase());
        } else {
            separated.push(' ');
        }
    }
    let parts = separated.split_whitespace().collect::<Vec<_>>();
    let has = |secret: &&[&str]| parts.windows(secret.len()).any(|part| part == *secret);
    parts.last().is_some_and(|last| LAST.contains(last)) || SECRETS.iter().any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secrets_are_hidden() {
        for (given, kept) in [
            ("train --token abc --lr 0.1", "train --token *** --lr 0.1"),
            ("train --token=abc x", "train --token=*** x"),
            ("train token=abc", "train token=***"),
            ("train HF_TOKEN=a=b", "train HF_TOKEN=***"),
            (
                "train --api-key k --apiKey k",
                "train --api-key *** --apiKey ***",
            ),
            ("train +wandb.api_key=k", "train +wandb.api_key=***"),
            ("train --db-password -x", "train --db-password ***"),
            ("train --passwd --lr 1", "train --passwd --lr 1"),
            ("train -secret a", "train -secret ***"),
            (
                "train --max-tokens 5 --tokenizer bpe",
                "train --max-tokens 5 --tokenizer bpe",
            ),
            (
                "train --db postgres://me:s3cret@db/runs",
                "train --db postgres://me:…@db/runs",
            ),
        ] {
            let arguments = given.split(' ').collect::<Vec<_>>();
            assert_eq!(without_secrets(&arguments).join(" "), kept);
        }
    }

    #[test]
    fn secrets_within_a_value_are_hidden() {
        for (given, kept) in [
            ("--header=X-Api-Key:S3", "--header=X-Api-Key:***"),
            ("Authorization: Bearer S3", "Authorization: ***"),
            (
                "{'Api-Key': 'S3', 'lr': 0.1}",
                "{'Api-Key': '***', 'lr': 0.1}",
            ),
            (
                "{'a': 1, 'auth': 'S3', 'passphrase': 'S3'}",
                "{'a': 1, 'auth': '***', 'passphrase': '***'}",
            ),
            ("--opt=a=1,pass=S3", "--opt=a=1,pass=***"),
            ("--tokenizer:bpe", "--tokenizer:bpe"),
            ("lr:0.1", "lr:0.1"),
            ("--user=alice:S3", "--user=alice:***"),
            ("--user=1000:1000", "--user=1000:1000"),
        ] {
            assert_eq!(without_secrets(&[given]), [kept]);
        }
        for (given, kept) in [
            ("-u alice:S3 x:1", "-u alice:*** x:1"),
            ("-u alice", "-u alice"),
            ("--pass S3", "--pass ***"),
            (
                "--passphrase S3 --credentials S3",
                "--passphrase *** --credentials ***",
            ),
            ("--private-key S3 --auth S3", "--private-key *** --auth ***"),
            ("--pwd=S3", "--pwd=***"),
            ("--auth-method basic", "--auth-method basic"),
        ] {
            let arguments = given.split(' ').collect::<Vec<_>>();
            assert_eq!(without_secrets(&arguments).join(" "), kept);
        }
    }
}
