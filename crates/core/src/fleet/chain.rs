//! The chain of live ids B1 → B2 → A2 → A3 of one server. This is the only place that joins it: the steps, the guard
//! and the readiness check all follow these rules.
//!
//! `reversedDirectionSourceServerArn` is never followed: it becomes stale from cycle to cycle (drs-facts §0.6).

use std::collections::{BTreeMap, BTreeSet};

use super::cycle::{Launches, is_left, tag_of_cycle};
use super::server::Server;
use crate::catalogue::{Fact, fact, fault};
use crate::cloud::{Direction, Job, RecoveryInstance, ReplicationState, SourceServer};
use crate::error::{Error, Result};
use crate::id::{InstanceId, RecoveryInstanceId, SourceServerId};
use crate::message::listed;
use crate::tags::tag;
use crate::timestamp::Timestamp;

/// Recovery instances by the source server that they were launched from.
type ByServer = BTreeMap<SourceServerId, Vec<RecoveryInstance>>;

/// The objects of DRS in both Regions, as far as they were read. A part that was not read is not empty: requesting it
/// is an error.
#[derive(Debug, Default)]
pub struct DrsView {
    recovery_servers: Option<BTreeMap<SourceServerId, SourceServer>>,
    recovery_instances: Option<ByServer>,
    source_servers: Option<BTreeMap<SourceServerId, SourceServer>>,
    source_instances: Option<ByServer>,
    /// FAILBACK servers of the source Region by the instance that they replicate.
    replicating: BTreeMap<InstanceId, Vec<SourceServerId>>,
    /// FAILOVER servers of the recovery Region by the instance that they replicate.
    protecting: BTreeMap<InstanceId, BTreeSet<SourceServerId>>,
    launches: Launches,
}

/// The ids that a run already knows of a server.
#[derive(Debug, Clone, Copy)]
pub struct KnownIds<'k> {
    /// B1, which identifies the server.
    pub b1: &'k SourceServerId,
    /// B2, where known.
    pub b2: Option<&'k RecoveryInstanceId>,
    /// A2, where known.
    pub a2: Option<&'k SourceServerId>,
    /// A3, where known.
    pub a3: Option<&'k RecoveryInstanceId>,
}

impl<'k> KnownIds<'k> {
    /// Returns the ids of a server of which only B1 is known.
    pub fn b1_only(b1: &'k SourceServerId) -> Self {
        Self { b1, b2: None, a2: None, a3: None }
    }
}

impl<'k> From<&'k Server> for KnownIds<'k> {
    fn from(server: &'k Server) -> Self {
        let Server { b1, b2, a2, a3, replace, .. } = server;
        // An A3 that is to be replaced is followed by another one.
        let a3 = a3.as_ref().filter(|a3| replace.as_ref() != Some(*a3));
        Self { b1, b2: b2.as_ref(), a2: a2.as_ref(), a3 }
    }
}

/// One link of a chain.
#[derive(Debug, Clone)]
pub enum Link<'v, T> {
    /// The label of a link that was not read.
    NotRead(&'static str),
    /// No object in DRS.
    Absent,
    /// The object that belongs to the server.
    One(&'v T),
    /// Objects of which none is provably the server's.
    Ambiguous(Ambiguity<'v, T>),
}

/// Several candidates for one link, or a candidate that belongs to another server.
#[derive(Debug, Clone)]
pub struct Ambiguity<'v, T> {
    /// One of the candidates.
    pub first: &'v T,
    /// The objects that it is about.
    pub objects: String,
    /// The fact, which is the same for every server.
    pub fact: Fact,
}

impl<T> Ambiguity<'_, T> {
    /// Returns what a finding is about: the server, and its objects.
    pub fn about(&self, server: &str) -> String {
        format!("{server} ({})", self.objects)
    }
}

impl<'v, T> Link<'v, T> {
    /// Returns the ambiguity, if there is one.
    pub fn ambiguity(&self) -> Option<&Ambiguity<'v, T>> {
        match self {
            Self::Ambiguous(ambiguity) => Some(ambiguity),
            Self::NotRead(_) | Self::Absent | Self::One(_) => None,
        }
    }

    /// Returns the live object; `None` when DRS shows none.
    ///
    /// # Errors
    /// `Internal` when it was not read, `Guard` when it is ambiguous.
    pub fn get(&self, server_name: &str) -> Result<Option<&'v T>> {
        match self {
            // Unread is not absent: in rehearsals, treating it as absent has cost servers their jobs.
            Self::NotRead(label) => Err(Error::from(fault::was_not_read(label))),
            Self::Absent => Ok(None),
            Self::One(object) => Ok(Some(object)),
            Self::Ambiguous(ambiguity) => {
                let (about, fact) = (ambiguity.about(server_name), &ambiguity.fact);
                Err(Error::from(fault::is_ambiguous(about, fact)))
            }
        }
    }

    /// Returns the live object, or one of the candidates. For reports only: an ambiguous object may be another
    /// server's.
    pub fn candidate(&self) -> Option<&'v T> {
        match self {
            Self::One(object) => Some(object),
            Self::Ambiguous(ambiguity) => Some(ambiguity.first),
            Self::NotRead(_) | Self::Absent => None,
        }
    }
}

