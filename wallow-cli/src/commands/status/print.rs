//! The report of `wallow status` for people, and as JSON.

use serde_json::json;
use wallow_runtime::DatabaseUrl;
use wallow_runtime::migrate::Next;

use super::Report;
use crate::advice;
use crate::output;
use crate::project::Named;

impl Report {
    pub(super) fn as_json(&self, url: &DatabaseUrl) -> serde_json::Value {
        json!({
            "in_sync": self.is_fine(),
            "schema": { "changes": self.changes },
            "migrations": { "count": self.count, "head": self.head },
            "database": {
                "url": url.to_string(),
                "state": self.state,
                "current": self.current,
                "pending": self.pending,
                "unknown": self.unknown,
                "edited": self.edited,
                "differences": self.differences,
                "unlisted_values": self.unlisted,
                "unfit_values": self.unfit,
            },
            "advice": self.advice,
            "alternative": self.alternative,
            "notes": self.notes,
        })
    }

    pub(super) fn print(&self, schema: &str, named: &Named) {
        match &self.head {
            Some(head) => section(
                "schema",
                &format!("{schema}: {} since {head}", changed(&self.changes)),
                &self.changes,
            ),
            None => section("schema", schema, &[]),
        }
        let newest = self
            .head
            .as_deref()
            .map_or(String::new(), |head| format!(", newest {head}"));
        section("migrations", &format!("{}{newest}", self.count), &[]);
        let at = self
            .current
            .as_deref()
            .map_or(String::new(), |current| format!(", at {current}"));
        section("database", &format!("{named}: {}{at}", self.state), &[]);
        let items = [
            ("pending", &self.pending),
            ("unknown here", &self.unknown),
            ("edited after it was applied", &self.edited),
            ("differs", &self.differences),
            ("not in the schema", &self.unlisted),
            ("does not fit", &self.unfit),
        ];
        for (word, items) in items {
            for item in items {
                output::line(&format!("            {word}: {item}"));
            }
        }
        for note in &self.notes {
            output::line(&format!("            {note}"));
        }
        if self.is_fine() {
            output::line(&advice::complete(match self.situation.next() {
                Next::NothingUnmanaged => {
                    "in sync (no migrations; `wallow migrate adopt` begins them)"
                }
                _ => "in sync",
            }));
        }
        for advice in &self.advice {
            output::line(&format!("do this: {advice}"));
        }
        if let Some(alternative) = self.alternative {
            output::line(&format!("or this: {}", advice::step(alternative)));
        }
    }
}

fn changed(changes: &[String]) -> String {
    if changes.is_empty() {
        "no change".into()
    } else {
        output::counted(changes.len(), "change")
    }
}

pub(super) fn section(name: &str, text: &str, items: &[String]) {
    output::line(&format!("{name:10}  {text}"));
    for item in items {
        output::line(&format!("            {item}"));
    }
}
