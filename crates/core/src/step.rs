//! The frame of a step: what it is given, what it answers, and how long it may wait.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::error::{Error, ErrorName, Result};
use crate::fleet::Fleet;
use crate::guard::Guard;
use crate::live::{self, Live, Look};
use crate::plan::Plan;
use crate::procedure::Scope;
use crate::run::Run;
use crate::timestamp::Timestamp;

/// What the state machine hands to a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Input {
    /// The run.
    pub run: Run,
    /// The ledger.
    pub fleet: Fleet,
    /// What the same step answered the last time, while it is being waited for; else null.
    pub wait: Option<Wait>,
}

/// What the state machine hands to a step that works wave by wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaveInput {
    /// The run.
    pub run: Run,
    /// The ledger.
    pub fleet: Fleet,
    /// Index of the wave.
    pub wave: usize,
    /// What the same step answered the last time, while it is being waited for; else null.
    pub wait: Option<Wait>,
}

/// A step's own note to its next call, while it is being waited for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wait {
    /// When the first call was.
    pub since: Timestamp,
    /// How many calls there were.
    pub polls: u32,
    /// What only the step understands: small, and never needed for safety.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Value>,
}

/// What a step finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Everything that the step is for is so.
    Done(String),
    /// Something is not so yet. A step never fails for that.
    Waiting(Waiting),
    /// Some servers are marked to be launched again.
    Relaunch(String),
}

/// Why, how long, and how far.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Why, in one sentence.
    pub why: String,
    /// Seconds until the next look is worth it.
    pub seconds: u64,
    /// Numbers for people.
    pub progress: Option<Progress>,
    /// For the next call.
    pub memo: Option<Value>,
}

impl Waiting {
    /// Waiting, with a reason and a time.
    pub fn new(why: impl Into<String>, seconds: u64) -> Self {
        Self { why: why.into(), seconds, progress: None, memo: None }
    }
}

/// How far replication has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Servers that are ready.
    pub ready: usize,
    /// Servers in all.
    pub servers: usize,
    /// Bytes copied.
    pub replicated_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Bytes written since, not yet copied.
    pub backlog_bytes: u64,
    /// The largest lag.
    pub lag_seconds_max: u64,
    /// Until the last server is expected to be ready.
    pub eta_seconds: u64,
}

/// A step's answer, as the state machine sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// `done`, `waiting` or `relaunch`.
    pub status: String,
    /// What was found, or what is waited for.
    pub why: String,
    /// Seconds until the next look; 0 when done.
    pub wait_seconds: u64,
    /// How far replication has come, where that is what is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The ledger, with what was learned.
    pub fleet: Fleet,
    /// For the next call; null when done.
    pub wait: Option<Wait>,
}

/// A step of the page: reads live state, does what is still missing, and says `done` or `waiting`.
#[async_trait]
pub trait Step {
    /// The procedures it belongs to; decides what its guard can issue.
    type Scope: Scope;

    /// Its crate's name.
    const NAME: &'static str;

    /// What it does to the ledger's servers, or to one wave of them.
    ///
    /// # Errors
    /// What the state machine must know of. Never because something is not ready yet.
    async fn run(ctx: &Context<'_, Self::Scope>, fleet: &mut Fleet) -> Result<Verdict>;

    /// How long it may be waited for.
    fn limit_seconds(plan: &Plan) -> u64;
}

/// What a step works with.
pub struct Context<'a, S> {
    /// AWS.
    pub cloud: &'a dyn Cloud,
    /// The run.
    pub run: &'a Run,
    /// Issues warrants.
    pub guard: Guard<'a, S>,
    /// The wave, for a step that works wave by wave.
    pub wave: usize,
    /// What the last call noted.
    pub wait: Option<&'a Wait>,
    deadline: Timestamp,
}

