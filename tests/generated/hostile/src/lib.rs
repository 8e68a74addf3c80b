//! What `wallow_schema!` emits, where every name around it and in it is another's: no prelude, macros and traits that
//! only look like those of the standard library, wallow under another name, and fields called like everything else.
//!
//! That it compiles is half of the test; the other half registers runs, and reads them with raw diesel.

#![no_implicit_prelude]
#![cfg(test)]
#![deny(warnings)]

/// Macros that are not what their names say.
macro_rules! decoys {
    ($dollar:tt: $($name:ident)+) => {$(
        #[allow(unused_macros)]
        macro_rules! $name {
            ($dollar($dollar any:tt)*) => { not_the_macro_of_this_name };
        }
    )+};
}
decoys!($: assert concat env format format_args include_bytes matches panic unreachable vec write);

mod decoys;
mod names;
mod own_names;
