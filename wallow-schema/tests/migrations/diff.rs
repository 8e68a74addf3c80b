//! The steps between two schemas: the laws, and every refusal with its text.
//!
//! To add a refusal, write `fixtures/refusals/<case>.diff`, run
//! `UPDATE_EXPECT=1 cargo test --package wallow-schema --test migrations` and read the new `.txt` as a newcomer would.

use std::error::Error;

use expect_test::expect_file;
use proptest::prelude::*;
use wallow_schema::Schema;
use wallow_schema::diff::{Hints, Refusal, diff};
use wallow_schema::operation::{self, Operation};

use crate::{changes, schemas};

fn schema(fields: &str) -> Result<Schema, Box<dyn Error>> {
    let text = format!("[project]\nname = 'sweep'\n[identifying.seed]\ntype = 'int'\n{fields}");
    Ok(wallow_schema::parse(&text, "wallow.toml")?)
}

fn lines(steps: &[Operation]) -> Vec<String> {
    steps.iter().map(ToString::to_string).collect()
}

#[test]
fn every_refusal_is_as_agreed() -> Result<(), Box<dyn Error>> {
    for file in changes::all("refusals", "diff")? {
        let change = changes::read(&file)?;
        let Err(refusals) = diff(change.old.as_ref(), &change.new, &change.hints) else {
            return Err(format!("{} is not refused", file.display()).into());
        };
        assert!(refusals.iter().next().is_some());
        let texts = refusals
            .iter()
            .map(|refusal| format!("{}\n  help: {}\n", refusal.message(), refusal.help()));
        expect_file![file.with_extension("txt")].assert_eq(&texts.collect::<String>());
    }
    Ok(())
}

#[test]
fn a_refusal_is_a_line_without_a_full_stop() -> Result<(), Box<dyn Error>> {
    for file in changes::all("refusals", "diff")? {
        let change = changes::read(&file)?;
        let refusals = diff(change.old.as_ref(), &change.new, &change.hints).unwrap_err();
        for refusal in &refusals {
            let text = refusal.to_string();
            assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
            assert!(!text.starts_with(char::is_uppercase), "{text}");
        }
    }
    Ok(())
}

#[test]
fn an_ambiguity_names_the_candidates() -> Result<(), Box<dyn Error>> {
    let old = schema("[annotating.a]\ntype = 'int'")?;
    let new = schema("[annotating.c]\ntype = 'int'\n[annotating.b]\ntype = 'int'")?;
    let refusals = diff(Some(&old), &new, &Hints::default()).unwrap_err();
    let ambiguous = Refusal::Ambiguous {
        dropped: "a".to_owned(),
        candidates: vec!["c".to_owned(), "b".to_owned()],
    };
    assert_eq!(refusals.iter().collect::<Vec<_>>(), [&ambiguous]);

    let drops = vec!["a".to_owned()];
    let steps = diff(
        Some(&old),
        &new,
        &Hints {
            drops,
            ..Hints::default()
        },
    )?;
    let expected = [
        "add the annotating field `c` (int)",
        "add the annotating field `b` (int)",
        "drop the annotating field `a`",
    ];
    assert_eq!(lines(&steps), expected);
    Ok(())
}

#[test]
fn what_a_database_would_not_notice_is_no_step() -> Result<(), Box<dyn Error>> {
    let old = schema("[annotating.a]\ntype = 'path'\n[annotating.b]\ntype = 'int'")?;
    let new = schema(
        "doc = 'Of the generator.'\n[annotating.b]\ntype = 'int'\n[annotating.a]\ntype = 'string'\n\
         [database]\nurl = 'x.db'",
    )?;
    assert_eq!(diff(Some(&old), &new, &Hints::default())?, []);
    Ok(())
}

#[test]
fn a_default_that_is_canonically_the_same_is_the_same() -> Result<(), Box<dyn Error>> {
    let lr = |default: &str| {
        schema(&format!(
            "[identifying.lr]\ntype = 'float'\ndefault = {default}"
        ))
    };
    let (old, new) = (lr("0.3")?, lr("0.30000000000000004")?);
    assert_eq!(diff(Some(&old), &new, &Hints::default())?, []);
    Ok(())
}

#[test]
fn precision_may_change_without_floats_in_the_key() -> Result<(), Box<dyn Error>> {
    let text = |precision: u32, role: &str| {
        format!(
            "[project]\nname = 'x'\nfloat_precision = {precision}\n[identifying.seed]\ntype = 'int'\n\
             [{role}.lr]\ntype = 'float'\ndefault = 0.1"
        )
    };
    let schema = |precision, role| wallow_schema::parse(&text(precision, role), "wallow.toml");
    let hints = Hints::default();
    assert_eq!(
        diff(
            Some(&schema(3, "annotating")?),
            &schema(6, "annotating")?,
            &hints
        )?,
        []
    );
    assert!(
        diff(
            Some(&schema(3, "identifying")?),
            &schema(6, "annotating")?,
            &hints
        )
        .is_ok()
    );
    assert!(
        diff(
            Some(&schema(3, "identifying")?),
            &schema(6, "identifying")?,
            &hints
        )
        .is_err()
    );
    Ok(())
}

#[test]
fn renames_in_a_row_are_put_in_order() -> Result<(), Box<dyn Error>> {
    let old = schema("[annotating.a]\ntype = 'int'\n[annotating.b]\ntype = 'int'\nindexed = true")?;
    let new = schema("[annotating.b]\ntype = 'int'\n[annotating.c]\ntype = 'int'\nindexed = true")?;
    let renames = [("a", "b"), ("b", "c")];
    let renames = renames
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .to_vec();
    let steps = diff(
        Some(&old),
        &new,
        &Hints {
            renames,
            ..Hints::default()
        },
    )?;
    assert_eq!(lines(&steps), ["rename `b` to `c`", "rename `a` to `b`"]);
    assert_eq!(
        lines(&operation::reverse(&steps)),
        ["rename `b` to `a`", "rename `c` to `b`"]
    );
    Ok(())
}

#[test]
fn a_step_tells_what_is_lost() -> Result<(), Box<dyn Error>> {
    let old = schema("[annotating.a]\ntype = 'int'\n[annotating.b]\ntype = 'int'")?;
    let new = schema(
        "[annotating.b]\ntype = 'int'\nnullable = false\ndefault = 0\n[annotating.c]\ntype = 'bool'",
    )?;
    let steps = diff(Some(&old), &new, &Hints::default())?;
    let lost = |steps: &[Operation]| {
        steps
            .iter()
            .filter_map(Operation::lossy)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        lost(&steps),
        [
            "which runs had no `b`: they get its default",
            "the values of `a`"
        ]
    );
    assert_eq!(lost(&operation::reverse(&steps)), ["the values of `c`"]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_schema_does_not_differ_from_itself(schema in schemas::schemas()) {
        prop_assert_eq!(diff(Some(&schema), &schema, &Hints::default()), Ok(vec![]));
    }

    #[test]
    fn the_reverse_of_a_reverse_is_the_step_itself(
        (old, new) in (schemas::schemas(), schemas::schemas()),
    ) {
        let drops = old.fields().map(|field| field.name.clone());
        let drops = drops.filter(|name| new.field(name).is_none()).collect();
        let hints = Hints { drops, allow_drop_identifying: true, ..Hints::default() };
        let steps = diff(Some(&old), &new, &hints);
        prop_assert_eq!(&steps, &diff(Some(&old), &new, &hints));
        if let Ok(steps) = steps {
            prop_assert_eq!(operation::reverse(&operation::reverse(&steps)), steps);
        }
    }
}
