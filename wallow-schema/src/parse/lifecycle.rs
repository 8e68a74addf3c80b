//! `[project] lifecycle = true`: declares the five fields of the lifecycle.

use crate::diagnostic::{Diagnostics, Reported, quoted};
use crate::raw::{Field, Fields, Project};
use crate::schema::{LIFECYCLE, Role};
use crate::source::Spanned;

use super::field::header;

/// The docs of each field, in the order of [`LIFECYCLE`].
pub(crate) const DOCS: [&str; 5] = [
    "Where the run stands: pending, running, completed or failed.",
    "When the run was begun.",
    "When the run was completed.",
    "How long the run took, in seconds.",
    "Why the run failed, in at most 1,000 characters.",
];

/// Adds the fields after those that the file declares, if the project asks for them.
pub(super) fn declare(
    project: &Result<Project, Reported>,
    identifying: &Result<Fields, Reported>,
    annotating: &mut Result<Fields, Reported>,
    out: &mut Diagnostics,
) {
    let Ok(Some(asked)) = project.as_ref().map(|project| project.lifecycle) else {
        return;
    };
    if !asked.value {
        return;
    }
    let both = [identifying.as_ref().ok(), annotating.as_ref().ok()];
    let declared = both.into_iter().flatten().flat_map(|fields| &fields.fields);
    let is_ours = |field: &&Field| LIFECYCLE.iter().any(|(name, _)| *name == field.name.value);
    let mut twice = Vec::new();
    for field in declared.filter(is_ours) {
        let name = quoted(&field.name.value);
        let line = header(field.role, &field.name.value);
        twice.push(field.name.value.clone());
        out.error(
            field.name.span,
            format!("`lifecycle = true` declares {name} already"),
        )
        .label(asked.span, "declared here")
        .help(format!(
            "remove `{line}`, or remove `lifecycle = true` and declare all five fields"
        ));
    }
    let Ok(fields) = annotating else { return };
    for ((name, ty), doc) in LIFECYCLE.into_iter().zip(DOCS) {
        if twice.iter().any(|declared| declared == name) {
            continue;
        }
        fields.fields.push(Field {
            role: Role::Annotating,
            name: Spanned {
                value: name.to_owned(),
                span: asked.span,
            },
            ty: Ok(Spanned {
                value: ty,
                span: asked.span,
            }),
            default: None,
            doc: Some(Spanned {
                value: doc.to_owned(),
                span: asked.span,
            }),
            indexed: (name == "status").then_some(Spanned {
                value: true,
                span: asked.span,
            }),
            nullable: None,
            optional: None,
            values: None,
        });
    }
}
