//! Which servers the run is about, and how far each of them has come already.

use std::collections::BTreeMap;

use failback_core::cloud::{Direction, RecoveryInstance, SourceServer};
use failback_core::fleet::{Fleet, NAME_MAX, Server, Times};
use failback_core::id::InstanceId;
use failback_core::procedure::Procedure;
use failback_core::run::{Run, made_by_a_drill, tag};

use crate::facts::Facts;
use crate::finding::{Finding, Findings};

/// The fleet that the plan means, by wave and name.
pub(crate) fn find(run: &Run, facts: &Facts, findings: &mut Vec<Finding>) -> Fleet {
    let source = run.source().as_str();
    let mut servers = Vec::new();
    for b1 in facts.recovery_servers.iter().filter(|server| server.direction == Direction::Failover) {
        let from_source = b1.origin_region.as_deref().is_none_or(|origin| origin == source);
        if from_source && run.plan.means(&b1.id, &b1.tags) {
            servers.push(server(run, facts, b1, findings));
        }
    }
    for id in run.plan.servers.ids.iter().flatten() {
        if !servers.iter().any(|server| server.b1 == *id) {
            findings.block(
                id.as_str(),
                format!("not a source server in {} that replicates from {source}", run.recovery()),
                "Correct $.servers.ids; the ids are those of the recovery Region's Source servers page",
            );
        }
    }
    distinguish(&mut servers);
    servers.sort_by(|a, b| (a.wave, &a.name, &a.b1).cmp(&(b.wave, &b.name, &b.b1)));
    Fleet { servers, redirected: None }
}

fn server(run: &Run, facts: &Facts, b1: &SourceServer, findings: &mut Vec<Finding>) -> Server {
    let name = name(b1);
    let wave = run.plan.wave_of(&b1.tags).unwrap_or_else(|| {
        findings.block(
            &name,
            "no wave of the plan takes this server",
            "Tag it for a wave, or end the plan's waves with one whose tags are {}",
        );
        0
    });
    let b2 = live_b2(facts, b1, &name, findings);
    let a2 = a2(facts, b1, b2);
    let replicate = facts.source_servers.iter().filter(|server| {
        server.direction == Direction::Failback
            && b2.is_some_and(|b2| server.instance.as_ref() == Some(&b2.instance))
    });
    let replicate = replicate.count();
    if replicate > 1 {
        findings.block(
            &name,
            format!("{replicate} source servers of the source Region replicate its B3"),
            "Disconnect and delete all but one of them in the DRS console",
        );
    }
    let a3 = a2.and_then(|a2| live_a3(facts, a2, &name, findings));
    let tagged_a1 = a2.and_then(|a2| a2.tags.get(tag::A1)).and_then(|id| id.parse().ok());
    // Once B1 protects A4, only A2's tag still knows A1.
    let is_a4 = |id: &InstanceId| !run.plan.launch.into_source && a3.is_some_and(|a3| a3.instance == *id);
    let a1 = tagged_a1.clone().or_else(|| b1.instance.clone().filter(|id| !is_a4(id)));
    if let (None, Some(a2), Some(_)) = (&a1, a2, &b1.instance) {
        findings.block(
            &name,
            "B1 protects A4 already, and nothing says which instance was A1",
            format!("Tag {} in the DRS console: {} = the id of the original instance", a2.id, tag::A1),
        );
    }
    let protected = tagged_a1.filter(|a1| b1.instance.as_ref() != Some(a1)).and(b1.instance.clone());
    Server {
        name,
        wave,
        b2: b2.map(|b2| b2.id.clone()).or_else(|| a2?.instance.as_ref().map(InstanceId::recovery_instance)),
        a3: a3.map(|a3| a3.id.clone()).or_else(|| protected.map(|a4| a4.recovery_instance())),
        already_failed_back: run.procedure == Procedure::Failback && b2.is_none() && a2.is_none(),
        a1,
        b1: b1.id.clone(),
        a2: a2.map(|a2| a2.id.clone()),
        replace: None,
        times: Times::default(),
    }
}

fn name(b1: &SourceServer) -> String {
    let name = b1.tags.get("Name").or(b1.hostname.as_ref()).filter(|name| !name.is_empty());
    name.map_or_else(|| b1.id.to_string(), |name| name.chars().take(NAME_MAX).collect())
}

/// Two servers of one name are told apart by the end of their B1's id.
fn distinguish(servers: &mut [Server]) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for server in servers.iter() {
        *count.entry(server.name.clone()).or_default() += 1;
    }
    for server in servers.iter_mut().filter(|server| count[&server.name] > 1) {
        let id = server.b1.as_str();
        let short: String = server.name.chars().take(NAME_MAX - 5).collect();
        server.name = format!("{short}~{}", &id[id.len() - 4..]);
    }
}

fn live_b2<'f>(
    facts: &'f Facts,
    b1: &SourceServer,
    name: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'f RecoveryInstance> {
    let of_b1 = facts.recovery_instances.iter().filter(|b2| b2.source_server == b1.id && b2.is_live());
    one(&of_b1.collect::<Vec<_>>(), name, "recovery instances live in the recovery Region", findings)
}

fn live_a3<'f>(
    facts: &'f Facts,
    a2: &SourceServer,
    name: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'f RecoveryInstance> {
    let of_a2 = facts.source_instances.iter().filter(|a3| a3.source_server == a2.id && a3.is_live());
    one(&of_a2.collect::<Vec<_>>(), name, "recovery instances live in the source Region", findings)
}

fn one<'f>(
    found: &[&'f RecoveryInstance],
    name: &str,
    what: &str,
    findings: &mut Vec<Finding>,
) -> Option<&'f RecoveryInstance> {
    if found.len() > 1 {
        let message = format!("{} {what} where one is expected", found.len());
        findings.block(name, message, "Terminate the one that is not in use, in the DRS console");
    }
    found.first().copied()
}

/// A2: the FAILBACK server that replicates B3; where B3 is gone, the one that carries B1's tag, or that launched the
/// instance which B1 protects.
fn a2<'f>(facts: &'f Facts, b1: &SourceServer, b2: Option<&RecoveryInstance>) -> Option<&'f SourceServer> {
    let mut failback = facts.source_servers.iter().filter(|server| server.direction == Direction::Failback);
    let launched = |a2: &SourceServer| {
        let of_a2 = facts.source_instances.iter().filter(|a3| a3.source_server == a2.id && a3.is_live());
        of_a2.into_iter().any(|a3| b1.instance.as_ref() == Some(&a3.instance))
    };
    failback.find(|a2| match (b2, a2.tags.get(tag::B1)) {
        (Some(b2), _) => a2.instance.as_ref() == Some(&b2.instance),
        (None, Some(tagged)) => *tagged == b1.id.as_str(),
        (None, None) => launched(a2),
    })
}

/// True when an interrupted drill was at its clean-up: an A2 of a drill that replicates no more.
pub(crate) fn is_leftover(facts: &Facts, fleet: &Fleet) -> bool {
    fleet.pending().filter_map(|server| server.a2.as_ref()).any(|a2| {
        let a2 = facts.source_servers.iter().find(|server| server.id == *a2);
        a2.is_some_and(|a2| made_by_a_drill(&a2.tags) && !a2.replication.is_running())
    })
}
