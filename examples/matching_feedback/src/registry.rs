//! The types of the registry, generated from `wallow.toml`: [`Run`], [`Identifying`], [`Annotating`], [`Store`],
//! [`fields`]. The folder `migrations` beside it is compiled in, so that the program can migrate a database by itself.

wallow::wallow_schema!("wallow.toml");
