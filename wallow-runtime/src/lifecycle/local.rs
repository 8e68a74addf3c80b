//! The claims that live in this program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::held::HeldClaim;
use super::{Claim, Heartbeats};
use crate::codegen_support::{Decode, Lifecycle};
use crate::engine::{ClaimRequest, ClaimResult, Engine, Idle, NextRun, NotClaimed, QueueRequest};
use crate::error::Error;
use crate::value::Value;

/// An engine, and the claims that live in a store and its clones.
#[derive(Debug, Clone)]
pub(crate) struct LocalClaims {
    engine: Engine,
    heartbeats: Arc<Heartbeats>,
    /// Whether the last search found no run, so that the next one only looks.
    found_none: Arc<AtomicBool>,
}

impl LocalClaims {
    pub(crate) fn new(engine: &Engine) -> Self {
        let heartbeats = Heartbeats::new(engine.table(), engine.pool(), engine.environment());
        LocalClaims {
            engine: engine.clone(),
            heartbeats: Arc::new(heartbeats),
            found_none: Arc::default(),
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn heartbeats(&self) -> &Heartbeats {
        &self.heartbeats
    }

    /// Claims the run with this key, or returns why not.
    pub(crate) fn claim<R: Lifecycle>(
        &self,
        key: &[Value<'_>],
        request: &ClaimRequest<'_>,
    ) -> Result<Result<Claim<R>, NotClaimed<R>>, Error> {
        let _one_at_a_time = self.heartbeats.claiming();
        let result = self.engine.claim(key, request, &*self.heartbeats)?;
        Ok(match result {
            ClaimResult::Claimed(run, token) => Ok(Claim::new(
                run,
                HeldClaim::new(self, token, request.reclaim),
            )),
            ClaimResult::Not(reason) => Err(reason),
        })
    }

    /// Claims the next run of the queue, or returns what is in the queue instead.
    pub(crate) fn claim_next<T: Decode>(
        &self,
        request: &QueueRequest,
    ) -> Result<Result<(T, HeldClaim), Idle>, Error> {
        let looks_first = self.found_none.load(Ordering::Relaxed);
        // Others may claim and release meanwhile: a look may wait for a migration.
        let seen = looks_first.then(|| self.engine.look(request, &*self.heartbeats));
        let seen = seen.transpose()?;
        let _one_at_a_time = self.heartbeats.claiming();
        let next = self.engine.claim_next(request, &*self.heartbeats, seen)?;
        let found_none = matches!(next, NextRun::None(_));
        self.found_none.store(found_none, Ordering::Relaxed);
        Ok(match next {
            NextRun::Claimed(run, token) => Ok((run, HeldClaim::new(self, token, request.reclaim))),
            NextRun::None(idle) => Err(idle),
        })
    }

    /// Gives every claim of this program back to the queue; returns how many there were. A claim whose end is being
    /// written is waited for, at most for the busy timeout. Nothing is claimed meanwhile.
    pub(crate) fn release_all(&self) -> Result<u64, Error> {
        let _no_claim_meanwhile = self.heartbeats.claiming();
        self.release()
    }

    /// Releases the claims and then ends the program, with no claim in between.
    #[cfg(feature = "ctrlc")]
    pub(super) fn release_before_exit(&self, status: i32) -> ! {
        let _no_further_claim = self.heartbeats.claiming();
        if let Err(error) = self.release() {
            tracing::warn!(%error, "claims could not be given back; they will look silent");
        }
        std::process::exit(status)
    }

    fn release(&self) -> Result<u64, Error> {
        const LOOK: Duration = Duration::from_millis(10);
        let mut released = 0;
        for token in self.heartbeats.open_tokens() {
            self.heartbeats.lose(&token);
            released += self.engine.give_back(&token)?;
        }
        let started = Instant::now();
        while !self.heartbeats.is_idle() && started.elapsed() < self.engine.busy_timeout() {
            std::thread::sleep(LOOK);
        }
        for token in self.heartbeats.tokens() {
            self.heartbeats.lose(&token);
            released += self.engine.give_back(&token)?;
        }
        Ok(released)
    }
}
