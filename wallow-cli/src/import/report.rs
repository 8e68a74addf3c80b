//! The result of an import, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use wallow_runtime::Error;
use wallow_runtime::dynamic::import::ImportOutcome;

use super::Location;
use super::attempts::Brought;
use super::mapping::{Mapping, Note};
use super::names::unused::{Ignored, LeftOut, listed};
use super::spool::Spool;
use super::together::{Numbers, Together};
use crate::output;

/// At most this many refused records are reported one by one.
const LISTED: usize = 20;

/// The result of an import.
#[derive(Debug, Default, Clone)]
pub(crate) struct Report {
    pub(crate) inserted: u64,
    pub(crate) overwritten: u64,
    pub(crate) existing: u64,
    pub(crate) refused: u64,
    /// The first records that were refused.
    refusals: Vec<(Location, String)>,
    /// How often each kind of note occurred for each column.
    notes: BTreeMap<(Note, usize), u64>,
    pub(super) together: Together,
    /// The locations of records that are the same run.
    places: BTreeMap<u64, Location>,
    /// What was noticed about the file, beyond its name.
    pub(super) seen: Vec<String>,
    /// The names of columns and the defaults of identifying fields, by place.
    columns: Vec<(String, Option<String>)>,
    left_out: LeftOut,
    ignored: Ignored,
    /// Names in `--map` that occurred in no record.
    not_met: Vec<String>,
    /// Words of `--status` that no record had.
    words_not_met: Vec<String>,
    /// Fields of `--set` that no record needed.
    not_needed: Vec<String>,
    /// How many are refused because they are registered already.
    duplicates: u64,
    /// Whether the records are rows of a grid.
    of_grid: bool,
    /// Whether a record overwrites what an earlier one of its run said.
    pub(super) overwrites: bool,
    /// The attempts at the runs.
    pub(super) brought: Brought,
}

impl Report {
    pub(super) fn refuse(&mut self, at: Location, reason: String) {
        self.refused += 1;
        if self.refusals.len() < LISTED {
            self.refusals.push((at, reason));
        }
    }

    /// Counts a run that the database refused.
    pub(super) fn refuse_for(&mut self, at: Location, error: &Error) {
        self.duplicates += u64::from(error.is_duplicate());
        self.refuse(at, error.to_string());
    }

    /// Whether all that are refused are registered already.
    pub(crate) fn refuses_duplicates_alone(&self) -> bool {
        self.duplicates == self.refused
    }

    /// Whether any record was not refused.
    pub(crate) fn has_others(&self) -> bool {
        self.inserted + self.overwritten + self.existing > 0
    }

    /// Counts the outcome of a record and the notes on its values.
    pub(super) fn count(&mut self, outcome: &ImportOutcome, notes: &[(usize, Note)]) {
        match outcome {
            ImportOutcome::Inserted => self.inserted += 1,
            ImportOutcome::Updated => self.overwritten += 1,
            ImportOutcome::Existing => self.existing += 1,
            ImportOutcome::Refused(_) => return,
        }
        for (place, note) in notes {
            // Nothing was written of a run that was left unchanged.
            let is_written = match note {
                Note::Altered(_) => !matches!(outcome, ImportOutcome::Existing),
                Note::Unclaimed => matches!(outcome, ImportOutcome::Inserted),
                _ => true,
            };
            if is_written {
                self.note(*place, *note, 1);
            }
        }
    }

    /// Adds what happened to this many values of a column.
    pub(super) fn note(&mut self, place: usize, note: Note, count: u64) {
        *self.notes.entry((note, place)).or_default() += count;
    }

    /// Whether records take precedence over others of their run.
    pub(super) fn has_outranked(&self) -> bool {
        self.together.outranked != Numbers::default()
    }

    /// Whether another record of its run takes precedence over the record of this number.
    pub(super) fn is_outranked(&self, number: u64) -> bool {
        self.together.outranked.contains(number)
    }

    /// Whether the record of this number has the key of an earlier one.
    pub(super) fn is_repeat(&self, number: u64) -> bool {
        self.together.repeats.contains(number)
    }

    /// Copies what the mapping found out about names.
    pub(super) fn name(&mut self, mapping: &Mapping) {
        self.of_grid = mapping.of_grid;
        self.not_met = mapping.names.not_met();
        self.words_not_met = mapping.words_not_met();
        self.not_needed = mapping.not_needed();
        self.left_out.clone_from(&mapping.names.left_out);
        self.ignored.clone_from(&mapping.names.ignored);
        let columns = 0..mapping.width();
        let columns = columns.map(|place| {
            (
                mapping.column(place).to_owned(),
                mapping.default_text(place),
            )
        });
        self.columns = columns.collect();
    }