/// The live objects of one server.
#[derive(Debug, Clone)]
pub struct Chain<'v> {
    /// The source server in the recovery Region, of direction FAILOVER.
    pub b1: Link<'v, SourceServer>,
    /// The live recovery instance of B1.
    pub b2: Link<'v, RecoveryInstance>,
    /// The source server of direction FAILBACK that replicates B3.
    pub a2: Link<'v, SourceServer>,
    /// The live recovery instance of A2.
    pub a3: Link<'v, RecoveryInstance>,
}

impl DrsView {
    /// Adds source servers of the recovery Region.
    pub fn read_recovery_servers(&mut self, servers: Vec<SourceServer>) {
        let known = self.recovery_servers.get_or_insert_default();
        for server in servers {
            if let (Direction::Failover, Some(instance)) = (server.direction, server.instance.clone()) {
                self.protecting.entry(instance).or_default().insert(server.id.clone());
            }
            known.insert(server.id.clone(), server);
        }
    }

    /// Adds recovery instances of the recovery Region.
    pub fn read_recovery_instances(&mut self, instances: Vec<RecoveryInstance>) {
        add(self.recovery_instances.get_or_insert_default(), instances);
    }

    /// Adds source servers of the source Region.
    pub fn read_source_servers(&mut self, servers: Vec<SourceServer>) {
        let known = self.source_servers.get_or_insert_default();
        for server in servers {
            if let (Direction::Failback, Some(instance)) = (server.direction, server.instance.clone()) {
                self.replicating.entry(instance).or_default().push(server.id.clone());
            }
            known.insert(server.id.clone(), server);
        }
    }

    /// Adds recovery instances of the source Region.
    pub fn read_source_instances(&mut self, instances: Vec<RecoveryInstance>) {
        add(self.source_instances.get_or_insert_default(), instances);
    }

    /// Returns the live B2 of a server that a failback has left. The chain has no B2 then.
    pub fn left_b2(&self, b1: &SourceServerId) -> Option<&RecoveryInstance> {
        let mut of_b1 = self.recovery_instances.iter().filter_map(|all| all.get(b1)).flatten();
        of_b1.find(|b2| b2.is_live() && is_left(b2))
    }

    /// Adds the jobs of a Region, which show when an object was launched.
    pub fn read_jobs(&mut self, jobs: &[Job]) {
        self.launches.add(jobs);
    }

    /// Returns every source server of the recovery Region that was read.
    pub fn recovery_servers(&self) -> impl Iterator<Item = &SourceServer> {
        self.recovery_servers.iter().flat_map(BTreeMap::values)
    }

    /// Returns every recovery instance of the recovery Region that was read.
    pub fn recovery_instances(&self) -> impl Iterator<Item = &RecoveryInstance> {
        self.recovery_instances.iter().flat_map(BTreeMap::values).flatten()
    }

    /// Returns every source server of the source Region that was read.
    pub fn source_servers(&self) -> impl Iterator<Item = &SourceServer> {
        self.source_servers.iter().flat_map(BTreeMap::values)
    }

    /// Returns every recovery instance of the source Region that was read.
    pub fn source_instances(&self) -> impl Iterator<Item = &RecoveryInstance> {
        self.source_instances.iter().flat_map(BTreeMap::values).flatten()
    }

    /// Returns true when DRS shows a recovery instance that was launched from this A2, even a terminated one. `None`
    /// when recovery instances of the source Region were not read.
    pub fn has_record_of(&self, a2: &SourceServerId) -> Option<bool> {
        self.source_instances.as_ref().map(|instances| instances.contains_key(a2))
    }