impl<S: Scope> Context<'_, S> {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.cloud.now()
    }

    /// Reads the live state and fills in what the ledger lacks.
    ///
    /// # Errors
    /// Those of AWS; `Guard` when something live is not provably the fleet's.
    pub async fn look(&self, fleet: &mut Fleet, look: Look) -> Result<Live> {
        let live = live::read(self.cloud, self.run, fleet, look).await?;
        live.complete(self.run, fleet)?;
        Ok(live)
    }

    /// True when this call must end before it is ended: what is left to do waits for the next call.
    pub fn is_late(&self) -> bool {
        self.now() >= self.deadline
    }

    /// Seconds since this step was first called.
    pub fn waited_seconds(&self) -> u64 {
        self.wait.map_or(0, |wait| self.now().seconds_since(wait.since))
    }

    /// What the last call noted for this one.
    pub fn memo<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        let memo = self.wait?.memo.clone()?;
        serde_json::from_value(memo).ok()
    }
}

/// Separates what AWS or the guard refuses for now from what is wrong: a refusal for now is a reason to wait.
///
/// # Errors
/// Everything but `Conflict`, `QuotaExceeded` and `NotReady`.
pub fn refused<T>(result: Result<T>) -> Result<Result<T, String>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error)
            if matches!(
                error.name(),
                ErrorName::Conflict | ErrorName::QuotaExceeded | ErrorName::NotReady
            ) =>
        {
            let why = error.answer().map_or_else(|| error.to_string(), |answer| answer.message.clone());
            Ok(Err(why))
        }
        Err(error) => Err(error),
    }
}

/// Runs a step on its payload.
///
/// # Errors
/// The step's; `TimedOut` when the plan's limit is over; `Internal` when the payload is not the step's.
pub async fn handle<T: Step>(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    let Input { run, fleet, wait } = read(payload, T::NAME)?;
    call::<T>(cloud, run, fleet, 0, wait, deadline).await
}

/// Runs a step that works wave by wave on its payload.
///
/// # Errors
/// As [`handle`].
pub async fn handle_wave<T: Step>(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    let WaveInput { run, fleet, wave, wait } = read(payload, T::NAME)?;
    call::<T>(cloud, run, fleet, wave, wait, deadline).await
}

/// Reads a payload of the state machine.
///
/// # Errors
/// `Internal`: the state machine and its functions do not fit each other.
pub fn read<T: serde::de::DeserializeOwned>(payload: Value, step: &str) -> Result<T> {
    serde_json::from_value(payload).map_err(|error| {
        Error::internal(format!(
            "the payload is not one of {step}: {error}; deploy machine and functions together"
        ))
    })
}

async fn call<T: Step>(
    cloud: &dyn Cloud,
    run: Run,
    mut fleet: Fleet,
    wave: usize,
    wait: Option<Wait>,
    deadline: Timestamp,
) -> Result<Value> {
    let now = cloud.now();
    let ctx = Context { cloud, run: &run, guard: Guard::new(&run)?, wave, wait: wait.as_ref(), deadline };
    let verdict = T::run(&ctx, &mut fleet).await?;
    let since = wait.as_ref().map_or(now, |wait| wait.since);
    let output = match verdict {
        Verdict::Done(why) => ended("done", why, fleet),
        Verdict::Relaunch(why) => ended("relaunch", why, fleet),
        Verdict::Waiting(waiting) => {
            within_limit::<T>(&run.plan, cloud.now().seconds_since(since), &waiting.why)?;
            let polls = wait.as_ref().map_or(0, |wait| wait.polls) + 1;
            Output {
                status: "waiting".to_owned(),
                why: waiting.why,
                wait_seconds: waiting.seconds.max(1),
                progress: waiting.progress,
                fleet,
                wait: Some(Wait { since, polls, memo: waiting.memo }),
            }
        }
    };
    serde_json::to_value(output).map_err(|error| Error::internal(error.to_string()))
}

fn ended(status: &str, why: String, fleet: Fleet) -> Output {
    Output { status: status.to_owned(), why, wait_seconds: 0, progress: None, fleet, wait: None }
}

fn within_limit<T: Step>(plan: &Plan, waited_seconds: u64, why: &str) -> Result<()> {
    let limit = T::limit_seconds(plan);
    if waited_seconds <= limit {
        return Ok(());
    }
    let message = format!(
        "{} has waited {} min, longer than the plan's limits allow ({} min): {why}",
        T::NAME,
        waited_seconds / 60,
        limit / 60
    );
    Err(Error::new(ErrorName::TimedOut, message))
}
