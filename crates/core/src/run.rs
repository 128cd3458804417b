//! A run: one execution of one procedure with one plan.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::SourceServerId;
use crate::message::listed;
use crate::plan::{Freeze, LaunchAs, Plan};
use crate::procedure::Procedure;
use crate::region::Region;
use crate::tags::{Tags, tag};
use crate::timestamp::Timestamp;

/// One execution, as the state machine passes it from state to state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// The execution's ARN or, in a simulation, its name.
    pub id: String,
    /// The procedure.
    pub procedure: Procedure,
    /// Start time of the execution.
    pub started: Timestamp,
    /// Start time of the first execution of the failback, where this one continues it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// The plan.
    pub plan: Plan,
    /// True once a person has confirmed that traffic was redirected by hand; set by the state machine.
    #[serde(default)]
    pub traffic_moved_by_hand: bool,
    /// The number of times that the execution had been redriven when a person said yes to the clean-up; set by the state
    /// machine. Where traffic was redirected by hand, this yes is all that shows where it goes now, and it does not outlast
    /// an execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean_up_approved: Option<u32>,
    /// The freeze of writes to B3, once a person or the hook has confirmed it; set by the state machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
    /// ARN of the stack's hook, which freezes B3 where the plan says so. It is of the deployment, and never of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hook: Option<String>,
    /// The number of times that the execution was redriven, where that matters: the state machine passes it to the step
    /// that redirects traffic, and to those of the clean-up that end what clients may use.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redrives: u32,
    /// The abort that a person has asked for, at a gate or by the plan; set by the state machine, or by *Check Readiness*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aborted: Option<Aborted>,
    /// What a person at the gate `beforeRedirect` wants launched again; passed to the step before the gate alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Which>,
}

/// An abort: the failback leads back to the state before, and ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aborted {
    /// The gate's state; absent where the plan of the execution asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// The time of the answer, or of the start.
    pub at: Timestamp,
    /// Who asked for it: the caller of the HTTP API, as IAM knows it, or the name that the answer carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// The servers that a person wants launched again, as the answer at the gate names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Which {
    /// Their names, or the ids of their B1.
    Named(Vec<String>),
    /// `all`, or the name of one server.
    Word(String),
    /// An answer that means nothing.
    Other(Value),
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(names) => f.write_str(&listed(names.iter().map(String::as_str))),
            Self::Word(word) => f.write_str(word),
            Self::Other(value) => write!(f, "{value}"),
        }
    }
}

impl Which {
    /// Returns true for all servers.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::Word(word) if word == "all")
    }

    /// Returns the names; none for all servers, and for an answer that means nothing.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Named(names) => names,
            Self::Word(word) if word != "all" => std::slice::from_ref(word),
            Self::Word(_) | Self::Other(_) => &[],
        }
    }
}

/// A freeze of writes to B3: the applications there are stopped, and what they wrote is flushed to disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Frozen {
    /// The time at which it was confirmed. B3 accepts nothing from then on.
    pub at: Timestamp,
    /// The number of times that the execution had been redriven. People let writes go on when an execution ends, so a
    /// freeze does not outlast one.
    pub redrives: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Run {
    /// Returns Region A.
    pub fn source(&self) -> Region {
        self.plan.regions.source()
    }

    /// Returns Region B.
    pub fn recovery(&self) -> Region {
        self.plan.regions.recovery()
    }

    /// Returns the time at which the procedure began: in a failback, with its first execution.
    pub fn began(&self) -> Timestamp {
        self.began.unwrap_or(self.started)
    }

    /// Returns the time this many seconds after the run's start.
    pub fn at(&self, seconds: i64) -> Timestamp {
        Timestamp::from_millis(self.started.millis() + seconds * 1000)
    }

    /// Returns the seconds from the run's start to a time.
    pub fn seconds(&self, at: Timestamp) -> i64 {
        (at.millis() - self.started.millis()).div_euclid(1000)
    }

    /// Returns true in a drill that keeps its recovered servers.
    pub fn keeps_recovered_servers(&self) -> bool {
        self.procedure == Procedure::Drill && self.plan.drill.keep_recovered_servers
    }

    /// Returns true when launches of this run are drill launches to DRS.
    pub fn launches_as_drill(&self) -> bool {
        self.procedure == Procedure::Drill && self.plan.drill.launch_as == LaunchAs::Drill
    }

    /// Returns true in a failback whose plan has writes to B3 stopped before the launch.
    pub fn freezes(&self) -> bool {
        self.procedure == Procedure::Failback && self.plan.cutover.freeze.is_some()
    }

    /// Returns true in a failback whose plan has the hook stop them.
    pub fn freezes_by_hook(&self) -> bool {
        self.procedure == Procedure::Failback && self.plan.cutover.freeze == Some(Freeze::ByHook)
    }

    /// Returns true when nothing but people's word shows that clients have not gone back to B3, and nobody has given it in
    /// this execution.
    pub fn waits_for_word(&self) -> bool {
        self.procedure == Procedure::Failback
            && self.plan.redirect.is_by_hand()
            && self.clean_up_approved != Some(self.redrives)
    }

    /// Returns the tags of everything that this run creates.
    pub fn tags(&self) -> Tags {
        Tags::from([
            (tag::RUN.to_owned(), self.tag_value()),
            (tag::PROCEDURE.to_owned(), self.procedure.as_str().to_owned()),
        ])
    }

    /// Returns the run's id as a tag value: the last 256 characters, which hold an execution's name.
    pub fn tag_value(&self) -> String {
        let skip = self.id.chars().count().saturating_sub(256);
        self.id.chars().skip(skip).collect()
    }

    /// Returns the tags with which this run claims B2 and A2. A failback writes when it began, for the executions that
    /// continue it.
    pub fn claim_tags(&self) -> Tags {
        let mut tags = Tags::from([(tag::RUN.to_owned(), self.tag_value())]);
        if self.procedure == Procedure::Failback {
            tags.insert(tag::BEGAN.to_owned(), self.began().to_string());
        }
        tags
    }

    /// Returns true when a job carries this run's tags.
    pub fn owns(&self, tags: &Tags) -> bool {
        tags.get(tag::RUN).is_some_and(|run| *run == self.tag_value())
    }
}

/// Extracts the id of a source server from its ARN: `arn:…:source-server/s-…`.
pub fn source_server_of(arn: &str) -> Option<SourceServerId> {
    arn.rsplit_once('/').and_then(|(_, id)| id.parse().ok())
}