    /// Prints the report for a person.
    pub(crate) fn print(&self) {
        let Report {
            inserted,
            overwritten,
            existing,
            refused,
            ..
        } = self;
        output::line(&format!(
            "{inserted} inserted, {overwritten} overwritten, {existing} existing, {refused} refused"
        ));
        for seen in &self.seen {
            output::line(&output::visible(seen));
        }
        let (refusals, more) = self.refusals();
        for refusal in refusals {
            output::line(&format!("refused {refusal}"));
        }
        if let Some(more) = more {
            output::line(&more);
        }
        for line in self.details().chain(self.brought.lines()) {
            output::line(&line);
        }
        let unused = [
            ("no run had what was mapped", &self.not_met, true),
            (
                "no run had this status",
                &self.words_not_met,
                self.has_others(),
            ),
            (
                "no run needed what was set",
                &self.not_needed,
                self.has_others(),
            ),
        ];
        for (what, names, _) in unused
            .iter()
            .filter(|(_, names, tells)| *tells && !names.is_empty())
        {
            let names = output::visible(&listed(names.iter(), 0));
            output::line(&format!("{what}: {names}"));
        }
        for line in self.ignored() {
            output::line(&line);
        }
        if !self.left_out.is_empty() {
            let names = output::visible(&self.left_out.to_string());
            output::line(&format!("left out, for want of a field: {names}"));
        }
    }

    /// The first records that were refused, each with its reason, and how many more there are.
    pub(crate) fn refusals(&self) -> (impl Iterator<Item = String>, Option<String>) {
        let displayed = self.refusals.iter();
        let displayed = displayed.map(|(at, reason)| output::visible(&format!("{at}: {reason}")));
        let more = self.refused - self.refusals.len() as u64;
        (displayed, (more > 0).then(|| format!("and {more} more")))
    }

    /// What happened to values, and which records are the same run: a line for each.
    pub(crate) fn details(&self) -> impl Iterator<Item = String> {
        let notes = self.notes.iter();
        let notes = notes.map(|((note, place), count)| self.noted(*note, *place, *count));
        let together = (self.together.runs > 0).then(|| self.same_runs());
        notes.chain(together).map(|line| output::visible(&line))
    }

    /// Which names were not used, because a nearer one has a value: a line for each.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = String> {
        let column = |place: usize| self.columns.get(place).map_or("", |(name, _)| name);
        let lines = self.ignored.lines(column);
        lines.map(|line| output::visible(&line))
    }

    /// Looks up where the records are that are listed as the same run.
    pub(super) fn locate(&mut self, spool: &mut Spool) -> io::Result<()> {
        let named = self.together.first.iter().flatten();
        let named = named.copied().collect::<BTreeSet<_>>();
        let Some(last) = named.last() else {
            return Ok(());
        };
        for (number, entry) in (0..=*last).zip(spool.entries()?) {
            let (at, _) = entry?;
            if named.contains(&number) {
                self.places.insert(number, at);
            }
        }
        Ok(())
    }

    /// Describes what happened to this many values of a column.
    fn noted(&self, note: Note, place: usize, count: u64) -> String {
        let (field, default) = match self.columns.get(place) {
            Some((field, default)) => (field.as_str(), default.as_deref().unwrap_or_default()),
            None => ("", ""),
        };
        let (values, runs) = match (count, self.of_grid) {
            (1, false) => ("value", "run"),
            (1, true) => ("value", "row"),
            (_, false) => ("values", "runs"),
            (_, true) => ("values", "rows"),
        };
        match note {
            Note::Altered(alteration) => format!("{alteration}: {count} {values} of `{field}`"),
            Note::Default => format!("default taken: `{field}` is {default} in {count} {runs}"),
            Note::Unclaimed => format!(
                "running elsewhere, became pending because nobody holds a claim here: {count} {values} of `{field}`"
            ),
            Note::Absent => format!("absent: `{field}` in {count} {runs}"),
            Note::EmptyText => {
                format!("empty cell taken for an empty text: {count} {values} of `{field}`")
            }
            Note::Trimmed => format!(
                "blanks around the text removed, as around the names of the columns: {count} {values} of `{field}`"
            ),
            Note::Padded => format!(
                "blanks around the text kept: {count} {values} of `{field}`; if they do not belong to it, remove them"
            ),
            Note::SeveralLines => format!(
                "over several lines: {count} {values} of `{field}`; is each quote closed where it should be?"
            ),
        }
    }

    /// Describes which records are the same run.
    fn same_runs(&self) -> String {
        let Together {
            records,
            runs,
            first,
            different,
            ..
        } = &self.together;
        let groups = first.iter().map(|records| {
            let places = records.iter().filter_map(|number| self.places.get(number));
            let places = places.map(ToString::to_string).collect::<Vec<_>>();
            places.join(" = ")
        });
        let groups = groups.collect::<Vec<_>>().join("; ");
        let plural = if *runs == 1 { "" } else { "s" };
        let more = if *runs > first.len() as u64 {
            "; …"
        } else {
            ""
        };
        if self.of_grid {
            return format!(
                "the same key: {records} rows count as {runs} row{plural} ({groups}{more})"
            );
        }
        let others = match different {
            0 => String::new(),
            1 => "; 1 of them has other values".to_owned(),
            different => format!("; {different} of them have other values"),
        };
        let counts = match different {
            0 => "",
            _ if self.overwrites => {
                ": what a later one says counts, and what a completed one says before what others say"
            }
            _ => ", which are not imported: a completed one counts, else the first one",
        };
        format!(
            "the same key: {records} records fell together onto {runs} run{plural} ({groups}{more}){others}{counts}"
        )
    }
}
