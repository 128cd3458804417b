//! The report of a run, for evidence, notifications and people. A report of 500 servers stays under 256 KiB; that of more
//! leaves out what does not fit, the milestones first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::reason;
use crate::fleet::{Serving, Times};
use crate::id::{InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use crate::procedure::Procedure;
use crate::run::{Aborted, Which};
use crate::timestamp::Timestamp;

/// The outcome of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// All work was done.
    Succeeded,
    /// A failback of servers that ran in the source Region already: nothing was changed.
    NothingToDo,
    /// A drill that removed what an interrupted drill had left, and rehearsed nothing.
    CleanedUp,
    /// A failback that its plan ends once A2 can be launched: nothing was launched, and production runs where it did.
    Ready,
    /// The run failed, and was a drill or had started its clean-up.
    Failed,
    /// A failback that stopped before its clean-up: neither B3 nor A1 was terminated. Each server of the report says
    /// which instance serves its clients.
    Held,
    /// A failback that a person aborted before traffic had moved: what its runs launched is terminated, unless the plan keeps
    /// it, and everything else is as before. A2 goes on.
    Aborted,
}

impl Outcome {
    /// Returns true when nothing is left of the run's work.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Succeeded | Self::NothingToDo)
    }

    /// Returns true when the run stopped, and a person must see to its failure.
    pub fn is_stopped(self) -> bool {
        matches!(self, Self::Failed | Self::Held)
    }

    /// Returns the outcome as people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::NothingToDo => "nothing to do",
            Self::CleanedUp => "cleaned up",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Aborted => "aborted",
        }
    }

    /// Returns true when the run has done what its plan asked for: then its execution succeeds.
    pub fn is_as_planned(self) -> bool {
        matches!(self, Self::Succeeded | Self::Ready | Self::NothingToDo)
    }
}

/// The failure of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// The state that failed.
    pub step: String,
    /// The error's name.
    pub error: String,
    /// The cause and the remedy.
    pub cause: String,
}

/// The error of an abort that has led back, which the state machine sets.
const ABORTED: &str = "Failback.Aborted";

impl Failure {
    /// Returns true for the end of an abort that has led back.
    pub fn is_abort(&self) -> bool {
        self.error == ABORTED
    }

    /// Replaces a cause as Lambda gives it, JSON with `errorMessage`, by its message.
    #[must_use]
    pub fn plain(mut self) -> Self {
        let message = serde_json::from_str::<serde_json::Value>(&self.cause)
            .ok()
            .and_then(|cause| cause.get("errorMessage")?.as_str().map(str::to_owned));
        if let Some(message) = message {
            self.cause = message;
        }
        if self.error == "States.Timeout" && self.cause.is_empty() {
            self.cause = reason::no_answer_in_time().to_string();
        }
        self
    }
}

/// The outcome for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServerOutcome {
    /// A4 took over and is protected.
    FailedBack,
    /// A2 could be launched, and nothing was.
    Ready,
    /// A4 was launched and worked.
    Drilled,
    /// The server ran in the source Region again when the run started.
    AlreadyFailedBack,
    /// What an interrupted drill had left of it was removed.
    CleanedUp,
    /// The run stopped before its clean-up.
    Held,
    /// The run led back.
    Aborted,
    /// The run failed.
    Failed,
}

/// The protection of the instance that serves: by A2 if B3 serves, else by B1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Protection {
    /// Every write is replicated.
    Healthy,
    /// It is replicated, but DRS is still copying or comparing, or has stalled.
    Incomplete,
    /// It is not replicated.
    None,
    /// It is not known which instance serves, or its source server could not be read.
    #[default]
    Unknown,
}

