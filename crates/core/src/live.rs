//! What is true now: the live state of a fleet, read in as few calls as will do, and joined by the chain
//! B1 → B2 → A2 → A3 of live ids.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::{
    Cloud, Direction, Instance, Job, RecordSet, RecoveryInstance, RecoveryInstanceFilter, ReplicationState,
    SourceServer,
};
use crate::error::{Error, ErrorName, Result};
use crate::fleet::{Fleet, Server};
use crate::id::{HostedZoneId, InstanceId, RecoveryInstanceId, SourceServerId};
use crate::run::{Run, made_by_a_drill, tag};
use crate::timestamp::Timestamp;

/// A run that was cut off is carried on within this time.
const EARLIER_DAYS: u32 = 2;

/// What to read. Each costs one call or one call a page, however many servers there are.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // A list of switches, not a state.
pub struct Look {
    /// B1.
    pub b1: bool,
    /// B2.
    pub b2: bool,
    /// A2.
    pub a2: bool,
    /// A3; reads A2 too.
    pub a3: bool,
    /// Jobs of the source Region, from two days before the run began.
    pub source_jobs: bool,
    /// Jobs of the recovery Region, from two days before the run began.
    pub recovery_jobs: bool,
    /// A1, A4 as EC2 sees them; A4 of the A3 that were read.
    pub source_instances: bool,
    /// B3 as EC2 sees it.
    pub recovery_instances: bool,
    /// The plan's records.
    pub records: bool,
}

/// The live state at one moment.
#[derive(Debug)]
pub struct Live {
    /// When it was read.
    pub at: Timestamp,
    looked: Look,
    b1: BTreeMap<SourceServerId, SourceServer>,
    b2: BTreeMap<SourceServerId, Vec<RecoveryInstance>>,
    a2: BTreeMap<InstanceId, Vec<SourceServer>>,
    a3: BTreeMap<SourceServerId, Vec<RecoveryInstance>>,
    source_jobs: Vec<Job>,
    recovery_jobs: Vec<Job>,
    /// The EC2 instances that were asked for, whether EC2 knows them or not.
    asked: BTreeSet<InstanceId>,
    instances: BTreeMap<InstanceId, Instance>,
    records: Vec<Vec<RecordSet>>,
}

/// Reads the live state of a fleet.
///
/// # Errors
/// Those of AWS.
pub async fn read(cloud: &dyn Cloud, run: &Run, fleet: &Fleet, look: Look) -> Result<Live> {
    let mut live = Live {
        at: cloud.now(),
        looked: look,
        b1: BTreeMap::new(),
        b2: BTreeMap::new(),
        a2: BTreeMap::new(),
        a3: BTreeMap::new(),
        source_jobs: Vec::new(),
        recovery_jobs: Vec::new(),
        asked: BTreeSet::new(),
        instances: BTreeMap::new(),
        records: Vec::new(),
    };
    let b1s: Vec<SourceServerId> = fleet.pending().map(|m| m.b1.clone()).collect();
    if b1s.is_empty() {
        return Ok(live);
    }
    if look.b1 {
        let servers = cloud.source_servers(run.recovery(), Some(&b1s)).await?;
        live.b1 = servers.into_iter().map(|s| (s.id.clone(), s)).collect();
    }
    if look.b2 {
        let filter = RecoveryInstanceFilter::SourceServers(b1s);
        for instance in cloud.recovery_instances(run.recovery(), &filter).await? {
            live.b2.entry(instance.source_server.clone()).or_default().push(instance);
        }
    }
    if look.a2 || look.a3 {
        live.read_a2(cloud, run, fleet).await?;
    }
    if look.a3 {
        live.read_a3(cloud, run, fleet).await?;
    }
    live.read_jobs(cloud, run).await?;
    live.read_instances(cloud, run, fleet).await?;
    if look.records {
        for record in &run.plan.redirect.records {
            live.records.push(cloud.record_sets(&record.zone_id, &record.name, record.kind).await?);
        }
    }
    Ok(live)
}

