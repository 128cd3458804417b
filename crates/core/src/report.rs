//! The report of a run: what evidence, notifications and people read. 1,000 servers stay under 256 KiB.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fleet::Times;
use crate::id::{InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use crate::procedure::Procedure;
use crate::timestamp::Timestamp;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything was done.
    Succeeded,
    /// It was not, and the run was a drill or had begun to clean up.
    Failed,
    /// A failback that stopped before its clean-up: production is where it is served, nothing was deleted.
    Held,
}

impl Outcome {
    /// As written in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Held => "held",
        }
    }
}

/// Where a run went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// The state.
    pub step: String,
    /// The error's name.
    pub error: String,
    /// What happened and what to do.
    pub cause: String,
}

impl Failure {
    /// Reads the message out of a cause as Lambda gives it: JSON with `errorMessage`.
    #[must_use]
    pub fn plain(mut self) -> Self {
        let message = serde_json::from_str::<serde_json::Value>(&self.cause)
            .ok()
            .and_then(|cause| cause.get("errorMessage")?.as_str().map(str::to_owned));
        if let Some(message) = message {
            self.cause = message;
        }
        if self.error == "States.Timeout" && self.cause.is_empty() {
            "nobody answered in time, which means no".clone_into(&mut self.cause);
        }
        self
    }
}

/// What became of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServerOutcome {
    /// A4 took over and is protected.
    FailedBack,
    /// A4 was launched and worked.
    Drilled,
    /// The server ran in the source Region again when the run started.
    AlreadyFailedBack,
    /// The run stopped before its clean-up.
    Held,
    /// The run failed.
    Failed,
}

/// One server of the report. B3 and A4 are the instances of B2 and A3, which have the same ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerReport {
    /// Its name.
    pub name: String,
    /// Its wave's index.
    pub wave: usize,
    /// What became of it.
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
    /// The source server in the recovery Region.
    pub b1: SourceServerId,
    /// The recovery instance in the recovery Region; B3 has the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b2: Option<RecoveryInstanceId>,
    /// Seconds since the run began: reversed, ready, launched, point in time, (lag at launch), validated, protected.
    #[serde(default, skip_serializing_if = "Times::is_empty")]
    pub times: Times,
    /// The labels of what still exists, such as `A4 B1`.
    pub left: String,
}

/// What a failback lost: records that B3 acknowledged and A4 does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// Writes from here on, the oldest point in time of any A4 …
    pub from: Timestamp,
    /// … until Route 53 accepted the redirect are lost (unknown when an earlier run redirected) …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// … and so are those that clients still sent to B3 before this, when Route 53 was seen INSYNC.
    pub until_at_most: Timestamp,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// In one sentence.
    pub summary: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Where it went wrong, if it did.
    pub failure: Option<Failure>,
    /// Which procedure.
    pub procedure: Procedure,
    /// The plan's name.
    pub plan: String,
    /// The execution.
    pub execution: String,
    /// Who started it, if the plan says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// When this report was made.
    pub ended: Timestamp,
    /// From the beginning until traffic was redirected or, in a drill, until the last server worked.
    pub rto_seconds: Option<u64>,
    /// What was lost, in a failback that redirected traffic by Route 53.
    pub loss: Option<Loss>,
    /// Names of the waves.
    pub waves: Vec<String>,
    /// Every server.
    pub servers: Vec<ServerReport>,
    /// DRS jobs that are still at work on them: what they launch is not listed yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<JobId>,
    /// What to do next.
    pub next: String,
}
