//! The types of the registry, generated from wallow.toml.
#![allow(
    missing_docs,
    reason = "the docs of the fields are those of wallow.toml"
)]

wallow::wallow_schema!("wallow.toml");