impl Live {
    /// By id where the ledger knows every A2, else all of the Region, to find them by the instance they replicate.
    async fn read_a2(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let known: Option<Vec<SourceServerId>> = fleet.pending().map(|m| m.a2.clone()).collect();
        for server in cloud.source_servers(run.source(), known.as_deref()).await? {
            if let (Direction::Failback, Some(instance)) = (server.direction, server.instance.clone()) {
                self.a2.entry(instance).or_default().push(server);
            }
        }
        Ok(())
    }

    async fn read_a3(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let mut ids = BTreeSet::new();
        for server in fleet.pending() {
            // A record of A3 may outlive A2: ask by both.
            ids.extend(server.a2.clone());
            ids.extend(self.a2(server)?.map(|a2| a2.id.clone()));
        }
        if ids.is_empty() {
            return Ok(());
        }
        let filter = RecoveryInstanceFilter::SourceServers(ids.into_iter().collect());
        for instance in cloud.recovery_instances(run.source(), &filter).await? {
            self.a3.entry(instance.source_server.clone()).or_default().push(instance);
        }
        Ok(())
    }

    /// Also those of an earlier run that was cut off: their tags say what it made.
    async fn read_jobs(&mut self, cloud: &dyn Cloud, run: &Run) -> Result<()> {
        let since = Some(run.started.days_before(EARLIER_DAYS));
        if self.looked.source_jobs {
            self.source_jobs = cloud.jobs(run.source(), &[], since).await?;
        }
        if self.looked.recovery_jobs {
            self.recovery_jobs = cloud.jobs(run.recovery(), &[], since).await?;
        }
        Ok(())
    }

    async fn read_instances(&mut self, cloud: &dyn Cloud, run: &Run, fleet: &Fleet) -> Result<()> {
        let mut wanted: [(bool, crate::region::Region, BTreeSet<InstanceId>); 2] = [
            (self.looked.source_instances, run.source(), BTreeSet::new()),
            (self.looked.recovery_instances, run.recovery(), BTreeSet::new()),
        ];
        for server in fleet.pending() {
            let a3 = if self.looked.a3 { self.a3(server)?.map(|a3| a3.instance.clone()) } else { None };
            wanted[0].2.extend(server.a1.clone().into_iter().chain(server.a4()).chain(a3));
            // The ledger does not know a B2 whose launch lost its answer.
            // Which of several it is, only the step that needs it must know.
            let b2 = self.b2(server).ok().flatten().map(|b2| b2.instance.clone());
            wanted[1].2.extend(server.b3().into_iter().chain(b2));
        }
        for (looked, region, ids) in wanted {
            if looked && !ids.is_empty() {
                let listed: Vec<InstanceId> = ids.iter().cloned().collect();
                let instances = cloud.instances(region, &listed).await?;
                self.instances.extend(instances.into_iter().map(|i| (i.id.clone(), i)));
                self.asked.extend(ids);
            }
        }
        Ok(())
    }

    /// B1.
    ///
    /// # Errors
    /// When it was not read.
    pub fn b1(&self, server: &Server) -> Result<Option<&SourceServer>> {
        must(self.looked.b1, "B1")?;
        Ok(self.b1.get(&server.b1).filter(|b1| b1.direction == Direction::Failover))
    }

    /// B2 while it lives: the one that the ledger names, else the only one.
    ///
    /// # Errors
    /// When it was not read, or when several live and the ledger names none of them.
    pub fn b2(&self, server: &Server) -> Result<Option<&RecoveryInstance>> {
        must(self.looked.b2, "B2")?;
        only(self.b2.get(&server.b1), server.b2.as_ref(), server, "B2")
    }

