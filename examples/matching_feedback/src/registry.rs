//! The types of the registry, made from `wallow.toml`: [`Run`], [`Identifying`], [`Annotating`], [`Store`], [`fields`].
//! The folder `migrations` beside it is compiled in, so that the program can bring a database along by itself.

wallow::wallow_schema!("wallow.toml");