    /// Joins the chain of one server.
    pub fn chain(&self, known: KnownIds<'_>) -> Chain<'_> {
        let b1 = self.b1(known.b1);
        let b2 = live(self.recovery_instances.as_ref(), Some(known.b1), known.b2, "B2");
        let a2 = self.a2(known, &b1, &b2);
        // A record of A3 may outlive A2.
        let launched_from = a2.candidate().map(|a2| &a2.id).or(known.a2);
        let a3 = live(self.source_instances.as_ref(), launched_from, known.a3, "A3");
        let a3 = self.of_cycle(a3, &b2);
        Chain { b1, b2, a2, a3 }
    }

    /// Finds the source server that protects A4: B1, or another one, where ReverseReplication has made one instead of
    /// re-pointing B1 (drs-facts §12.15). B1 while none does.
    pub fn protector<'v>(&'v self, b1: &Link<'v, SourceServer>, a4: &InstanceId) -> Link<'v, SourceServer> {
        let Some(servers) = &self.recovery_servers else { return Link::NotRead("B1") };
        let ids = self.protecting.get(a4).into_iter().flatten();
        let is_kept = |server: &&SourceServer| server.replication.state != ReplicationState::Disconnected;
        let found: Vec<&SourceServer> = ids.filter_map(|id| servers.get(id)).filter(is_kept).collect();
        match found.as_slice() {
            [] => b1.clone(),
            [one] => Link::One(one),
            [first, ..] => Link::Ambiguous(Ambiguity {
                first,
                objects: listed(found.iter().map(|server| server.id.as_str())),
                fact: fact::several_protect_a4(),
            }),
        }
    }

    /// Returns true for a server whose replication of A3 is reversed where another source server than B1 may protect A4: B1
    /// replicates another instance, or A4 is A1, so that B1 names it in any case.
    pub(super) fn may_have_another_b1(&self, known: KnownIds<'_>, a1: Option<&InstanceId>) -> bool {
        let Chain { b1, a3, .. } = self.chain(known);
        let a4 = a3.candidate().map(|a3| a3.instance.clone());
        let Some(a4) = a4.or_else(|| known.a3.map(RecoveryInstanceId::instance)) else { return false };
        let replicates_a4 = b1.candidate().is_none_or(|b1| b1.instance.as_ref() == Some(&a4));
        a3.candidate().is_none_or(RecoveryInstance::is_reversed) && (!replicates_a4 || a1 == Some(&a4))
    }

    /// Sorts out an A3 that was launched before B2: DRS may have re-pointed its A2 to the new B3.
    fn of_cycle<'v>(
        &self,
        a3: Link<'v, RecoveryInstance>,
        b2: &Link<'_, RecoveryInstance>,
    ) -> Link<'v, RecoveryInstance> {
        let (Link::One(found), Link::One(b2)) = (&a3, b2) else { return a3 };
        if self.launches.is_of_cycle(found, b2) {
            return a3;
        }
        Link::Ambiguous(Ambiguity {
            first: found,
            objects: format!("A4 {}, B2 {}", found.instance, b2.id),
            // DRS refuses to terminate it while B1 protects it.
            fact: fact::a4_is_of_an_earlier_failback(),
        })
    }

    /// Returns true when data that was taken at this time is of the cycle of a live B2.
    pub(super) fn is_since(&self, taken: Timestamp, b2: &RecoveryInstance) -> bool {
        self.launches.began(b2).is_some_and(|began| taken > began)
    }

    fn b1(&self, id: &SourceServerId) -> Link<'_, SourceServer> {
        let Some(servers) = &self.recovery_servers else { return Link::NotRead("B1") };
        match servers.get(id) {
            Some(server) if server.direction == Direction::Failover => Link::One(server),
            _ => Link::Absent,
        }
    }

    fn a2(
        &self,
        known: KnownIds<'_>,
        b1: &Link<'_, SourceServer>,
        b2: &Link<'_, RecoveryInstance>,
    ) -> Link<'_, SourceServer> {
        let Some(servers) = &self.source_servers else { return Link::NotRead("A2") };
        let b3 = match known.b2 {
            Some(b2) => Some(b2.instance()),
            None => b2.candidate().map(|b2| b2.instance.clone()),
        };
        let candidates: Vec<&SourceServer> = match b3 {
            Some(b3) => {
                let ids = self.replicating.get(&b3).into_iter().flatten();
                ids.filter_map(|id| servers.get(id)).collect()
            }
            None => return self.a2_without_b2(known.b1, b1),
        };
        only_own(&candidates, known.b1)
    }

    /// Finds A2 once B2 is gone: the server that carries B1's tag, or that launched the instance which B1 protects.
    /// One whose A4 runs while B1 protects another instance, which is not A1, is of an earlier cycle.
    fn a2_without_b2(&self, id: &SourceServerId, b1: &Link<'_, SourceServer>) -> Link<'_, SourceServer> {
        let protected = b1.candidate().and_then(|b1| b1.instance.as_ref());
        let tagged = self.a2_of_b1(id, protected);
        let is_earlier = |a2: &&SourceServer| {
            let a1 = tag_of_cycle(a2, tag::A1);
            self.live_a4(a2).is_some()
                && protected
                    .is_some_and(|id| Some(id) != self.live_a4(a2) && a1.is_some_and(|a1| a1 != id.as_str()))
        };
        let (earlier, own): (Vec<_>, Vec<_>) = tagged.into_iter().partition(is_earlier);
        match (own.as_slice(), earlier.first()) {
            ([], None) => Link::Absent,
            ([a2], _) => Link::One(a2),
            ([], Some(first)) => Link::Ambiguous(Ambiguity {
                first,
                objects: first.id.to_string(),
                fact: fact::a2_is_of_an_earlier_failback(),
            }),
            ([first, ..], _) => {
                Link::Ambiguous(Ambiguity { first, objects: ids(&own), fact: fact::several_a2_are_tagged() })
            }
        }
    }

    /// Returns the A4 that was launched from an A2 and lives.
    fn live_a4(&self, a2: &SourceServer) -> Option<&InstanceId> {
        let instances = self.source_instances.as_ref().and_then(|all| all.get(&a2.id));
        instances.into_iter().flatten().find(|a3| a3.is_live()).map(|a3| &a3.instance)
    }

    fn a2_of_b1(&self, id: &SourceServerId, protected: Option<&InstanceId>) -> Vec<&SourceServer> {
        let launched_it = |a2: &SourceServer| protected.is_some() && self.live_a4(a2) == protected;
        let mut found = Vec::new();
        for server in self.source_servers().filter(|server| server.direction == Direction::Failback) {
            let is_its = match server.tags.get(tag::B1) {
                Some(b1) => *b1 == id.as_str(),
                None => launched_it(server),
            };
            if is_its {
                found.push(server);
            }
        }
        found
    }
}

