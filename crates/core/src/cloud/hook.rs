//! The hook: a Lambda function of the user, which stops writes to B3 and lets them go on.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::{Reason, fault, reason};
use crate::error::{Error, Result};
use crate::guard::{CallHook, Warrant};
use crate::id::{InstanceId, SourceServerId};
use crate::timestamp::Timestamp;

/// What the hook is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum HookAction {
    /// Stop writes to B3, and flush what it has accepted to its disks.
    Freeze,
    /// Say whether A4 holds all that B3 has accepted. Nothing is changed.
    Verify,
    /// Let writes to B3 go on.
    Lift,
}

/// A server, as the hook gets to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HookServer {
    /// The server's name.
    pub name: String,
    /// Its source server in the recovery Region.
    pub b1: SourceServerId,
    /// Its recovered instance.
    pub b3: InstanceId,
    /// Its failed-back instance, where the hook is asked to verify it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a4: Option<InstanceId>,
}

/// The payload of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HookRequest {
    /// What is asked.
    pub action: HookAction,
    /// The end of the lease: B3 may not stay frozen any longer.
    pub until: Timestamp,
    /// The execution for which B3 is frozen.
    pub execution: String,
    /// The servers.
    pub servers: Vec<HookServer>,
}

/// The answer of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookAnswer {
    /// It is done: of `verify`, nothing is missing on A4.
    Done,
    /// It goes on, with the reason. The same call is made again.
    Waiting(Reason),
    /// Of `verify`: A4 lacks something that B3 has accepted.
    Missing(Reason),
}

/// The answer as the hook writes it. What else it writes is not read.
#[derive(Deserialize)]
struct Written {
    status: String,
    #[serde(default)]
    why: String,
}

/// The longest reason that is passed on, in characters.
const WHY_MAX: usize = 200;

impl HookAnswer {
    /// Reads an answer.
    ///
    /// # Errors
    /// `Rejected` when it is not one.
    pub fn read(answer: &Value) -> Result<Self> {
        let odd = || Error::from(fault::hook_answers_oddly(short(&answer.to_string())));
        let written = Written::deserialize(answer).map_err(|_| odd())?;
        let why = reason::hook_says(short(&written.why));
        match written.status.as_str() {
            "done" => Ok(Self::Done),
            "waiting" => Ok(Self::Waiting(why)),
            "missing" => Ok(Self::Missing(why)),
            _ => Err(odd()),
        }
    }

    /// Returns the error of a call in which the hook itself failed.
    pub fn failed(what: &str) -> Error {
        Error::from(fault::hook_failed(short(what)))
    }
}

fn short(text: &str) -> String {
    text.chars().take(WHY_MAX).collect()
}

/// The hook.
#[async_trait]
pub trait Hook: Send + Sync {
    /// Calls the hook, and waits for its answer, at most 15 seconds (Invoke).
    async fn call_hook(&self, warrant: Warrant<CallHook>) -> Result<HookAnswer>;
}
