//! A command line as it may be stored: without the values of arguments that are named like a secret.

use wallow_schema::redact;

/// Stands for a secret.
const HIDDEN: &str = "***";

/// Names of secrets, as the parts of a name that are separated by other characters or by a capital letter. Two parts
/// belong together.
const SECRETS: [&[&str]; 6] = [
    &["token"],
    &["password"],
    &["passwd"],
    &["secret"],
    &["apikey"],
    &["api", "key"],
];

/// The arguments, with `***` for the value in `--token VALUE`, `--token=VALUE` and `token=VALUE`, and without the
/// passwords in URLs.
pub(super) fn without_secrets<S: AsRef<str>>(arguments: &[S]) -> Vec<String> {
    let mut kept = Vec::with_capacity(arguments.len());
    let mut is_value = false;
    for argument in arguments {
        let argument = argument.as_ref();
        // An option after an option: the one before has no value.
        if is_value && !argument.starts_with("--") {
            kept.push(HIDDEN.to_owned());
            is_value = false;
            continue;
        }
        is_value = false;
        match argument.split_once('=') {
            Some((name, _)) if names_secret(name) => kept.push(format!("{name}={HIDDEN}")),
            Some(_) => kept.push(redact::text(argument)),
            None => {
                is_value = argument.starts_with('-') && names_secret(argument);
                kept.push(redact::text(argument));
            }
        }
    }
    kept
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
    SECRETS
        .iter()
        .any(|secret| parts.windows(secret.len()).any(|part| part == *secret))
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
}
