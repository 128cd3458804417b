//! The ledger: which servers a run is about, and what it has learned of them.
//!
//! It is carried from state to state, so it is small: 1,000 members stay under 256 KiB. It is a memory, not a truth:
//! every step reads the live state and fills in what the ledger lacks.

use serde::{Deserialize, Serialize};

use crate::id::{InstanceId, RecoveryInstanceId, SourceServerId};
use crate::timestamp::Timestamp;

/// Names longer than this are cut, so that the ledger's size is bounded.
pub const NAME_MAX: usize = 32;

/// One server with its identities, in the page's labels. B3 and A4 are the EC2 instances of B2 and A3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Server {
    /// What people call it: B1's `Name` tag, or its host name, or B1's id.
    pub name: String,
    /// Index of its wave.
    pub wave: usize,
    /// The original instance in the source Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a1: Option<InstanceId>,
    /// The source server in the recovery Region.
    pub b1: SourceServerId,
    /// The recovery instance in the recovery Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b2: Option<RecoveryInstanceId>,
    /// The source server in the source Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a2: Option<SourceServerId>,
    /// The recovery instance in the source Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a3: Option<RecoveryInstanceId>,
    /// An A3 that does not work, to be replaced by launching again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<RecoveryInstanceId>,
    /// True for a server that was home already when the run began: nothing is done to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub already_failed_back: bool,
    /// When each milestone was reached.
    #[serde(default, skip_serializing_if = "Times::is_empty")]
    pub times: Times,
}

impl Server {
    /// The recovered instance.
    pub fn b3(&self) -> Option<InstanceId> {
        self.b2.as_ref().map(RecoveryInstanceId::instance)
    }

    /// The failed-back instance.
    pub fn a4(&self) -> Option<InstanceId> {
        self.a3.as_ref().map(RecoveryInstanceId::instance)
    }
}

/// Milestones of one server, in seconds since the run began; written as an array to stay small.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[Option<i64>; 7]", into = "[Option<i64>; 7]")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "[Option<i64>; 7]"))]
pub struct Times {
    /// Reversed replication was seen to exist.
    pub reversed: Option<i64>,
    /// A2 was seen ready.
    pub ready: Option<i64>,
    /// A4 was seen launched.
    pub launched: Option<i64>,
    /// How recent A4's data was: before `launched`, by the lag and the time that launching took.
    pub point_in_time: Option<i64>,
    /// A2's lag when its launch began, in seconds.
    pub lag_at_launch: Option<i64>,
    /// A4 was seen to work.
    pub validated: Option<i64>,
    /// A4 was seen to be protected.
    pub protected: Option<i64>,
}

impl Times {
    /// True when no milestone is known: then nothing is written of it.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<[Option<i64>; 7]> for Times {
    fn from(
        [reversed, ready, launched, point_in_time, lag_at_launch, validated, protected]: [Option<i64>; 7],
    ) -> Self {
        Self { reversed, ready, launched, point_in_time, lag_at_launch, validated, protected }
    }
}

impl From<Times> for [Option<i64>; 7] {
    fn from(t: Times) -> Self {
        [t.reversed, t.ready, t.launched, t.point_in_time, t.lag_at_launch, t.validated, t.protected]
    }
}

/// When traffic was redirected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Redirected {
    /// When Route 53 accepted the change; unknown when the records pointed at A4 already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Timestamp>,
    /// When Route 53 was seen to be INSYNC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_sync: Option<Timestamp>,
}

/// All servers of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fleet {
    /// The servers, by wave and name.
    pub servers: Vec<Server>,
    /// When traffic was redirected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirected: Option<Redirected>,
}

impl Fleet {
    /// The servers that something is to be done to.
    pub fn pending(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(|server| !server.already_failed_back)
    }

    /// The servers that something is to be done to, of one wave.
    pub fn pending_in(&self, wave: usize) -> impl Iterator<Item = &Server> {
        self.pending().filter(move |server| server.wave == wave)
    }

    /// The member that a record means: by name, or by the id of its B1.
    pub fn find(&self, name_or_b1: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.name == name_or_b1 || server.b1.as_str() == name_or_b1)
    }
}

/// `1 server`, `2 servers`.
pub fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Joins names for a sentence: `a, b, c and 297 more`.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 3;
    let names: Vec<&str> = names.into_iter().collect();
    match names.len() {
        0 => "none".to_owned(),
        n if n <= SHOWN + 1 => names.join(", "),
        n => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_members_fit_into_a_payload() {
        let id = |prefix: &str| format!("{prefix}0123456789abcdef0");
        let server = Server {
            name: "n".repeat(NAME_MAX),
            wave: 19,
            a1: id("i-").parse().ok(),
            b1: id("s-").parse().unwrap(),
            b2: id("i-").parse().ok(),
            a2: id("s-").parse().ok(),
            a3: id("i-").parse().ok(),
            replace: None,
            already_failed_back: false,
            times: [Some(86_400); 7].into(),
        };
        let fleet = Fleet { servers: vec![server; 1_000], redirected: None };
        let bytes = serde_json::to_string(&fleet).unwrap().len();
        assert!(bytes < 255_000, "{bytes}");
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(["a", "b"]), "a, b");
        assert_eq!(listed(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
