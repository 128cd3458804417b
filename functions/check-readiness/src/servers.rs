//! The servers of the run, and the progress that each has already made.

use failback_core::catalogue::fact;
use failback_core::cloud::{Direction, SourceServer};
use failback_core::fleet::{
    Chain, DrsView, Fleet, KnownIds, Link, NAME_MAX, Server, Times, distinguish, name_of, tag_of_cycle,
};
use failback_core::id::InstanceId;
use failback_core::procedure::Procedure;
use failback_core::run::Run;
use failback_core::tags::tag;

use crate::facts::Found;
use crate::finding::{Finding, Findings};

/// Finds the fleet that the plan selects, by wave and name.
pub(crate) fn find(run: &Run, drs: &DrsView, findings: &mut Vec<Finding>) -> Fleet {
    let source = run.source().as_str();
    let mut servers = Vec::new();
    for b1 in drs.recovery_servers().filter(|b1| b1.direction == Direction::Failover) {
        let from_source = b1.origin_region.as_deref().is_none_or(|origin| origin == source);
        if from_source && run.plan.means(&b1.id, &b1.tags) {
            servers.push(server(run, drs, b1, findings));
        }
    }
    for id in run.plan.servers.ids().unwrap_or_default() {
        if !servers.iter().any(|server| server.b1 == *id) {
            findings.block(id.as_str(), fact::not_a_source_server(run.recovery(), source));
        }
    }
    distinguish(&mut servers);
    servers.sort_by(|a, b| (a.wave, &a.name, &a.b1).cmp(&(b.wave, &b.name, &b.b1)));
    Fleet { servers, redirected: None }
}

fn server(run: &Run, drs: &DrsView, b1: &SourceServer, findings: &mut Vec<Finding>) -> Server {
    let (name, is_cut) = name_of(b1);
    if is_cut {
        findings.warn(&name, fact::name_is_cut(NAME_MAX));
    }
    let wave = run.plan.wave_of(&b1.tags).unwrap_or_else(|| {
        findings.block(&name, fact::no_wave_takes_it());
        0
    });
    let chain = drs.chain(KnownIds::b1_only(&b1.id));
    ambiguous(&name, &chain.b2, findings);
    ambiguous(&name, &chain.a2, findings);
    ambiguous(&name, &chain.a3, findings);
    let (b2, a2) = (chain.b2.candidate(), chain.a2.candidate());
    let a1 = original(run, b1, &chain, &name, findings);
    let replicated = a2.and_then(|a2| a2.instance.as_ref());
    let a3 = chain.a3.candidate().map(|a3| a3.id.clone());
    Server {
        name,
        wave,
        b2: b2.map(|b2| b2.id.clone()).or_else(|| replicated.map(InstanceId::recovery_instance)),
        a3: a3.or_else(|| protected_a4(b1, &chain).map(InstanceId::recovery_instance)),
        drained: false,
        asked: None,
        already_failed_back: run.procedure == Procedure::Failback && b2.is_none() && a2.is_none(),
        a1,
        b1: b1.id.clone(),
        a2: a2.map(|a2| a2.id.clone()),
        replace: None,
        times: Times::default(),
    }
}

fn ambiguous<T>(name: &str, link: &Link<'_, T>, findings: &mut Vec<Finding>) {
    if let Some(ambiguity) = link.ambiguity() {
        findings.block(ambiguity.about(name), ambiguity.fact.clone());
    }
}

/// Returns the A1 that a run has recorded in A2's tags.
fn tagged_a1(chain: &Chain<'_>) -> Option<InstanceId> {
    tag_of_cycle(chain.a2.candidate()?, tag::A1)?.parse().ok()
}

/// Returns the original instance. Once B1 protects A4, only A2's tag names it.
fn original(
    run: &Run,
    b1: &SourceServer,
    chain: &Chain<'_>,
    name: &str,
    findings: &mut Vec<Finding>,
) -> Option<InstanceId> {
    if let Some(tagged) = tagged_a1(chain) {
        return Some(tagged);
    }
    let protected = b1.instance.as_ref()?;
    let a3 = if let Link::One(a3) = chain.a3 { Some(a3) } else { None };
    let is_a4 = !run.plan.launch.into_source && a3.is_some_and(|a3| a3.instance == *protected);
    if !is_a4 {
        return Some(protected.clone());
    }
    if let Some(a2) = chain.a2.candidate() {
        findings.block(format!("{name} ({})", a2.id), fact::a1_is_unknown(tag::A1));
    }
    None
}

/// Returns the A4 that B1 protects: an instance other than the A1 in A2's tags.
fn protected_a4<'b>(b1: &'b SourceServer, chain: &Chain<'_>) -> Option<&'b InstanceId> {
    let tagged = tagged_a1(chain)?;
    b1.instance.as_ref().filter(|protected| **protected != tagged)
}

/// Returns true when a drill of this cycle has tagged A2.
pub(crate) fn is_of_a_drill(a2: &SourceServer) -> bool {
    procedure(a2) == Some(Procedure::Drill.as_str())
}

/// Returns the procedure that has tagged A2 in this cycle.
pub(crate) fn procedure(a2: &SourceServer) -> Option<&str> {
    tag_of_cycle(a2, tag::PROCEDURE)
}

/// Returns true when an interrupted drill had started its clean-up: an A2 of a drill has stopped replicating. A drill that
/// keeps B3 does not clean up A2, which a person must start again.
pub(crate) fn is_leftover(run: &Run, servers: &[Found<'_>]) -> bool {
    if run.procedure == Procedure::Failback || run.keeps_recovered_servers() {
        return false;
    }
    let mut a2s = servers.iter().filter_map(|found| found.a2);
    a2s.any(|a2| is_of_a_drill(a2) && !a2.replication.is_running())
}
