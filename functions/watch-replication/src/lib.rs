//! Between two runs: watches every A2 that this program has tagged. Until it is launched, A2 is the only copy of B3, and the
//! way home.
//!
//! It reads, and changes nothing. A schedule calls it, not a state machine. What it answers is logged; the template makes a
//! metric of the number of A2 in trouble, and an alarm of that, so that people are told once when trouble begins and once
//! when it ends.

use failback_core::Result;
use failback_core::catalogue::stall::stalled;
use failback_core::catalogue::{Reason, reason};
use failback_core::cloud::{Cloud, Replication, ReplicationState, SourceServer};
use failback_core::message::{Reasons, count};
use failback_core::procedure::Procedure;
use failback_core::region::Region;
use failback_core::step::{Answer, Handler};
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The watch.
#[derive(Debug)]
pub struct WatchReplication;

/// The payload: the input of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchInput {
    /// Region A, where A2 is.
    pub source: Region,
    /// The lag from which on an A2 is in trouble, in seconds.
    pub lag_seconds_max: u64,
}

/// What the watch has seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Watched {
    /// The answer, which the log shows as it shows those of steps.
    pub answer: Answer,
    /// The number of A2 that were watched.
    pub watched: usize,
    /// The number of them that are in trouble, of which the template makes a metric.
    pub in_trouble: usize,
}

impl Handler for WatchReplication {
    const NAME: &'static str = "watch-replication";
    const PROCEDURES: &'static [Procedure] = &[];
    type Input = WatchInput;
    type Output = Watched;

    async fn handle(cloud: &dyn Cloud, input: WatchInput, _deadline: Timestamp) -> Result<Watched> {
        let mut a2s = cloud.source_servers(input.source, None).await?;
        a2s.retain(|server| server.tags.contains_key(tag::B1));
        let mut reasons = Reasons::default();
        for a2 in &a2s {
            if let Some(why) = trouble(&a2.replication, input.lag_seconds_max) {
                reasons.add(&name(a2), why);
            }
        }
        let all = count(a2s.len(), "source server");
        let why = if reasons.is_empty() { reason::a2s_are_in_order(all) } else { Reason::from(&reasons) };
        let answer = Answer::done(&why);
        Ok(Watched { answer, watched: a2s.len(), in_trouble: reasons.len() })
    }
}

/// Returns what is wrong with an A2, if anything is. While DRS copies all of it for the first time, its lag says nothing.
fn trouble(replication: &Replication, lag_seconds_max: u64) -> Option<Reason> {
    use ReplicationState as S;
    let lag = replication.lag();
    match replication.state {
        S::Stalled | S::Stopped | S::Disconnected | S::Paused => Some(stalled(replication)),
        S::Initiating | S::InitialSync | S::NotStarted => None,
        _ if lag > lag_seconds_max => Some(reason::lags_behind_b3(lag / 60)),
        _ => None,
    }
}

/// Returns the name by which people find an A2 in the console.
fn name(a2: &SourceServer) -> String {
    a2.hostname.as_ref().map_or_else(|| a2.id.to_string(), |host| format!("{host} ({})", a2.id))
}

#[cfg(test)]
mod tests;
