//! Tries one input, and catches the panic that it may cause.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use crate::Target;

thread_local! {
    /// Where and why this thread panicked last; `None` outside of an attempt.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The result of an input.
///
/// # Errors
/// The place and the message of a panic.
pub fn attempt(target: &Target, input: &[u8]) -> Result<String, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let noted = PANIC.with_borrow_mut(|noted| match noted {
                Some(noted) => {
                    *noted = described(info);
                    true
                }
                None => false,
            });
            if !noted {
                usual(info);
            }
        }));
    });
    PANIC.set(Some(String::new()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| (target.check)(input)));
    let noted = PANIC.take().unwrap_or_default();
    outcome.map_err(|_| noted)
}

fn described(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map_or_else(String::new, |place| {
        format!("{}:{}", place.file(), place.line())
    });
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message");
    format!("{place}: {message}")
}

/// The part of a message that identifies a failure: the place of the panic.
pub fn kind(message: &str) -> &str {
    message.split_once(": ").map_or(message, |(place, _)| place)
}
