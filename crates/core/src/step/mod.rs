//! The contract of a step: its input, its result and its time limit.

mod context;
mod input;
mod limit;
mod refused;
mod result;

use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use context::{Attempt, Context, attempt, ready};
pub use input::{FleetInput, StepInput, WaveInput};
pub use limit::Limit;
pub use refused::Refused;
pub use result::{Answer, GateName, Output, PollState, Progress, Status, StepResult, Waiting};

use crate::catalogue::fault;
use crate::cloud::Cloud;
use crate::error::{Error, ErrorName, Result};
use crate::fleet::Fleet;
use crate::plan::Plan;
use crate::poll_interval;
use crate::procedure::{Procedure, Scope};
use crate::timestamp::Timestamp;

/// A function that the state machines call.
pub trait Handler: Send + Sync + 'static {
    /// The name of its crate, from which the names of its state and its function follow.
    const NAME: &'static str;
    /// The procedures whose state machines call it.
    const PROCEDURES: &'static [Procedure];
    /// The payload of a call.
    type Input: DeserializeOwned + JsonSchema + Send;
    /// The result of a call.
    type Output: Serialize + DeserializeOwned + JsonSchema;

    /// Handles one call, and starts nothing new after the deadline.
    ///
    /// # Errors
    /// Those that the state machine must handle.
    fn handle(
        cloud: &dyn Cloud,
        input: Self::Input,
        deadline: Timestamp,
    ) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// Handles one call with its payload as JSON.
///
/// # Errors
/// Those of the handler; `Internal` when the payload is not the handler's.
pub async fn call<H: Handler>(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    call_with::<H>(cloud, &payload, deadline).await
}

/// Handles one call with its payload as JSON, which stays with the caller.
///
/// # Errors
/// Same as [`call`].
pub async fn call_with<H: Handler>(cloud: &dyn Cloud, payload: &Value, deadline: Timestamp) -> Result<Value> {
    let input = H::Input::deserialize(payload)
        .map_err(|error| Error::from(fault::payload_does_not_fit(H::NAME, error)))?;
    let output = H::handle(cloud, input, deadline).await?;
    serde_json::to_value(output).map_err(|error| Error::from(fault::cannot_be_written("an answer", error)))
}

/// A step of the page that is polled: it reads live state, does the missing work, and reports whether it is done.
pub trait Step: Send + Sync + 'static {
    /// The procedures that it belongs to; decides what its guard can issue.
    type Scope: Scope;
    /// [`FleetInput`], or [`WaveInput`] for a step that works wave by wave.
    type Input: StepInput;
    /// The name of its crate.
    const NAME: &'static str;

    /// Works on the fleet's servers, or on one wave of them.
    ///
    /// # Errors
    /// Those that the state machine must handle. A resource that is not ready yet is not an error.
    fn run(
        ctx: &Context<'_, Self::Scope>,
        fleet: &mut Fleet,
    ) -> impl Future<Output = Result<StepResult>> + Send;

    /// Returns the time limit of the step, from its first call.
    fn limit(plan: &Plan) -> Limit;
}

impl<S: Step> Handler for S {
    const NAME: &'static str = S::NAME;
    const PROCEDURES: &'static [Procedure] = S::Scope::ACCEPTS;
    type Input = S::Input;
    type Output = Output;

    async fn handle(cloud: &dyn Cloud, input: S::Input, deadline: Timestamp) -> Result<Output> {
        let (run, mut fleet, wave, poll) = input.into_parts();
        let poll = poll.map(|poll| poll.called_at(cloud.now()));
        let since = poll.as_ref().map_or_else(|| cloud.now(), |poll| poll.since);
        let ctx = Context::new(cloud, &run, wave, poll.as_ref(), deadline)?;
        let polls = poll.as_ref().map_or(0, |poll| poll.polls) + 1;
        let again = |note, seconds| {
            let due = cloud.now().plus_seconds(seconds);
            Some(PollState { since, due, polls, note })
        };
        let result = match S::run(&ctx, &mut fleet).await {
            Err(error) if error.name() == ErrorName::Stale => StepResult::Waiting(Waiting::out_of_time()),
            result => result?,
        };
        let (answer, wait) = match result {
            StepResult::Done(why) => (Answer::new(Status::Done, &why), None),
            StepResult::DoneBeforeGate { why, gate, notice } => {
                let (gate, notice) = (Some(gate), Some(notice.into_string()));
                (Answer { gate, notice, ..Answer::new(Status::Done, &why) }, None)
            }
            StepResult::Keep { why, previous, note } => {
                (Answer { previous: Some(previous), ..Answer::new(Status::Keep, &why) }, again(Some(note), 0))
            }
            StepResult::Relaunch(why) => (Answer::new(Status::Relaunch, &why), None),
            StepResult::Prepare(why) => (Answer::new(Status::Prepare, &why), None),
            StepResult::Waiting(Waiting { why, seconds, progress, note }) => {
                // A loop without a wait would use up the execution's events within minutes. A call that had no time left
                // goes on at once, and one that AWS asked to slow down goes on soon, whatever else it waits for.
                let least = poll_interval::least(ctx.waited_seconds(), polls);
                let wait_seconds = match seconds {
                    0..=1 => 1,
                    _ if ctx.was_slowed_down() => poll_interval::slowed_down(ctx.waited_seconds()),
                    _ => seconds.max(least),
                };
                let answer = Answer { wait_seconds, progress, ..Answer::new(Status::Waiting, &why) };
                // What an earlier call noted stays true, whatever this one waits for.
                let note = note.or_else(|| ctx.poll?.note.clone());
                (answer, again(note, wait_seconds))
            }
        };
        if wait.is_some() {
            within_limit::<S>(&run.plan, cloud.now().seconds_since(since), &answer.why)?;
        }
        Ok(Output { answer, fleet, wait })
    }
}

fn within_limit<S: Step>(plan: &Plan, waited_seconds: u64, why: &str) -> Result<()> {
    let limit = S::limit(plan);
    if waited_seconds <= limit.seconds() {
        return Ok(());
    }
    Err(fault::timed_out(S::NAME, waited_seconds / 60, limit, why).into())
}
