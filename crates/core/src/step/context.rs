//! The context of one call of a step.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::de::DeserializeOwned;

use super::refused::Refused;
use super::result::{PollState, Waiting};
use crate::at_once::{Pace, SLOW_DOWN_MS, at_pace};
use crate::catalogue::{Reason, reason};
use crate::cloud::Cloud;
use crate::error::{Error, ErrorName, Result};
use crate::fleet::{self, Fleet, LiveServer, LiveState, Reads};
use crate::guard::Guard;
use crate::message::Reasons;
use crate::poll_interval;
use crate::procedure::{Procedure, Scope};
use crate::run::Run;
use crate::timestamp::Timestamp;

/// AWS, the run, the guard, and the state of polling.
pub struct Context<'a, S> {
    /// AWS.
    pub cloud: &'a dyn Cloud,
    /// The run.
    pub run: &'a Run,
    /// The guard, which issues warrants.
    pub guard: Guard<'a, S>,
    /// Index of the wave, for a step that works wave by wave.
    pub wave: usize,
    /// The state of polling as the last call returned it; `None` at the first call.
    pub poll: Option<&'a PollState>,
    deadline: Timestamp,
    pace: Pace,
    /// True once AWS has asked to slow down, and a call was left to the next poll because of that.
    slowed_down: AtomicBool,
}

impl<'a, S: Scope> Context<'a, S> {
    pub(super) fn new(
        cloud: &'a dyn Cloud,
        run: &'a Run,
        wave: usize,
        poll: Option<&'a PollState>,
        deadline: Timestamp,
    ) -> Result<Self> {
        Ok(Self {
            cloud,
            run,
            guard: Guard::new(run, cloud)?,
            wave,
            poll,
            deadline,
            pace: Pace::default(),
            slowed_down: AtomicBool::new(false),
        })
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.cloud.now()
    }

    /// Reads the live state, and adds the ids that the fleet lacks.
    ///
    /// # Errors
    /// Those of AWS; `Guard` when a live object is not provably the fleet's.
    pub async fn read(&self, fleet: &mut Fleet, reads: Reads) -> Result<LiveState> {
        let live = fleet::read(self.cloud, self.run, fleet, reads).await?;
        live.complete(self.run, fleet, reads)?;
        Ok(live)
    }

    /// Reads the live state for a clean-up. A member of a drill that is ambiguous is refused, and the others are not.
    ///
    /// # Errors
    /// Those of AWS; in a failback, those of [`read`](Self::read).
    pub async fn read_to_clean_up(&self, fleet: &mut Fleet, reads: Reads) -> Result<(LiveState, Refused)> {
        let mut refused = Refused::none(self.run.procedure);
        if self.run.procedure == Procedure::Failback {
            return Ok((self.read(fleet, reads).await?, refused));
        }
        let live = fleet::read_for_report(self.cloud, self.run, fleet, reads).await?;
        for server in fleet.servers.iter_mut().filter(|server| !server.already_failed_back) {
            let completed = live.complete_server(self.run, server, reads);
            let is_clear =
                completed.and_then(|()| if reads.a3 { live.server(server).a3().map(|_| ()) } else { Ok(()) });
            refused.unless_refused(server, is_clear)?;
        }
        Ok((live, refused))
    }

    /// Does independent work for servers, several at a time, and returns in order what came of each. Work that has not begun
    /// when the call is late is left to the next, and so is a call that AWS asks to slow down: fewer are made at a time
    /// from then on.
    ///
    /// # Errors
    /// The first error that does not pass with time. Nothing more begins after it.
    pub async fn at_once<T: Send, F>(&self, work: impl IntoIterator<Item = F>) -> Result<Vec<Attempt<T>>>
    where
        F: Future<Output = Result<Attempt<T>>> + Send,
    {
        at_pace(&self.pace, work.into_iter().map(|work| self.in_time(work)).collect::<Vec<_>>()).await
    }

    /// Does the same, where a refusal of the guard is what came of one server, and keeps no other from its work.
    ///
    /// # Errors
    /// Same as [`at_once`](Self::at_once), without refusals of the guard.
    pub async fn at_once_unless_refused<T: Send, F>(
        &self,
        work: impl IntoIterator<Item = F>,
    ) -> Result<Vec<Result<Attempt<T>>>>
    where
        F: Future<Output = Result<Attempt<T>>> + Send,
    {
        let answered = self.at_once(work.into_iter().map(refusal_as_answer).collect::<Vec<_>>()).await?;
        let separated = answered.into_iter().map(|answer| match answer {
            Attempt::Done(Ok(value)) => Ok(Attempt::Done(value)),
            Attempt::Done(Err(refusal)) => Err(refusal),
            Attempt::NotYet(reason) => Ok(Attempt::NotYet(reason)),
        });
        Ok(separated.collect())
    }

