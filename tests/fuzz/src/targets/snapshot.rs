//! A schema on disk: `migrations/snapshots/<version>.toml`.

use wallow_schema::snapshot::{from_text, to_text};

use super::kind_of;
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "snapshot",
    about: "snapshots of a schema, with the checksum that belongs to them",
    words: &[
        "[migration]\n",
        "name = \"2026-01-31-120000_x\"\n",
        "parent = ",
        "[checksums]\n",
        "\"sqlite/up.sql\" = ",
        "[project]\n",
        "[identifying.x]\ntype = \"int\"\n",
        "nullable = ",
        "indexed = ",
    ],
    seeds: || {
        vec![
            body(include_str!(
                "../../../../wallow-schema/tests/fixtures/snapshot.toml"
            ))
            .into(),
        ]
    },
    generate,
    check,
    in_tests: 600,
};

/// A snapshot below its two lines of comment.
pub(super) fn body(text: &str) -> &str {
    text.splitn(3, '\n').nth(2).unwrap_or_default()
}

/// Puts a head with the right checksum before it.
pub(super) fn headed(body: &str) -> String {
    let body = body.replace("\r\n", "\n");
    let sum = body.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("# Written by wallow; do not edit.\n# Form 1, checksum {sum:016x}.\n{body}")
}

pub(super) fn generate(random: &mut Random) -> Vec<u8> {
    let schema = String::from_utf8(super::schema::generate(random)).unwrap_or_default();
    let parent = if random.one_in(2) {
        "parent = \"2026-01-30-000000\"\n"
    } else {
        ""
    };
    format!("\n[migration]\nname = \"2026-01-31-120000_fuzz\"\n{parent}\n{schema}").into_bytes()
}

fn check(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    // Unchanged, and with a right checksum, so that the reader goes on.
    let _ = from_text(&text, "snapshot").map_err(|error| error.to_string());
    match from_text(&headed(&text), "snapshot") {
        Ok(snapshot) => {
            let again = to_text(&snapshot);
            match from_text(&again, "again") {
                Ok(back) => assert_eq!(back, snapshot, "{again}"),
                Err(error) => panic!("it does not read back: {error}\n{again}"),
            }
            let types = snapshot.schema.fields().map(|field| field.ty.as_str());
            types.collect::<Vec<_>>().join(" ")
        }
        Err(error) => kind_of(&error.to_string()),
    }
}