fn add(known: &mut ByServer, instances: Vec<RecoveryInstance>) {
    for instance in instances {
        known.entry(instance.source_server.clone()).or_default().push(instance);
    }
}

/// Finds A2 among the servers that replicate B3. One that carries the tag of another B1 is another server's.
fn only_own<'v>(candidates: &[&'v SourceServer], b1: &SourceServerId) -> Link<'v, SourceServer> {
    let (own, others): (Vec<_>, Vec<_>) = candidates
        .iter()
        .copied()
        .partition(|a2: &&SourceServer| a2.tags.get(tag::B1).is_none_or(|tagged| *tagged == b1.as_str()));
    match (own.as_slice(), others.first()) {
        ([], None) => Link::Absent,
        ([a2], _) => Link::One(a2),
        ([], Some(other)) => Link::Ambiguous(Ambiguity {
            first: other,
            objects: other.id.to_string(),
            fact: fact::a2_is_tagged_as_anothers(),
        }),
        ([first, ..], _) => {
            Link::Ambiguous(Ambiguity { first, objects: ids(&own), fact: fact::several_a2_replicate_b3() })
        }
    }
}

/// Finds the live recovery instance of a source server: the one that the run knows, or the only one.
fn live<'v>(
    instances: Option<&'v ByServer>,
    of: Option<&SourceServerId>,
    known: Option<&RecoveryInstanceId>,
    label: &'static str,
) -> Link<'v, RecoveryInstance> {
    let Some(instances) = instances else { return Link::NotRead(label) };
    let of_server = of.and_then(|of| instances.get(of)).into_iter().flatten();
    let live: Vec<&RecoveryInstance> =
        of_server.filter(|instance| instance.is_live() && !is_left(instance)).collect();
    match live.as_slice() {
        [] => Link::Absent,
        // Another person has launched the server again: what this run knew is gone.
        [one] if known.is_some_and(|known| *known != one.id) => Link::Ambiguous(Ambiguity {
            first: one,
            objects: one.id.to_string(),
            fact: fact::launched_by_another(label),
        }),
        [one] => Link::One(one),
        several => match several.iter().find(|instance| Some(&instance.id) == known) {
            Some(one) => Link::One(one),
            None => Link::Ambiguous(Ambiguity {
                first: several[0],
                objects: listed(several.iter().map(|one| one.id.as_str())),
                fact: fact::several_recovery_instances(label),
            }),
        },
    }
}

fn ids(servers: &[&SourceServer]) -> String {
    listed(servers.iter().map(|server| server.id.as_str()))
}
