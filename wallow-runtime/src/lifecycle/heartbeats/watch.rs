//! Runs that look silent, and for how long this program has seen that.
//!
//! What enters: looks at the runs whose last heartbeat is older than a stale time. What leaves: those that were seen
//! unchanged for so long that a live worker would have sent a heartbeat. Invariant: silence counts only while the
//! database was read at short intervals. After a gap (a server that was frozen or replaced, a machine that was
//! suspended, a clock that was set forward) every live claim looks silent at once, so watching starts again.

use std::collections::BTreeMap;
use std::time::Duration;

use super::schedule::Moment;
use crate::engine::{Look, Suspect, watch_time};

/// After this time without a request, nobody waits any more, and watching ends.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// How often the runs are looked at.
fn interval(stale: Duration) -> Duration {
    const SHORTEST: Duration = Duration::from_millis(2);
    const LONGEST: Duration = Duration::from_secs(10);
    (watch_time(stale) / 4).clamp(SHORTEST, LONGEST)
}

/// The longest time between two looks after which the first one still counts. After a longer gap, either this program
/// or the database stood still.
fn longest_gap(stale: Duration) -> Duration {
    const SHORTEST: Duration = Duration::from_millis(100);
    (interval(stale) * 2).max(SHORTEST)
}

#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The stale times that were asked for, and when each was asked for last.
    asked: BTreeMap<Duration, Moment>,
    seen: BTreeMap<i64, Seen>,
    /// The server of the last look.
    server: Option<String>,
    last: Option<Sight>,
    next: Moment,
}

/// When a look was sent, and when it was answered.
#[derive(Debug, Clone, Copy)]
struct Sight {
    sent: Moment,
    answered: Moment,
}

#[derive(Debug)]
struct Seen {
    suspect: Suspect,
    since: Moment,
}

impl Watch {
    /// Watches, from now on, the runs that are silent for longer than this; returns when the next look is due.
    pub(super) fn ask(&mut self, stale: Duration, now: Moment) -> Moment {
        if self.asked.insert(stale, now).is_none() {
            self.next = now;
        }
        self.next
    }

    /// When the next look is due, if anything is watched.
    pub(super) fn next(&self) -> Option<Moment> {
        (!self.asked.is_empty()).then_some(self.next)
    }

    /// The stale time of the look that is due, if one is: the shortest.
    pub(super) fn due(&mut self, now: Moment) -> Option<Duration> {
        if self.next > now {
            return None;
        }
        self.asked
            .retain(|stale, asked| now.saturating_sub(*asked) < FORGOTTEN.max(*stale * 4));
        let shortest = self.asked.keys().next().copied();
        if shortest.is_none() {
            self.lose_contact();
        }
        shortest
    }

    /// Notes a look for the runs that are silent for longer than `stale`.
    pub(super) fn saw(&mut self, stale: Duration, look: Look, sent: Moment, answered: Moment) {
        let is_unbroken = self
            .last
            .is_some_and(|last| answered.saturating_sub(last.answered) <= longest_gap(stale));
        if !is_unbroken || self.server != look.server {
            self.lose_contact();
        }
        let mut former = std::mem::take(&mut self.seen);
        for suspect in look.suspects {
            let since = match former.remove(&suspect.id) {
                Some(seen) if seen.suspect == suspect => seen.since,
                _ => answered,
            };
            self.seen.insert(suspect.id, Seen { suspect, since });
        }
        if self.seen.is_empty() {
            // Another request starts the watch again.
            self.asked.clear();
        }
        self.server = look.server;
        self.last = Some(Sight { sent, answered });
        self.next = answered + interval(stale);
    }

    /// Forgets what was seen: a look failed, or the connection was renewed.
    pub(super) fn lose_contact(&mut self) {
        self.seen.clear();
        self.last = None;
    }

    /// Sets the time of the next look, after one that failed.
    pub(super) fn postpone(&mut self, next: Moment) {
        self.next = next;
    }

    /// The runs that were seen silent for long enough, in the order of their ids.
    pub(super) fn matured(&self, stale: Duration, now: Moment) -> Vec<Suspect> {
        let Some(last) = self.last else {
            return Vec::new();
        };
        if now.saturating_sub(last.answered) > longest_gap(stale) {
            return Vec::new();
        }
        let seen = self.seen.values();
        let matured = seen.filter(|seen| last.sent.saturating_sub(seen.since) >= watch_time(stale));
        matured.map(|seen| seen.suspect.clone()).collect()
    }

