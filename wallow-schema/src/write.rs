//! Writes a schema as a `wallow.toml` for people.

use crate::schema::{Database, Field, Layout, Project, Role, Schema};
use crate::toml_text::{default, key, text};

/// The text of a `wallow.toml` with this schema: what a file need not say is left out.
///
/// ```
/// let text = "[project]\nname = \"sweep\"\n\n[identifying.seed]\ntype = \"int\"\ndefault = 0\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// assert_eq!(wallow_schema::to_toml(&schema), text);
/// # Ok::<(), wallow_schema::Diagnostics>(())
/// ```
pub fn to_toml(schema: &Schema) -> String {
    let fields = schema.fields().map(field);
    let tables = [project(&schema.project)].into_iter().chain(fields);
    let tables: Vec<String> = tables.chain(database(&schema.database)).collect();
    tables.join("\n")
}

fn project(project: &Project) -> String {
    let mut lines = Lines::begin(format!("[project]\nname = {}", text(&project.name)));
    if let Some(description) = &project.description {
        lines.add("description", &text(description));
    }
    if project.float_precision != Project::DEFAULT_FLOAT_PRECISION {
        lines.add("float_precision", &project.float_precision.to_string());
    }
    if let Some(root) = &project.artefacts_root {
        lines.add("artefacts_root", &text(root));
    }
    let layout = project.artefacts_layout.to_string();
    if layout != Layout::default().to_string() {
        lines.add("artefacts_layout", &text(&layout));
    }
    if project.attempts {
        lines.add("attempts", "true");
    }
    if !project.ignored.is_empty() {
        lines.add("ignored", &list(&project.ignored));
    }
    lines.end()
}

fn field(field: &Field) -> String {
    let (role, name, ty) = (field.role, key(&field.name), field.ty);
    let mut lines = Lines::begin(format!("[{role}.{name}]\ntype = \"{ty}\""));
    if !field.values.is_empty() {
        lines.add("values", &list(&field.values));
    }
    if let Some(value) = &field.default {
        lines.add("default", &default(value));
    }
    let is_annotating = field.role == Role::Annotating;
    // Identifying fields are indexed by default, annotating ones are not, and may be NULL.
    if field.indexed == is_annotating {
        lines.add("indexed", &field.indexed.to_string());
    }
    if field.is_optional() {
        lines.add("optional", "true");
    }
    if is_annotating && !field.nullable {
        lines.add("nullable", "false");
    }
    if let Some(doc) = &field.doc {
        lines.add("doc", &text(doc));
    }
    lines.end()
}

fn database(database: &Database) -> Option<String> {
    let mut lines = Lines::begin("[database]".to_owned());
    if let Some(url) = &database.url {
        lines.add("url", &text(url));
    }
    if database.migrations != Database::DEFAULT_MIGRATIONS {
        lines.add("migrations", &text(&database.migrations));
    }
    if let Some(others) = &database.other_migrations {
        lines.add("other_migrations", &text(others));
    }
    (lines.0.len() > 1).then(|| lines.end())
}

/// The lines of a table.
struct Lines(Vec<String>);

impl Lines {
    fn begin(head: String) -> Self {
        Self(vec![head])
    }

    fn add(&mut self, key: &str, value: &str) {
        self.0.push(format!("{key} = {value}"));
    }

    fn end(self) -> String {
        self.0.join("\n") + "\n"
    }
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|item| text(item)).collect();
    format!("[{}]", texts.join(", "))
}
