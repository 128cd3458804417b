//! What earlier executions of the same failback have recorded in tags: when it began, and when traffic moved. A report is
//! about the failback, and not about its last execution.

use failback_core::Result;
use failback_core::fleet::{
    Fleet, LiveServer, Redirected, Target, UNKNOWN_TTL_SECONDS, old_ttl_seconds, tag_of_cycle, targets,
};
use failback_core::id::InstanceId;
use failback_core::procedure::Procedure;
use failback_core::run::Run;
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;

use crate::facts::{Facts, Found};

/// Returns the time at which the first execution of the failback began; `None` when it is this one.
pub(crate) fn began(run: &Run, servers: &[Found<'_>]) -> Option<Timestamp> {
    if run.procedure == Procedure::Drill {
        return None;
    }
    let mut all = Vec::new();
    for found in servers {
        all.extend(found.b2.and_then(|b2| b2.tags.get(tag::BEGAN)).map(String::as_str));
        all.extend(found.a2.and_then(|a2| tag_of_cycle(a2, tag::BEGAN)));
    }
    all.into_iter().filter_map(Timestamp::parse).filter(|began| *began < run.started).min()
}

/// Returns the redirect of an earlier execution, if traffic is where it has moved. Otherwise, the largest TTL that the
/// plan's records have before the run, which Redirect Traffic needs even if the answer to its change is lost.
pub(crate) fn redirected(run: &Run, facts: &Facts, fleet: &Fleet) -> Result<Option<Redirected>> {
    let servers = facts.live.servers(fleet);
    let targets = targets(run, &servers);
    let is_there = if run.plan.redirect.is_by_hand() {
        servers.iter().all(is_recorded_by_hand)
    } else {
        all_at_a4(&targets)?
    };
    let recorded = servers.iter().filter_map(|server| {
        let a2 = server.chain().a2.candidate()?;
        tag_of_cycle(a2, tag::REDIRECTED).and_then(Redirected::parse_tag)
    });
    let recorded = recorded.filter(|_| is_there).min_by_key(|redirected| redirected.in_sync);
    if recorded.is_some() || targets.is_empty() {
        return Ok(recorded);
    }
    let old_ttl_seconds = Some(old_ttl_seconds(&targets, UNKNOWN_TTL_SECONDS)?);
    Ok(Some(Redirected { old_ttl_seconds, ..Redirected::default() }))
}

/// Returns true when a person's yes to the redirect to this very A4 is recorded.
fn is_recorded_by_hand(server: &LiveServer<'_>) -> bool {
    let a2 = server.chain().a2.candidate();
    let moved_to = a2.and_then(|a2| tag_of_cycle(a2, tag::TRAFFIC));
    moved_to.is_some() && moved_to == server.a4().as_ref().map(InstanceId::as_str)
}

fn all_at_a4(targets: &[Target<'_>]) -> Result<bool> {
    for target in targets {
        if !target.points_at_a4()? {
            return Ok(false);
        }
    }
    Ok(!targets.is_empty())
}
