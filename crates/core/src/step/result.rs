//! The results of steps, and the state of polling.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::{Notice, Reason, reason};
use crate::fleet::Fleet;
use crate::timestamp::Timestamp;

/// A step's own state between the polls of one wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PollState {
    /// Time of the first call.
    pub since: Timestamp,
    /// Time at which the next call is due.
    pub due: Timestamp,
    /// Number of calls so far.
    pub polls: u32,
    /// A note that only the step understands: small, and never needed for safety.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Value>,
}

/// The delay of a call from which on the time does not count for the step's limit: AWS did not answer, or the execution was
/// stopped and redriven.
const LATE_SECONDS: u64 = 60;

impl PollState {
    /// Returns the state for a call at this time. The time for which calls came to nothing is no time of waiting.
    #[must_use]
    pub(super) fn called_at(self, now: Timestamp) -> Self {
        let late_seconds = now.seconds_since(self.due);
        if late_seconds < LATE_SECONDS {
            return self;
        }
        Self { since: self.since.plus_seconds(late_seconds), ..self }
    }
}

/// The result of one call of a step.
#[derive(Debug, Clone, PartialEq)]
pub enum StepResult {
    /// The work of the step is done; the text reports it.
    Done(Reason),
    /// The work of the step is done, and a gate may follow.
    DoneBeforeGate {
        /// The report.
        why: Reason,
        /// The gate.
        gate: GateName,
        /// What the person at the gate is told.
        notice: Notice,
    },
    /// The step would change something next whose present state only AWS knows: it is written to the bucket for evidence,
    /// and the step is called again.
    Keep {
        /// The report.
        why: Reason,
        /// What is written to the bucket.
        previous: Value,
        /// The note for the next call, by which the step knows that this state was written.
        note: Value,
    },
    /// The work is not done yet. A step never fails because of that.
    Waiting(Waiting),
    /// Some servers are marked to be launched again; the text says why.
    Relaunch(Reason),
    /// Somebody has changed the launch settings of some servers, which are prepared again; the text says which.
    Prepare(Reason),
}

impl StepResult {
    /// Returns the result of a step that a launch follows, with what a person is told before it if one is asked.
    pub fn done_before_launch(why: Reason, notice: Option<Notice>) -> Self {
        match notice {
            Some(notice) => Self::DoneBeforeGate { why, gate: GateName::BeforeLaunch, notice },
            None => Self::Done(why),
        }
    }
}

/// A gate of a failback, or the hold of a drill, as the plan names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GateName {
    /// Before replication of B1 is stopped.
    BeforeStop,
    /// Before A4 is launched.
    BeforeLaunch,
    /// Before traffic is redirected.
    BeforeRedirect,
    /// Before the clean-up.
    BeforeCleanup,
    /// The hold of a drill, before its clean-up.
    Hold,
}

/// A wait of a step: the reason, the time and the progress.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// The reason, in one sentence.
    pub why: Reason,
    /// Seconds until the next poll.
    pub seconds: u64,
    /// Progress of replication, if the step waits for that.
    pub progress: Option<Progress>,
    /// The note for the next call; `None` leaves the last one as it is.
    pub note: Option<Value>,
}

impl Waiting {
    /// Returns a wait with a reason and a time.
    pub fn new(why: Reason, seconds: u64) -> Self {
        Self { why, seconds, progress: None, note: None }
    }

    /// Returns the wait of a call that has reached its deadline: the next call continues at once.
    pub fn out_of_time() -> Self {
        Self::new(reason::out_of_time(), 1)
    }

    /// Adds a note for the next call.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<Value>) -> Self {
        self.note = Some(note.into());
        self
    }
}

impl From<Waiting> for StepResult {
    fn from(waiting: Waiting) -> Self {
        Self::Waiting(waiting)
    }
}

/// Progress of replication.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Number of servers that are ready.
    pub ready: usize,
    /// Number of all servers.
    pub servers: usize,
    /// Number of bytes copied.
    pub replicated_bytes: u64,
    /// Number of all bytes.
    pub total_bytes: u64,
    /// Number of bytes written since, not yet copied.
    pub backlog_bytes: u64,
    /// The largest lag.
    pub lag_seconds_max: u64,
    /// Estimated time until the last server is ready.
    pub eta_seconds: u64,
}

/// The status of a step, which the state machine's Choice reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The next state follows.
    Done,
    /// The step is polled again.
    Waiting,
    /// Servers are launched again.
    Relaunch,
    /// Servers are prepared for launch again.
    Prepare,
    /// The state before a change is written to the bucket for evidence, and the step is called again.
    Keep,
}

/// What a step answers, which the state machine passes on to the states that follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The status.
    pub status: Status,
    /// A report, or the reason for waiting.
    pub why: String,
    /// Seconds until the next poll; 0 when done.
    pub wait_seconds: u64,
    /// Progress of replication, if the step waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The gate that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateName>,
    /// What the person at that gate is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The state before the step's next change, for the bucket for evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Value>,
}

impl Answer {
    /// Returns the answer that all is done, and what was.
    pub fn done(why: &Reason) -> Self {
        Self::new(Status::Done, why)
    }

    /// Returns an answer with a status and its reason, without a wait.
    pub(super) fn new(status: Status, why: &Reason) -> Self {
        let why = why.to_string();
        Self { status, why, wait_seconds: 0, progress: None, gate: None, notice: None, previous: None }
    }
}

/// The result of a step, as the state machine reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The answer.
    pub answer: Answer,
    /// The run's servers, with what the step has learned.
    pub fleet: Fleet,
    /// The state of polling for the next call; null when done.
    pub wait: Option<PollState>,
}