    /// Makes a call that AWS may ask to slow down again after a pause, as long as there is time: what it refuses so takes no
    /// effect. For a call that must follow another one.
    ///
    /// # Errors
    /// Those of the call; `Throttled` when the call is late.
    pub async fn patiently<T, F: Future<Output = Result<T>>>(&self, call: impl Fn() -> F) -> Result<T> {
        loop {
            match call().await {
                Err(error) if error.name() == ErrorName::Throttled && !self.is_late() => {
                    self.pace.slow_down();
                    self.cloud.pause(SLOW_DOWN_MS).await;
                }
                result => return result,
            }
        }
    }

    async fn in_time<T, F: Future<Output = Result<Attempt<T>>>>(&self, work: F) -> Result<Attempt<T>> {
        if self.is_late() {
            return Ok(Attempt::NotYet(reason::out_of_time()));
        }
        match work.await {
            Err(error) if error.name() == ErrorName::Throttled => {
                self.slowed_down.store(true, Ordering::Relaxed);
                self.pace.slow_down();
                self.cloud.pause(SLOW_DOWN_MS).await;
                Ok(Attempt::NotYet(reason::slow_down()))
            }
            result => result,
        }
    }

    /// Returns true when a call was left to the next poll only because AWS asks to slow down.
    pub(super) fn was_slowed_down(&self) -> bool {
        self.slowed_down.load(Ordering::Relaxed)
    }

    /// Returns true when the Lambda deadline is near. The next poll continues.
    pub fn is_late(&self) -> bool {
        self.now() >= self.deadline
    }

    /// Returns the seconds since the first call of this wait.
    pub fn waited_seconds(&self) -> u64 {
        self.poll.map_or(0, |poll| self.now().seconds_since(poll.since))
    }

    /// Returns the seconds since the time that the last call noted; 0 at the first call.
    pub fn seconds_since_note(&self) -> u64 {
        self.now().seconds_since(self.noted_time())
    }

    /// Returns a wait for what is refused for now, without an estimate of its end. A late call goes on at once.
    pub fn again(&self, why: Reason) -> Waiting {
        let seconds = if self.is_late() { 1 } else { poll_interval::backoff(self.waited_seconds()) };
        Waiting::new(why, seconds)
    }

    /// Returns the time that the last call noted, or the current time.
    pub fn noted_time(&self) -> Timestamp {
        self.note().map_or_else(|| self.now(), Timestamp::from_millis)
    }

    /// Returns the note of the last call, if it is of this type.
    pub fn note<T: DeserializeOwned>(&self) -> Option<T> {
        let note = self.poll?.note.clone()?;
        serde_json::from_value(note).ok()
    }
}

async fn refusal_as_answer<T, F: Future<Output = Result<Attempt<T>>>>(work: F) -> Result<Attempt<Result<T>>> {
    Ok(match work.await {
        Ok(Attempt::Done(value)) => Attempt::Done(Ok(value)),
        Ok(Attempt::NotYet(reason)) => Attempt::NotYet(reason),
        Err(error) if error.name() == ErrorName::Guard => Attempt::Done(Err(error)),
        Err(error) => return Err(error),
    })
}

/// The result of a call that AWS or the guard may refuse for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt<T> {
    /// It was done.
    Done(T),
    /// It was refused for now, with this reason: the step waits and tries again.
    NotYet(Reason),
}

/// Separates refusals that pass with time from errors.
///
/// # Errors
/// Every error but `Conflict`, `QuotaExceeded` and `NotReady`.
pub fn attempt<T>(result: Result<T>) -> Result<Attempt<T>> {
    match result {
        Ok(value) => Ok(Attempt::Done(value)),
        Err(error) if is_for_now(&error) => Ok(Attempt::NotYet(Reason::from(&error))),
        Err(error) => Err(error),
    }
}

fn is_for_now(error: &Error) -> bool {
    matches!(error.name(), ErrorName::Conflict | ErrorName::QuotaExceeded | ErrorName::NotReady)
}

/// Asks about each server by itself, so that one that is not ready holds up nobody else. Returns those that are, and adds
/// the others with their reasons.
///
/// # Errors
/// Those of the question that do not pass with time.
pub fn ready<'s, 'l, T>(
    servers: &[&'s LiveServer<'l>],
    reasons: &mut Reasons,
    mut ask: impl FnMut(&'s LiveServer<'l>) -> Result<T>,
) -> Result<Vec<&'s LiveServer<'l>>> {
    let mut ready = Vec::new();
    for server in servers {
        match attempt(ask(server))? {
            Attempt::Done(_) => ready.push(*server),
            Attempt::NotYet(reason) => reasons.add(&server.name, reason),
        }
    }
    Ok(ready)
}

impl<T> Attempt<T> {
    /// Returns the reason of a refusal.
    pub fn refusal(self) -> Option<Reason> {
        match self {
            Self::Done(_) => None,
            Self::NotYet(reason) => Some(reason),
        }
    }
}
