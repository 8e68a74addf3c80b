//! When the heartbeat of each claim is due.
//!
//! What enters: claims, and the outcomes of their heartbeats. What leaves: those that are due, the one that has waited
//! longest first. Invariant: only a heartbeat that was written moves the time of a claim on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clock::out_of_step;
use crate::engine::{FencingToken, HeartbeatOutcome};

/// A moment of the clock for the time that passes.
pub(super) type Moment = Duration;

/// How soon a claim sends its first heartbeat, from which an attempt counts (specs 6.15). Claims that end sooner cost
/// no heartbeat.
const FIRST: Duration = Duration::from_millis(250);

/// At most this many claims in one statement.
pub(super) const CHUNK: usize = 500;

/// The claims of a store, by the id of their run.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    claims: BTreeMap<i64, Heartbeat>,
}

/// One claim.
#[derive(Debug)]
struct Heartbeat {
    token: FencingToken,
    every: Duration,
    next: Moment,
    lost: Arc<AtomicBool>,
    /// Its run has ended, and the end is being written.
    ending: bool,
}

impl Schedule {
    /// Adds a claim; returns when its first heartbeat is due.
    pub(super) fn add(
        &mut self,
        token: FencingToken,
        every: Duration,
        lost: Arc<AtomicBool>,
        now: Moment,
    ) -> Moment {
        let next = now + every.min(FIRST);
        let id = token.id;
        let heartbeat = Heartbeat {
            token,
            every,
            next,
            lost,
            ending: false,
        };
        if let Some(former) = self.claims.insert(id, heartbeat) {
            // An earlier claim of this program on the same run is lost: it was silent for too long.
            former.lost.store(true, Ordering::Relaxed);
        }
        next
    }

    /// Removes a claim.
    pub(super) fn remove(&mut self, token: &FencingToken) {
        if self.find(token).is_some() {
            self.claims.remove(&token.id);
        }
    }

    /// Removes a claim, and marks it as lost.
    pub(super) fn lose(&mut self, token: &FencingToken) {
        if let Some(heartbeat) = self.find(token) {
            heartbeat.lost.store(true, Ordering::Relaxed);
            self.claims.remove(&token.id);
        }
    }

    /// Notes that the end of a run is being written.
    pub(super) fn end(&mut self, token: &FencingToken) {
        if let Some(heartbeat) = self.find(token) {
            heartbeat.ending = true;
        }
    }

    /// Notes that the end of a run could not be written.
    pub(super) fn go_on(&mut self, token: &FencingToken) {
        if let Some(heartbeat) = self.find(token) {
            heartbeat.ending = false;
        }
    }

    /// The claims whose end is not being written.
    pub(super) fn open(&self) -> impl Iterator<Item = &FencingToken> {
        let open = self.claims.values().filter(|heartbeat| !heartbeat.ending);
        open.map(|heartbeat| &heartbeat.token)
    }

    pub(super) fn tokens(&self) -> impl Iterator<Item = &FencingToken> {
        self.claims.values().map(|heartbeat| &heartbeat.token)
    }

    /// The shortest time between two heartbeats of a claim.
    pub(super) fn shortest(&self) -> Option<Duration> {
        self.claims.values().map(|heartbeat| heartbeat.every).min()
    }

    /// When the next claim is due.
    pub(super) fn next(&self) -> Option<Moment> {
        self.claims.values().map(|heartbeat| heartbeat.next).min()
    }

    /// The claims for the next statement, if any is due: at most [`CHUNK`] of those that are due now or within a
    /// quarter of their interval. So the heartbeats of claims that began at different moments are sent together.
    pub(super) fn due(&self, now: Moment) -> Vec<FencingToken> {
        if self.next().is_none_or(|next| next > now) {
            return Vec::new();
        }
        let soon = |heartbeat: &&Heartbeat| heartbeat.next <= now + heartbeat.every / 4;
        let mut due = self.claims.values().filter(soon).collect::<Vec<_>>();
        due.sort_by_key(|heartbeat| heartbeat.next);
        let due = due.into_iter().take(CHUNK);
        due.map(|heartbeat| heartbeat.token.clone()).collect()
    }

    /// Notes the outcome of a statement, with the times when it was sent and answered. If another transaction holds the
    /// row of a run, its heartbeat was not written, and is due again soon.
    pub(super) fn settle(
        &mut self,
        outcomes: &[(FencingToken, HeartbeatOutcome)],
        sent: Moment,
        answered: Moment,
    ) {
        for (token, outcome) in outcomes {
            match (outcome, self.find(token)) {
                (HeartbeatOutcome::Alive, Some(heartbeat)) => {
                    heartbeat.next = sent + out_of_step(heartbeat.every);
                }
                (HeartbeatOutcome::Held, Some(heartbeat)) => {
                    heartbeat.next = answered + retry_after(heartbeat.every);
                }
                (HeartbeatOutcome::Lost, Some(_)) => self.lose(token),
                // The claim has ended meanwhile.
                (_, None) => {}
            }
        }
    }