    /// Forgets a run that was taken.
    pub(super) fn forget(&mut self, id: i64) {
        self.seen.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Bind;

    /// With this stale time, looks are 5 s apart, and a run is taken after 20 s.
    const STALE: Duration = Duration::from_secs(60);

    fn suspect(id: i64, updated_at: i64) -> Suspect {
        Suspect {
            id,
            attempt: 1,
            updated_at: Bind::Int(Some(updated_at)),
            never_began: false,
        }
    }

    fn look(suspects: &[(i64, i64)], server: &str) -> Look {
        Look {
            suspects: suspects.iter().map(|(id, at)| suspect(*id, *at)).collect(),
            server: Some(server.to_owned()),
        }
    }

    fn at(seconds: u64) -> Moment {
        Duration::from_secs(seconds)
    }

    fn matured(watch: &Watch, seconds: u64) -> Vec<i64> {
        let matured = watch.matured(STALE, at(seconds)).into_iter();
        matured.map(|suspect| suspect.id).collect()
    }

    /// Looks each five seconds, with these runs.
    fn watch(watch: &mut Watch, seconds: impl Iterator<Item = u64>, runs: &[(i64, i64)]) {
        for second in seconds.step_by(5) {
            watch.saw(STALE, look(runs, "one"), at(second), at(second));
        }
    }

    #[test]
    fn a_run_is_taken_when_it_was_seen_silent_for_a_third_of_the_stale_time() {
        let mut one = Watch::default();
        one.ask(STALE, at(0));
        assert_eq!(one.due(at(0)), Some(STALE));
        watch(&mut one, 0..=15, &[(1, 7), (2, 7)]);
        assert_eq!(matured(&one, 15), [0_i64; 0]);
        watch(&mut one, 20..=20, &[(1, 7), (2, 8)]);
        assert_eq!(matured(&one, 20), [1], "the other one sent a heartbeat");
        one.forget(1);
        assert_eq!(matured(&one, 20), [0_i64; 0]);
    }

    #[test]
    fn after_a_gap_watching_begins_anew() {
        let mut one = Watch::default();
        one.ask(STALE, at(0));
        watch(&mut one, 0..=15, &[(1, 7)]);
        // A gap, because the program stood still.
        watch(&mut one, 40..=55, &[(1, 7)]);
        assert_eq!(matured(&one, 55), [0_i64; 0]);
        // A late answer, because the server stood still.
        one.saw(STALE, look(&[(1, 7)], "one"), at(60), at(85));
        watch(&mut one, 90..=100, &[(1, 7)]);
        assert_eq!(matured(&one, 100), [0_i64; 0]);
        watch(&mut one, 105..=105, &[(1, 7)]);
        assert_eq!(matured(&one, 105), [1]);
        assert_eq!(matured(&one, 200), [0_i64; 0], "nobody has looked since");
    }

    #[test]
    fn what_another_server_or_connection_showed_does_not_count() {
        let mut one = Watch::default();
        one.ask(STALE, at(0));
        watch(&mut one, 0..=15, &[(1, 7)]);
        one.saw(STALE, look(&[(1, 7)], "the standby"), at(20), at(20));
        assert_eq!(matured(&one, 20), [0_i64; 0]);
        watch(&mut one, 25..=45, &[(1, 7)]);
        assert_eq!(matured(&one, 45), [1]);
        one.lose_contact();
        watch(&mut one, 50..=65, &[(1, 7)]);
        assert_eq!(matured(&one, 65), [0_i64; 0]);
    }

    #[test]
    fn watching_ends_when_nothing_is_silent_or_nobody_asks() {
        let mut one = Watch::default();
        assert_eq!(one.next(), None);
        assert_eq!(one.ask(STALE, at(0)), at(0));
        watch(&mut one, 0..=0, &[(1, 7)]);
        assert_eq!(one.next(), Some(at(5)));
        assert_eq!(one.due(at(4)), None);
        assert_eq!(one.due(at(5)), Some(STALE));
        watch(&mut one, 5..=5, &[]);
        assert_eq!(one.next(), None);
        one.ask(STALE, at(6));
        watch(&mut one, 6..=6, &[(1, 7)]);
        assert_eq!(one.due(at(6 + 3600)), None);
        assert_eq!(one.next(), None);
    }
}
