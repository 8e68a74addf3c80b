//! Fields with the names of keywords, of what is in scope everywhere, and of what stands beside them in emitted code:
//! all of them as a key, and all of them as what is recorded.

/// Two schemas with the same names: `<group>_key.toml` and `<group>_note.toml`.
macro_rules! registered {
    ($group:ident, $key_schema:literal, $note_schema:literal: $($name:ident)+) => {
        mod $group {
            use ::core::option::Option::Some;
            use ::core::result::Result::Ok;
            use ::my_wallow::diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper};
            use ::my_wallow::{OnDuplicate, Result};
            use ::std::assert_eq;

            use super::same_names;

            mod key {
                #[expect(unused_imports, reason = "that none of it is used is the test")]
                use crate::decoys::*;

                ::my_wallow::wallow_schema!($key_schema, crate = my_wallow);
            }

            mod note {
                #[expect(unused_imports, reason = "that none of it is used is the test")]
                use crate::decoys::*;

                ::my_wallow::wallow_schema!($note_schema, crate = ::my_wallow);
            }

            #[test]
            fn a_run_is_found_by_all_of_its_names() -> Result<()> {
                use key::{Annotating, Identifying, Run, Store, fields, runs};

                let store = Store::open(":memory:")?;
                let key = Identifying::builder()$(.$name(7))+.build();
                $(assert_eq!(key.$name(), 7);)+
                let outcome = store.register(&key, &Annotating::new(), OnDuplicate::Error)?;
                assert_eq!(outcome.was_inserted(), true);
                let run = outcome.into_run();
                assert_eq!(store.find(&key)?, run);
                let raw = store.with_sqlite(|connection| {
                    runs::table
                        $(.filter(runs::columns::$name.eq(7)))+
                        .select(Run::as_select())
                        .first(connection)
                })?;
                assert_eq!(raw.identifying(), key);
                $(assert_eq!(raw.$name, 7);)+
                assert_eq!(Some(raw), run);
                same_names(&[$((fields::$name.name(), ::core::stringify!($name)),)+]);
                Ok(())
            }

            #[test]
            fn a_run_keeps_all_that_is_recorded() -> Result<()> {
                use note::{Annotating, Identifying, Run, Store, fields, runs};

                let store = Store::open(":memory:")?;
                let key = Identifying::builder().key(1).build();
                let patch = Annotating::new()$(.$name(7))+;
                let run = store.register(&key, &patch, OnDuplicate::Error)?.into_run();
                let raw = store.with_sqlite(|connection| {
                    runs::table
                        $(.filter(runs::columns::$name.eq(7)))+
                        .select(Run::as_select())
                        .first(connection)
                })?;
                $(assert_eq!(raw.$name, Some(7));)+
                assert_eq!(Some(raw), run);
                same_names(&[$((fields::$name.name(), ::core::stringify!($name)),)+]);
                Ok(())
            }
        }
    };
}

/// Whether the database has the names of the program; `r#` is Rust's alone.
fn same_names(names: &[(&str, &str)]) {
    for (column, ident) in names {
        ::std::assert_eq!(*column, ident.trim_start_matches("r#"));
    }
}

registered!(
    keywords, "schemas/keywords_key.toml", "schemas/keywords_note.toml":
    r#abstract r#as r#async r#await r#box r#break r#const r#continue r#do r#dyn r#enum r#extern
    r#final r#fn r#for r#gen r#if r#impl r#in r#let r#loop r#match r#macro r#mod
);
registered!(
    keywords_too, "schemas/keywords_too_key.toml", "schemas/keywords_too_note.toml":
    r#move r#mut r#override r#priv r#pub r#ref r#return r#static r#struct r#trait r#try r#type
    r#typeof union r#unsafe r#unsized r#use r#virtual r#where r#while r#yield auto default raw safe
);
registered!(
    prelude, "schemas/prelude_key.toml", "schemas/prelude_note.toml":
    Ok Err Some None String Vec Option Result Box Default Clone Copy Into From Drop Fn ToString
    Iterator i64 str bool f64 Debug self_
);
registered!(
    methods, "schemas/methods_key.toml", "schemas/methods_note.toml":
    clone default filter eq hash cmp fmt into from partial_cmp drop to_string values serialize
    deserialize get name read required nullable Self_
);
registered!(
    diesel, "schemas/diesel_key.toml", "schemas/diesel_note.toml":
    T C G DB QS Left Right Join On table columns dsl all_columns SqlType BoxedQuery id_ count select
    order limit load internal
);
registered!(
    bindings, "schemas/bindings_key.toml", "schemas/bindings_note.toml":
    out self__ db __out __DB __T __T0 __F0 __on __value __row __take value cells _x __ état größe
    core std wallow my_wallow
);
registered!(
    items, "schemas/items_key.toml", "schemas/items_note.toml":
    identifying annotating fields Run Store IdentifyingBuilder __required Unset Set Value KeyFloat
    uuid_ created updated Table Column schema project database status attempt
);
