//! The types of the registry, generated from `wallow.toml`: [`Run`], [`Identifying`], [`Annotating`], [`Store`], and
//! the table [`runs`] for diesel.

wallow::wallow_schema!("wallow.toml");
