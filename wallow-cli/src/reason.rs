//! Why a run failed, in one line.
//!
//! What enters: the text that the run keeps, often the end of what its command wrote to stderr. What leaves: the line that
//! says what happened. Programs print it last: a traceback of Python ends with the exception.

use std::borrow::Cow;

/// How a reason of `wallow work` begins, before what the command has written.
const HEADS: [&str; 3] = ["exit status ", "killed by ", "took longer than "];

/// What Rust prints behind the message of a panic.
const HINT: &str = "note: run with `RUST_BACKTRACE=1`";

/// The reason in one line: how the command ended, and the last line that it wrote.
pub(crate) fn one_line(reason: &str) -> Cow<'_, str> {
    let lines = reason.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(HINT));
    let first = lines.next().unwrap_or_default();
    let Some(last) = lines.next_back() else {
        return first.into();
    };
    match first.split_once(": ") {
        Some((head, _)) if HEADS.iter().any(|known| head.starts_with(known)) => {
            format!("{head}: {last}").into()
        }
        _ => last.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn the_last_line_says_what_happened() {
        for (reason, line) in [
            ("", ""),
            ("out of memory", "out of memory"),
            ("exit status 3: no luck\n", "exit status 3: no luck"),
            (
                "exit status 1: Traceback (most recent call last):\n  File \"train.py\", line 7, in <module>\n    \
                 fit()\nValueError: the loss is NaN\n\n",
                "exit status 1: ValueError: the loss is NaN",
            ),
            (
                "exit status 101: thread 'main' panicked at src/main.rs:2:5:\nno data: none at all\nnote: run with \
                 `RUST_BACKTRACE=1` environment variable to display a backtrace",
                "exit status 101: no data: none at all",
            ),
            (
                "killed by SIGSEGV: loading\ndone\r\n",
                "killed by SIGSEGV: done",
            ),
            (
                "took longer than 2m: epoch 1\nepoch 2",
                "took longer than 2m: epoch 2",
            ),
            ("cannot open it: why\nbecause: of that", "because: of that"),
        ] {
            assert_eq!(one_line(reason), line);
        }
    }
}