    fn find(&mut self, token: &FencingToken) -> Option<&mut Heartbeat> {
        let heartbeat = self.claims.get_mut(&token.id);
        heartbeat.filter(|heartbeat| heartbeat.token == *token)
    }
}

/// How soon a heartbeat that was not written is tried again.
pub(super) fn retry_after(every: Duration) -> Duration {
    const SHORTEST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_secs(1);
    (every / 8).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Reclaim;

    const STALE: Duration = Duration::from_secs(10);
    const ROUND_TRIP: Duration = Duration::from_millis(50);

    fn token(id: i64) -> FencingToken {
        FencingToken {
            id,
            attempt: 1,
            uuid: format!("{id:012}").into(),
        }
    }

    fn lost() -> Arc<AtomicBool> {
        Arc::default()
    }

    /// Sends heartbeats until `end`, each statement taking some time. Returns the longest silence of any claim, and the
    /// number of statements.
    fn beat_until(
        schedule: &mut Schedule,
        now: &mut Moment,
        end: Moment,
        last: &mut BTreeMap<i64, Moment>,
        statement: impl Fn(usize) -> Duration,
    ) -> (Duration, usize) {
        let (mut longest, mut statements) = (Duration::ZERO, 0);
        while *now < end {
            let due = schedule.due(*now);
            if due.is_empty() {
                *now = schedule.next().unwrap().clamp(*now, end);
                continue;
            }
            let sent = *now;
            *now += statement(due.len());
            statements += 1;
            for token in &due {
                let silent_since = last.insert(token.id, *now).unwrap();
                longest = longest.max(now.saturating_sub(silent_since));
            }
            let outcome = due
                .into_iter()
                .map(|token| (token, HeartbeatOutcome::Alive));
            schedule.settle(&outcome.collect::<Vec<_>>(), sent, *now);
        }
        (longest, statements)
    }

    /// Claims that become due while a statement runs do not count as sent with it.
    #[test]
    fn no_claim_of_three_thousand_is_silent_for_its_stale_time() {
        let every = Reclaim::WhenStale(STALE).heartbeat();
        let (mut schedule, mut last) = (Schedule::default(), BTreeMap::new());
        let mut now = Duration::ZERO;
        let each = |claims: usize| {
            ROUND_TRIP + Duration::from_micros(100) * u32::try_from(claims).unwrap()
        };
        // A claim each 3 ms, so that some are due at any moment.
        for id in 0..3_000 {
            schedule.add(token(id), every, lost(), now);
            last.insert(id, now);
            let end = now + Duration::from_millis(3);
            let (longest, _) = beat_until(&mut schedule, &mut now, end, &mut last, each);
            assert!(longest < STALE / 2, "{longest:?}");
        }
        let end = now + 5 * STALE;
        let (longest, statements) = beat_until(&mut schedule, &mut now, end, &mut last, each);
        assert!(longest < STALE / 2, "{longest:?}");
        // Six chunks with one statement each, not one statement for each of 3,000 claims.
        assert!(statements < 5 * 10 * 6, "{statements}");
    }

    #[test]
    fn a_claim_whose_run_others_hold_is_due_again_soon_and_silences_no_other() {
        let every = Duration::from_secs(8);
        let mut schedule = Schedule::default();
        for id in 0..2 {
            schedule.add(token(id), every, lost(), Duration::ZERO);
        }
        let now = Duration::from_secs(1);
        let due = schedule.due(now);
        assert_eq!(due.len(), 2);
        let outcome = [
            (token(0), HeartbeatOutcome::Held),
            (token(1), HeartbeatOutcome::Alive),
        ];
        schedule.settle(&outcome, now, now);
        assert_eq!(schedule.next(), Some(now + Duration::from_secs(1)));
        assert_eq!(schedule.due(Duration::from_secs(2)), [token(0)]);
        let lost = lost();
        schedule.add(token(2), every, Arc::clone(&lost), now);
        schedule.settle(&[(token(2), HeartbeatOutcome::Lost)], now, now);
        assert!(lost.load(Ordering::Relaxed));
        assert_eq!(schedule.tokens().count(), 2);
    }

    #[test]
    fn an_outcome_of_an_earlier_claim_says_nothing_of_a_later_one() {
        let mut schedule = Schedule::default();
        let (first, second) = (lost(), lost());
        schedule.add(token(7), STALE, Arc::clone(&first), Duration::ZERO);
        let later = FencingToken {
            attempt: 2,
            ..token(7)
        };
        schedule.add(later.clone(), STALE, Arc::clone(&second), Duration::ZERO);
        assert!(first.load(Ordering::Relaxed));
        schedule.settle(
            &[(token(7), HeartbeatOutcome::Lost)],
            Duration::ZERO,
            Duration::ZERO,
        );
        schedule.remove(&token(7));
        assert!(!second.load(Ordering::Relaxed));
        assert_eq!(schedule.tokens().collect::<Vec<_>>(), [&later]);
    }
}
