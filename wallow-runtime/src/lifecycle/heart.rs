//! The heartbeats of all claims of a store: one thread, there while there are claims.
//!
//! It sleeps until a claim is due, and is woken for an earlier one only: to wake a thread for every
//! claim takes longer than to claim. Without claims it holds nothing of the store.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::{Engine, Fence};

/// The claims that live in this store and its clones.
#[derive(Debug, Default)]
pub(crate) struct Heart {
    state: Mutex<State>,
    changed: Condvar,
    /// Held from the claim of a run until it is known here, so that no other thread of the program
    /// takes it for one that a crash left.
    claiming: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    claims: BTreeMap<i64, Beat>,
    /// Until when the thread sleeps; `None` where there is no thread.
    asleep_until: Option<Instant>,
}

/// The thread waits so long for another claim before it ends.
const LINGER: Duration = Duration::from_secs(1);

/// One claim.
#[derive(Debug, Clone)]
struct Beat {
    engine: Engine,
    fence: Fence,
    every: Duration,
    next: Instant,
    lost: Arc<AtomicBool>,
}

impl Heart {
    /// Begins to beat for a claim; `lost` is set when the run has been given to another worker.
    pub(crate) fn add(
        self: &Arc<Self>,
        engine: &Engine,
        fence: Fence,
        every: Duration,
        lost: Arc<AtomicBool>,
    ) {
        let next = Instant::now() + every;
        let beat = Beat {
            engine: engine.clone(),
            fence,
            every,
            next,
            lost,
        };
        let mut state = self.lock();
        if let Some(former) = state.claims.insert(beat.fence.id, beat) {
            // It was silent for too long for whoever has the run now.
            former.lost.store(true, Ordering::Relaxed);
        }
        match state.asleep_until {
            Some(asleep_until) if asleep_until <= next => {}
            Some(_) => self.changed.notify_all(),
            None => {
                let heart = Arc::clone(self);
                let thread = std::thread::Builder::new().name("wallow-heart".into());
                match thread.spawn(move || heart.beat()) {
                    Ok(_) => state.asleep_until = Some(next),
                    Err(error) => {
                        tracing::warn!(%error, "no thread for heartbeats: claims may look stale to other workers");
                    }
                }
            }
        }
    }

    /// Ends the beating for a claim.
    pub(crate) fn remove(&self, fence: &Fence) {
        let mut state = self.lock();
        if state
            .claims
            .get(&fence.id)
            .is_some_and(|beat| beat.fence == *fence)
        {
            state.claims.remove(&fence.id);
        }
    }

    /// What the claims that live here write under.
    pub(crate) fn fences(&self) -> Vec<Fence> {
        let state = self.lock();
        state
            .claims
            .values()
            .map(|beat| beat.fence.clone())
            .collect()
    }

    /// Ends the beating for a claim, and says to it that it is lost.
    pub(crate) fn lose(&self, fence: &Fence) {
        if let Some(beat) = self.lock().claims.get(&fence.id)
            && beat.fence == *fence
        {
            beat.lost.store(true, Ordering::Relaxed);
        }
        self.remove(fence);
    }

    /// Lets one thread claim at a time.
    pub(crate) fn claiming(&self) -> MutexGuard<'_, ()> {
        self.claiming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The runs whose claims live here.
    pub(crate) fn held(&self) -> Vec<i64> {
        self.lock().claims.keys().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: sleeps until a claim is due, and ends when there has been none for a while.
    fn beat(&self) {
        let mut state = self.lock();
        let mut lingers = false;
        loop {
            let now = Instant::now();
            let next = state.claims.values().map(|beat| beat.next).min();
            if next.is_none() && lingers {
                state.asleep_until = None;
                return;
            }
            lingers = next.is_none();
            let next = next.unwrap_or(now + LINGER);
            if next > now {
                state.asleep_until = Some(next);
                let waited = self.changed.wait_timeout(state, next - now);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let due = state
                .claims
                .values()
                .filter(|beat| beat.next <= now)
                .cloned()
                .collect::<Vec<_>>();
            drop(state);
            let dead = due
                .into_iter()
                .filter(|beat| !alive(beat))
                .collect::<Vec<_>>();
            state = self.lock();
            for beat in dead {
                beat.lost.store(true, Ordering::Relaxed);
                if state
                    .claims
                    .get(&beat.fence.id)
                    .is_some_and(|other| other.fence == beat.fence)
                {
                    state.claims.remove(&beat.fence.id);
                }
            }
            let now = Instant::now();
            for beat in state.claims.values_mut().filter(|beat| beat.next <= now) {
                beat.next = now + beat.every;
            }
        }
    }
}

/// Beats once; `false` where the run is another's. A database that does not answer now may answer
/// the next time.
fn alive(beat: &Beat) -> bool {
    match beat.engine.beat(&beat.fence) {
        Ok(touched) => touched.is_some(),
        Err(error) => {
            tracing::warn!(%error, id = beat.fence.id, "a heartbeat failed");
            true
        }
    }
}
