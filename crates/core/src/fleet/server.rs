//! The servers of a run, as the state machine carries them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{InstanceId, RecoveryInstanceId, SourceServerId};
use crate::run::Run;
use crate::timestamp::Timestamp;

/// Longest name of a server, in characters. Longer names are cut, so that the size of the payload is bounded.
pub const NAME_MAX: usize = 32;

/// One server with its identities, in the page's labels. B3 and A4 are the EC2 instances of B2 and A3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Server {
    /// B1's `Name` tag, or its host name, or its id.
    pub name: String,
    /// Index of the server's wave in the plan.
    pub wave: usize,
    /// The original instance in the source Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a1: Option<InstanceId>,
    /// The source server in the recovery Region, which identifies the server.
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
    /// An A3 that does not work, to be replaced by another launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<RecoveryInstanceId>,
    /// The time of a person's last request to launch it again, in seconds since the run started: the launches before it do
    /// not count against `launch.relaunchesMax`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<i64>,
    /// True once A2 was seen to hold all that B3 had accepted before the freeze.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drained: bool,
    /// True for a server that already ran in the source Region again when the run started. The run does not change it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub already_failed_back: bool,
    /// The times at which the server reached each milestone.
    #[serde(default, skip_serializing_if = "Times::is_empty")]
    pub times: Times,
}

impl Server {
    /// Returns the recovered instance.
    pub fn b3(&self) -> Option<InstanceId> {
        self.b2.as_ref().map(RecoveryInstanceId::instance)
    }

    /// Returns the failed-back instance.
    pub fn a4(&self) -> Option<InstanceId> {
        self.a3.as_ref().map(RecoveryInstanceId::instance)
    }

    /// Returns true when this text is the server's name, which may be cut, or the id of its B1.
    pub fn is_called(&self, name_or_b1: &str) -> bool {
        name_or_b1.chars().take(NAME_MAX).eq(self.name.chars()) || self.b1.as_str() == name_or_b1
    }
}

/// Milestones of one server, in seconds since the run started; written as an array to stay small.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "[Option<i64>; 7]", into = "[Option<i64>; 7]")]
pub struct Times {
    /// The time at which reversed replication was first seen.
    pub reversed: Option<i64>,
    /// The time at which A2 was first seen ready.
    pub ready: Option<i64>,
    /// The time at which A4 was first seen launched.
    pub launched: Option<i64>,
    /// The point in time of A4's data: before `launched`, by the lag and the time that launching took.
    pub point_in_time: Option<i64>,
    /// A2's lag when its launch started, in seconds.
    pub lag_at_launch: Option<i64>,
    /// The time at which A4 was first seen to work.
    pub validated: Option<i64>,
    /// The time at which A4 was first seen protected.
    pub protected: Option<i64>,
}

impl Times {
    /// Returns true when no milestone is known. The field is then left out.
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

/// The times of the redirection of traffic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirected {
    /// The time at which Route 53 accepted the change; unknown when the records already pointed at A4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Timestamp>,
    /// The time at which Route 53 was seen INSYNC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_sync: Option<Timestamp>,
    /// The largest TTL of the record sets before the redirect, in seconds: the time for which clients may still use
    /// their values after INSYNC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_ttl_seconds: Option<u64>,
    /// The oldest point in time of the data of an A4: what clients wrote to B3 after it is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_from: Option<Timestamp>,
}

impl Redirected {
    /// Returns the value of the tag by which a later execution knows of the redirect; `None` before INSYNC.
    pub fn tag_value(&self) -> Option<String> {
        let in_sync = self.in_sync?;
        let or_unknown =
            |time: Option<Timestamp>| time.map_or_else(|| "unknown".to_owned(), |time| time.to_string());
        Some(format!(
            "{} {in_sync} {} {}",
            or_unknown(self.asked),
            self.old_ttl_seconds.unwrap_or_default(),
            or_unknown(self.data_from)
        ))
    }

    /// Reads the value of the tag.
    pub fn parse_tag(value: &str) -> Option<Self> {
        let mut parts = value.split(' ');
        let asked = Timestamp::parse(parts.next()?);
        let in_sync = Some(Timestamp::parse(parts.next()?)?);
        let old_ttl_seconds = Some(parts.next()?.parse().ok()?);
        let data_from = Timestamp::parse(parts.next()?);
        Some(Self { asked, in_sync, old_ttl_seconds, data_from })
    }

    /// Returns the time from which no client can use B3: the old TTL after INSYNC. `None` before INSYNC.
    pub fn followed(&self) -> Option<Timestamp> {
        Some(self.in_sync?.plus_seconds(self.old_ttl_seconds.unwrap_or_default()))
    }
}

/// All servers of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fleet {
    /// The servers, by wave and name.
    pub servers: Vec<Server>,
    /// The times of the redirection of traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirected: Option<Redirected>,
}

impl Fleet {
    /// Returns the servers that the run works on.
    pub fn pending(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(|server| !server.already_failed_back)
    }

    /// Returns the servers of one wave that the run works on.
    pub fn pending_in(&self, wave: usize) -> impl Iterator<Item = &Server> {
        self.pending().filter(move |server| server.wave == wave)
    }

    /// Returns the server with this name or this id of its B1.
    pub fn find(&self, name_or_b1: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.is_called(name_or_b1))
    }

    /// Returns the server with this B1, so that a step can record what it has seen.
    pub fn server_mut(&mut self, b1: &SourceServerId) -> Option<&mut Server> {
        self.servers.iter_mut().find(|server| server.b1 == *b1)
    }
}

/// Returns the oldest point in time of the data of an A4 that the run has seen launched.
pub fn oldest_data(run: &Run, fleet: &Fleet) -> Option<Timestamp> {
    fleet.pending().filter_map(|server| server.times.point_in_time).min().map(|seconds| run.at(seconds))
}