    /// A2: the FAILBACK server that replicates B3. Found by the instance it replicates, not by
    /// `reversedDirectionSourceServerArn`, which goes stale (drs-facts §0.6).
    ///
    /// # Errors
    /// When it was not read, or when it is not provably this member's.
    pub fn a2(&self, server: &Server) -> Result<Option<&SourceServer>> {
        must(self.looked.a2 || self.looked.a3, "A2")?;
        let b3 = server.b3().or_else(|| self.b2(server).ok()?.map(|b2| b2.instance.clone()));
        let Some(found) = b3.and_then(|b3| self.a2.get(&b3)) else { return Ok(None) };
        let (belonging, foreign): (Vec<_>, Vec<_>) = found.iter().partition(|a2| belongs(a2, server));
        match (belonging.as_slice(), foreign.first()) {
            ([], None) => Ok(None),
            ([a2], _) => Ok(Some(a2)),
            ([], Some(other)) => Err(Error::new(
                ErrorName::Guard,
                format!("{}: A2 {} is tagged as another server's", server.name, other.id),
            )),
            (several, _) => Err(Error::new(
                ErrorName::Guard,
                format!(
                    "{}: {} source servers of the source Region replicate its B3: delete all but one in the console",
                    server.name,
                    several.len()
                ),
            )),
        }
    }

    /// A3 while it lives: the one that the ledger names, else the only one.
    ///
    /// # Errors
    /// When it was not read, or when several live and the ledger names none of them.
    pub fn a3(&self, server: &Server) -> Result<Option<&RecoveryInstance>> {
        must(self.looked.a3, "A3")?;
        let a2 = self.a2(server)?.map(|a2| a2.id.clone()).or_else(|| server.a2.clone());
        only(a2.and_then(|a2| self.a3.get(&a2)), server.a3.as_ref(), server, "A3")
    }

    /// True when B2 tells that something replicates it and no A2 shows: DRS lists a new source server some seconds
    /// after ReverseReplication answered.
    ///
    /// # Errors
    /// When A2 or B2 was not read; `Guard` when there are several.
    pub fn is_a2_unseen(&self, server: &Server) -> Result<bool> {
        let replicated = |b2: &RecoveryInstance| {
            b2.is_reversed() && b2.replication_state != ReplicationState::Disconnected
        };
        Ok(self.a2(server)?.is_none() && self.b2(server)?.is_some_and(replicated))
    }

    /// True when DRS shows a recovery instance that was launched from this A2, even one that is terminated.
    ///
    /// # Errors
    /// When A3 was not read.
    pub fn has_record_of(&self, a2: &SourceServer) -> Result<bool> {
        must(self.looked.a3, "A3")?;
        Ok(self.a3.contains_key(&a2.id))
    }

    /// True for a server whose launch lies behind it so far that A3 is deleted and A2 stopped already: the record of
    /// A4 is the ledger's alone. It must never be launched again, for that would terminate A4.
    ///
    /// # Errors
    /// When A2 or A3 were not read.
    pub fn is_past_launch(&self, server: &Server) -> Result<bool> {
        let stopped = self.a2(server)?.is_none_or(|a2| !a2.replication.is_running());
        Ok(server.a3.is_some() && server.replace.is_none() && stopped && self.a3(server)?.is_none())
    }

    /// Jobs of the source Region, newest first.
    ///
    /// # Errors
    /// When they were not read.
    pub fn source_jobs(&self) -> Result<&[Job]> {
        must(self.looked.source_jobs, "jobs of the source Region")?;
        Ok(&self.source_jobs)
    }

    /// Jobs of the recovery Region, newest first.
    ///
    /// # Errors
    /// When they were not read.
    pub fn recovery_jobs(&self) -> Result<&[Job]> {
        must(self.looked.recovery_jobs, "jobs of the recovery Region")?;
        Ok(&self.recovery_jobs)
    }

    /// An EC2 instance of the fleet; `None` when EC2 does not know it.
    ///
    /// # Errors
    /// When instances were not read.
    pub fn instance(&self, id: &InstanceId) -> Result<Option<&Instance>> {
        must(self.asked.contains(id), "an EC2 instance")?;
        Ok(self.instances.get(id))
    }

    /// The record sets behind each record of the plan, in the plan's order.
    ///
    /// # Errors
    /// When they were not read.
    pub fn records(&self) -> Result<&[Vec<RecordSet>]> {
        must(self.looked.records, "DNS records")?;
        Ok(&self.records)
    }