/// A server of the report. B3 and A4 have the same ids as B2 and A3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerReport {
    /// The server's name.
    pub name: String,
    /// Index of the server's wave in the plan.
    pub wave: usize,
    /// The outcome for this server.
    pub outcome: ServerOutcome,
    /// The original instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a1: Option<InstanceId>,
    /// The source server in the source Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a2: Option<SourceServerId>,
    /// The recovery instance in the source Region; A4 has the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a3: Option<RecoveryInstanceId>,
    /// The source server in the recovery Region: the one that protects A4, where DRS has made another one.
    pub b1: SourceServerId,
    /// The recovery instance in the recovery Region; B3 has the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b2: Option<RecoveryInstanceId>,
    /// The milestones that this run has seen.
    #[serde(default, skip_serializing_if = "Milestones::is_empty")]
    pub seconds_from_start: Milestones,
    /// A2's lag when its launch started, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_at_launch_seconds: Option<i64>,
    /// The labels of what still exists, such as `A4 B1`.
    pub left: String,
    /// The instance that serves the server's clients.
    #[serde(default)]
    pub serves: Serving,
    /// The protection of that instance.
    #[serde(default)]
    pub protection: Protection,
    /// The age of the newest copy of that instance's data, in seconds, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_age_seconds: Option<u64>,
    /// The part of the server that is ambiguous, with the remedy. What follows from it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The milestones of one server, each in seconds from the start of the run; before it, for what an earlier run or a person
/// has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Milestones {
    /// When reversed replication was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversed: Option<i64>,
    /// When A2 was first seen ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<i64>,
    /// When A4 was first seen launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched: Option<i64>,
    /// The point in time of A4's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_in_time: Option<i64>,
    /// When A4 was first seen to work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validated: Option<i64>,
    /// When A4 was first seen protected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<i64>,
}

impl Milestones {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<Times> for Milestones {
    fn from(times: Times) -> Self {
        let Times { reversed, ready, launched, point_in_time, lag_at_launch: _, validated, protected } =
            times;
        Self { reversed, ready, launched, point_in_time, validated, protected }
    }
}

/// The loss of a failback: records that B3 acknowledged and A4 does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// The oldest point in time of any A4. Writes from this time on are lost.
    pub from: Timestamp,
    /// The time at which Route 53 accepted the redirect, and the loss ends; unknown when people redirected traffic, or no
    /// run has recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The time from which no client can use B3: the old TTL of the records after Route 53 was seen INSYNC or, by hand, the
    /// time of the yes that said so. Writes that clients still sent to B3 before it are lost too.
    pub until_at_most: Timestamp,
}

/// The freeze of writes to B3, during which clients cannot write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FreezeReport {
    /// The time at which it was confirmed.
    pub since: Timestamp,
    /// The time from which every client uses A4: the old TTL of the records after Route 53 was seen INSYNC. Absent while
    /// traffic is not redirected, or where people redirect it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A yes at a gate, or another answer that is not a no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// The gate's state.
    pub gate: String,
    /// The time of the answer.
    pub at: Timestamp,
    /// Who answered: the caller of the HTTP API, as IAM knows it, or the name that the answer carries. CloudTrail is the
    /// authority on who called Step Functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The reason, if the answer carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The servers that the answer wants launched again; absent for a yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_again: Option<Which>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The outcome in one sentence.
    pub summary: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The failure, if there is one.
    pub failure: Option<Failure>,
    /// The procedure.
    pub procedure: Procedure,
    /// The plan's name.
    pub plan: String,
    /// The execution.
    pub execution: String,
    /// The person or system that started the run, if the plan names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// The gates at which somebody said yes, or wanted servers launched again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// The abort, if somebody asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted: Option<Aborted>,
    /// Start time of the first execution of the failback, where this one continues it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// Start time of the run.
    pub started: Timestamp,
    /// Time of this report.
    pub ended: Timestamp,
    /// Of a failback, the time from the start of its first execution until Route 53 was seen INSYNC or, by hand, until the
    /// yes that said so. Of a drill, the time from its start until the last server worked.
    pub rto_seconds: Option<u64>,
    /// The loss of a failback, over all its executions.
    pub loss: Option<Loss>,
    /// The freeze of writes to B3, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<FreezeReport>,
    /// Names of the waves.
    pub waves: Vec<String>,
    /// All servers.
    pub servers: Vec<ServerReport>,
    /// DRS jobs that are still working on these servers. Instances that they launch are not listed yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobId>,
    /// Where production is, what protects it, and the recommended next step.
    pub next: String,
    /// The command that starts the run again with the same plan, where that is the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}
