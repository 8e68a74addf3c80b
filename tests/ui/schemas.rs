//! The schemas of the cases: `ml_sweep.toml`, and the same with one mistake each.

use std::error::Error;
use std::fs;
use std::path::Path;

const VALID: &str = include_str!("../schemas/ml_sweep.toml");
const CLOSED: &str = include_str!("../schemas/closed.toml");
const OPTIONAL: &str = include_str!("../schemas/optional.toml");

/// The name of a case, a text of `ml_sweep.toml`, and the mistake that replaces it.
const MISTAKES: [(&str, &str, &str); 23] = [
    (
        "misspelt_type",
        "[annotating.val_loss]\ntype = \"float\"",
        "[annotating.val_loss]\ntype = \"flaot\"",
    ),
    ("unknown_type", "type = \"json\"", "type = \"tensor\""),
    (
        "missing_type",
        "[annotating.training_curve]\ntype = \"json\"",
        "[annotating.training_curve]",
    ),
    (
        "type_without_quotes",
        "[annotating.val_loss]\ntype = \"float\"",
        "[annotating.val_loss]\ntype = float",
    ),
    ("missing_equals_sign", "type = \"json\"", "type \"json\""),
    (
        "comment_of_another_language",
        "# What one run",
        "// What one run",
    ),
    (
        "unclosed_array",
        "type = \"json\"",
        "type = \"json\"\ndefault = [0.5, 0.25",
    ),
    (
        "unclosed_header",
        "[annotating.val_loss]",
        "[annotating.val_loss",
    ),
    (
        "space_in_name",
        "[identifying.learning_rate]",
        "[identifying.learning rate]",
    ),
    (
        "hyphen_in_name",
        "[identifying.learning_rate]",
        "[identifying.learning-rate]",
    ),
    ("misspelt_key", "type = \"json\"", "typ = \"json\""),
    ("misspelt_table", "[annotating.", "[anotating."),
    (
        "field_as_a_string",
        "[annotating.train_loss]\ntype = \"float\"\ndoc = \"Mean cross-entropy over the batches of the best epoch, in nats.\"",
        "[annotating]\ntrain_loss = \"float\"",
    ),
    (
        "default_of_another_type",
        "default = 10",
        "default = \"ten\"",
    ),
    (
        "json_identifies",
        "[identifying.batch_size]\ntype = \"int\"",
        "[identifying.batch_size]\ntype = \"json\"",
    ),
    (
        "nullable_identifies",
        "default = 10",
        "default = 10\nnullable = true",
    ),
    (
        "optional_with_a_default",
        "default = 10",
        "default = 10\noptional = true",
    ),
    (
        "optional_annotates",
        "[annotating.val_loss]\ntype = \"float\"",
        "[annotating.val_loss]\ntype = \"float\"\noptional = true",
    ),
    (
        "reserved_name",
        "[annotating.git_commit]",
        "[annotating.created_at]\ntype = \"datetime\"\n\n[annotating.git_commit]",
    ),
    (
        "in_both_tables",
        "[annotating.host]",
        "[annotating.seed]\ntype = \"int\"\n\n[annotating.host]",
    ),
    (
        "name_in_two_cases",
        "[annotating.host]",
        "[annotating.Seed]\ntype = \"int\"\n\n[annotating.host]",
    ),
    ("no_project_name", "name = \"ml_sweep\"\n", ""),
    ("unknown_placeholder", "{architecture}/", "{arch}/"),
];

/// Writes every schema into a folder.
pub(crate) fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let put = |name: &str, text: &[u8]| fs::write(folder.join(name).with_extension("toml"), text);
    put("ml_sweep", VALID.as_bytes())?;
    put("closed", CLOSED.as_bytes())?;
    put("optional", OPTIONAL.as_bytes())?;
    let default = CLOSED.replace("default = \"cosine\"", "default = \"cosin\"");
    put("default_beside_a_closed_set", default.as_bytes())?;
    let no_lifecycle = VALID.replace("[annotating.error_excerpt]", "[annotating.error_text]");
    put("no_lifecycle", no_lifecycle.as_bytes())?;
    for (name, good, bad) in MISTAKES {
        assert!(VALID.contains(good), "{name}: {good}");
        put(name, VALID.replace(good, bad).as_bytes())?;
    }
    let two = VALID.replace("type = \"json\"", "type = \"jsn\"");
    put(
        "two_in_the_schema",
        two.replace("default = 10", "default = true").as_bytes(),
    )?;
    let latin1 = VALID.replace("Small networks", "Caf\u{e9}");
    put(
        "not_utf8",
        &latin1
            .chars()
            .map(|c| u8::try_from(c).unwrap_or(b'?'))
            .collect::<Vec<_>>(),
    )?;
    put(
        "build",
        b"[project]\nname = \"build\"\n[identifying]\nbuild.type = \"int\"\nseed.type = \"int\"\n",
    )?;
    Ok(())
}