    /// True when a record of the plan points at one of the instance's addresses.
    ///
    /// # Errors
    /// When records or instances were not read.
    pub fn is_pointed_at(&self, id: &InstanceId) -> Result<bool> {
        let Some(instance) = self.instance(id)? else { return Ok(false) };
        let addresses: Vec<&String> =
            [&instance.private_ip, &instance.public_ip].into_iter().flatten().collect();
        Ok(self.records()?.iter().flatten().any(|set| set.values.iter().any(|v| addresses.contains(&v))))
    }

    /// Fills in what the ledger lacks and the live state shows: after a step that died before it could tell.
    ///
    /// # Errors
    /// When something live is not provably this member's.
    pub fn complete(&self, run: &Run, fleet: &mut Fleet) -> Result<()> {
        for server in fleet.servers.iter_mut().filter(|m| !m.already_failed_back) {
            if self.looked.b2 && server.b2.is_none() {
                server.b2 = self.b2(server)?.map(|b2| b2.id.clone());
            }
            if (self.looked.a2 || self.looked.a3) && server.a2.is_none() {
                let a2 = self.a2(server)?.map(|a2| a2.id.clone());
                server.times.reversed = a2.as_ref().map(|_| run.seconds(self.at));
                server.a2 = a2;
            }
            if self.looked.a3 && server.a3.is_none() {
                server.a3 = self.a3(server)?.map(|a3| a3.id.clone());
            }
        }
        Ok(())
    }

    /// True when a drill launched this recovery instance, of this run or an earlier one: by its own tags or, if the
    /// drill died before it could tag it, by its job's.
    ///
    /// # Errors
    /// When the jobs of the recovery Region were not read.
    pub fn is_of_a_drill(&self, b2: &RecoveryInstance) -> Result<bool> {
        let job = self.recovery_jobs()?.iter().find(|job| Some(&job.id) == b2.job.as_ref());
        Ok(made_by_a_drill(&b2.tags) || job.is_some_and(|job| made_by_a_drill(&job.tags)))
    }
}

/// A defect of this program rather than an answer that was never asked for.
fn must(looked: bool, what: &str) -> Result<()> {
    if looked { Ok(()) } else { Err(Error::internal(format!("{what} was not read before it was needed"))) }
}

/// True unless A2 carries the tag of another B1.
fn belongs(a2: &SourceServer, server: &Server) -> bool {
    a2.tags.get(tag::B1).is_none_or(|b1| *b1 == server.b1.as_str())
}

fn only<'l>(
    found: Option<&'l Vec<RecoveryInstance>>,
    named: Option<&RecoveryInstanceId>,
    server: &Server,
    label: &str,
) -> Result<Option<&'l RecoveryInstance>> {
    let live: Vec<&RecoveryInstance> =
        found.into_iter().flatten().filter(|instance| instance.is_live()).collect();
    match live.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => match named.and_then(|named| several.iter().find(|i| i.id == *named)) {
            Some(one) => Ok(Some(one)),
            None => Err(Error::new(
                ErrorName::Guard,
                format!(
                    "{}: {} recovery instances live where one {label} is expected",
                    server.name,
                    several.len()
                ),
            )),
        },
    }
}

/// Where a record of the plan should point: the member and the zone, or why not.
#[derive(Debug)]
pub struct Target<'a> {
    /// The record's zone.
    pub zone: &'a HostedZoneId,
    /// Index in the plan.
    pub index: usize,
    /// The server.
    pub server: &'a Server,
}

/// The members behind the plan's records. A record of a server that is not of the fleet is left out.
pub fn targets<'a>(run: &'a Run, fleet: &'a Fleet) -> impl Iterator<Item = Target<'a>> {
    run.plan.redirect.records.iter().enumerate().filter_map(|(index, record)| {
        let server = fleet.find(&record.server)?;
        Some(Target { zone: &record.zone_id, index, server })
    })
}
