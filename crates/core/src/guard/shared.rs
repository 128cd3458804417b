//! Warrants of both procedures. None of them changes A1, B1 or a production record, and none terminates B3.

use super::warrant::{
    CreateLaunchTemplateVersion, DeleteSourceServer, DisconnectSourceServer, ReverseReplication,
    SetDefaultVersion, StartRecovery, StopReplication, TagResource, UpdateLaunchConfiguration, Warrant,
};
use super::{Guard, a2, no_job, refuse, stopped_a2};
use crate::catalogue::{Reason, fault, reason};
use crate::cloud::{
    InstanceState, LastLaunch, LaunchConfiguration, LaunchTemplateVersion, RecoveryInstance,
    ReplicationState, SourceServer,
};
use crate::error::{Error, Result};
use crate::fleet::{LiveServer, Server, Serving, launched_by_a_person, serving};
use crate::id::{LaunchTemplateId, SnapshotId, SourceServerId};
use crate::launch_spec::{LaunchSpec, is_configured};
use crate::procedure::{Procedure, Scope};
use crate::ready::{LaunchState, launch_state};
use crate::rule::SafetyRule;
use crate::run::Run;
use crate::tags::{Tags, tag};
use crate::timestamp::Timestamp;

/// A server whose A2 may be launched according to its own numbers.
#[derive(Debug)]
pub struct LaunchReady<'l> {
    a2: &'l SourceServer,
    lag_seconds: u64,
}

impl LaunchReady<'_> {
    /// Returns A2.
    pub fn a2(&self) -> &SourceServer {
        self.a2
    }

    /// Returns true when the launch takes an existing recovery snapshot, so that there must be one.
    pub fn needs_snapshot(&self) -> bool {
        self.lag_seconds > 0
    }
}

/// The settings that a launch of A2 would use, as they were just read.
#[derive(Debug)]
pub struct LaunchSettings {
    /// A2's launch configuration.
    pub configuration: LaunchConfiguration,
    /// The default version of its launch template; `None` when it has no template.
    pub template: Option<LaunchTemplateVersion>,
    /// A2's recovery snapshots, with their times; read only for a launch that takes an existing one.
    pub snapshots: Vec<(SnapshotId, Timestamp)>,
}

impl LaunchSettings {
    /// Returns true when they are what the plan wants.
    pub fn meet(&self, spec: &LaunchSpec) -> bool {
        is_configured(&self.configuration)
            && self.template.as_ref().is_some_and(|version| spec.is_met_by(version))
    }
}

/// A server that was found fit to be launched for failback. Only the guard can create one.
#[derive(Debug)]
pub struct Launchable {
    a2: SourceServerId,
    read_at: Timestamp,
}

impl<S: Scope> Guard<'_, S> {
    /// Reverses replication of B2, which creates A2 (step 1).
    ///
    /// # Errors
    /// `Guard` when B2 is not this server's, not from AWS or reversed already.
    pub fn reverse_b2(&self, server: &LiveServer<'_>) -> Result<Warrant<ReverseReplication>> {
        self.may_change(server)?;
        let name = &server.name;
        let Some(b2) = server.b2()? else {
            return Err(refuse(fault::b2_does_not_live(name)));
        };
        if server.b2.as_ref().is_some_and(|known| *known != b2.id) {
            return Err(refuse(fault::b2_is_another(name, &b2.id)));
        }
        if !b2.originated_in_aws {
            return Err(refuse(fault::b2_is_not_of_ec2(name, &b2.id)));
        }
        if server.a2()?.is_some() {
            return Err(refuse(fault::reversed_already(name)));
        }
        let recovery_instance = b2.id.clone();
        Ok(Warrant::issue(ReverseReplication { region: self.run.recovery(), recovery_instance }))
    }

    /// Tags A2, which DRS creates untagged, with the run and with the identities that are recorded nowhere else.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's.
    pub fn tag_a2(&self, server: &LiveServer<'_>) -> Result<Warrant<TagResource>> {
        self.may_change(server)?;
        let arn = a2(server)?.arn.clone();
        Ok(Warrant::issue(TagResource { region: self.run.source(), arn, tags: a2_tags(self.run, server) }))
    }

    /// Turns off the settings that would override A2's launch template.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's.
    pub fn configure_a2(&self, server: &LiveServer<'_>) -> Result<Warrant<UpdateLaunchConfiguration>> {
        self.may_change(server)?;
        let a2 = a2(server)?.id.clone();
        Ok(Warrant::issue(UpdateLaunchConfiguration { region: self.run.source(), server: a2 }))
    }

    /// Writes network, profile and type into A2's launch template.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's.
    pub fn write_template(
        &self,
        server: &LiveServer<'_>,
        current: &LaunchTemplateVersion,
        spec: LaunchSpec,
    ) -> Result<Warrant<CreateLaunchTemplateVersion>> {
        self.may_change(server)?;
        a2(server)?;
        Ok(Warrant::issue(CreateLaunchTemplateVersion {
            region: self.run.source(),
            template: current.template.clone(),
            from_version: current.version,
            subnet: spec.subnet,
            security_groups: spec.security_groups,
            profile: spec.profile,
            instance_type: spec.instance_type,
        }))
    }

    /// Makes the version just written the default, which DRS launches.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's.
    pub fn use_template(
        &self,
        server: &LiveServer<'_>,
        template: &LaunchTemplateId,
        version: u64,
    ) -> Result<Warrant<SetDefaultVersion>> {
        self.may_change(server)?;
        a2(server)?;
        let template = template.clone();
        Ok(Warrant::issue(SetDefaultVersion { region: self.run.source(), template, version }))
    }

    /// Checks that A2 may be launched now: no job is working on it, the fate of its earlier launch is known, and it is
    /// ready.
    ///
    /// # Errors
    /// `NotReady` when A2 is not ready, or the fate of an earlier launch is not known; `Guard` when A2 is not this
    /// server's or a job is working on it.
    pub fn ready_to_launch<'l>(&self, server: &LiveServer<'l>) -> Result<LaunchReady<'l>> {
        self.fresh_server(server)?;
        let a2 = a2(server)?;
        no_job_on_a2(server)?;
        known_fate(server, a2)?;
        self.replaceable(server)?;
        self.drained(server)?;
        // With lag, DRS launches an existing point in time, which is from before the freeze.
        let lag_seconds_max = if self.run.freezes() { 0 } else { self.run.plan.launch.lag_seconds_max };
        match launch_state(&a2.replication, self.clock.now(), lag_seconds_max) {
            LaunchState::Ready => Ok(LaunchReady { a2, lag_seconds: 0 }),
            LaunchState::ReadyWithLag { lag_seconds } => Ok(LaunchReady { a2, lag_seconds }),
            LaunchState::Synchronizing { .. } => Err(not_ready(server, &reason::is_synchronizing())),
            LaunchState::Stalled { why } => Err(not_ready(server, &why)),
        }
    }

    /// Refuses a launch before writes to B3 are stopped and A2 holds them all, where the plan has them stopped.
    fn drained(&self, server: &LiveServer<'_>) -> Result<()> {
        if self.run.freezes() && (self.run.frozen.is_none() || !server.drained) {
            return Err(refuse(fault::not_drained(&server.name)));
        }
        self.lease_holds(server)
    }

    /// Checks whether the server's A4, if there is one, may be replaced by another launch, which terminates it: it must
    /// neither serve clients nor be protected by B1. Where no record of the server shows the instance that serves, only an
    /// A4 that no person was asked to use yet may be replaced.
    ///
    /// # Errors
    /// `Guard` when A4 may serve clients or is protected.
    pub fn replaceable(&self, server: &LiveServer<'_>) -> Result<()> {
        self.fresh_server(server)?;
        let Some(a3) = server.a3()? else { return Ok(()) };
        match self.use_of(server, a3)? {
            None => Ok(()),
            Some(why) => Err(refuse(fault::a4_is_kept(&server.name, &a3.instance, why))),
        }
    }

    /// Checks whether the server's A4 may be replaced because a person asks for it: as before any other launch, and only what
    /// a run launched, because whoever launched another one may need it.
    ///
    /// # Errors
    /// `Guard` when there is no A4, it may serve clients, B1 protects it or no run launched it.
    pub fn replaceable_on_request(&self, server: &LiveServer<'_>) -> Result<()> {
        self.may_change(server)?;
        let Some(a3) = server.a3()? else {
            return Err(refuse(fault::a3_does_not_live(&server.name)));
        };
        self.replaceable(server)?;
        if launched_by_a_person(self.run, server)?.is_some() {
            return Err(refuse(fault::a_persons_a4_is_kept(&server.name, &a3.instance)));
        }
        Ok(())
    }

    /// Returns why this A3 may be in use, if it may.
    pub(super) fn use_of(&self, server: &LiveServer<'_>, a3: &RecoveryInstance) -> Result<Option<Reason>> {
        if a3.is_reversed() {
            return Ok(Some(reason::b1_protects_it()));
        }
        Ok(match serving(self.run, server)? {
            Serving::A1 | Serving::B3 => None,
            Serving::A4 => Some(reason::clients_use_it()),
            Serving::Unknown if self.run.traffic_moved_by_hand => Some(reason::redirected_by_hand()),
            Serving::Unknown if self.is_unused(server, a3)? => None,
            Serving::Unknown => Some(reason::may_serve_clients()),
        })
    }

    /// Returns true for an A4 that this run launched, or an earlier run of the same procedure, if no record of the plan
    /// has moved to the fleet's A4 since: clients of a server without a record may have followed. Where people redirect by
    /// hand, an earlier run may have asked them to use it.
    fn is_unused(&self, server: &LiveServer<'_>, a3: &RecoveryInstance) -> Result<bool> {
        let live = server.live();
        if live.has_record_at_a4()? {
            return Ok(false);
        }
        let Some(job) = live.source_job_of(a3)? else { return Ok(false) };
        if self.run.owns(&job.tags) {
            return Ok(true);
        }
        let of_same_procedure =
            job.tags.get(tag::PROCEDURE).is_some_and(|procedure| procedure == self.run.procedure.as_str());
        Ok(of_same_procedure && !self.run.plan.redirect.is_by_hand())
    }

    /// Checks that a server is fit for *Launch for failback*: that A4 becomes A1 only if the plan allows it (drs-facts
    /// §0.4), and that the launch template is usable and, in a drill, isolated.
    ///
    /// # Errors
    /// `NotReady` when the settings are not those of the plan; `Guard` when a launch would break a rule.
    pub fn launchable(
        &self,
        server: &LiveServer<'_>,
        ready: &LaunchReady<'_>,
        settings: &LaunchSettings,
        spec: &LaunchSpec,
    ) -> Result<Launchable> {
        self.may_change(server)?;
        if ready.needs_snapshot() {
            let mut of_cycle = settings.snapshots.iter().map(|(_, taken)| server.is_of_cycle(*taken));
            if !of_cycle.try_fold(false, |found, is| is.map(|is| found || is))? {
                return Err(not_ready(server, &reason::no_snapshot_of_this_b3()));
            }
        }
        self.allows_target(server, &settings.configuration)?;
        if !settings.meet(spec) {
            return Err(Error::from(fault::a2_is_not_prepared(&server.name)));
        }
        Ok(Launchable { a2: ready.a2.id.clone(), read_at: server.live().read_at })
    }

    /// Starts the recovery of servers that were found fit (step 2.2, *Launch for failback*).
    ///
    /// # Errors
    /// `Stale` when they were found fit too long ago.
    pub fn launch_a2(&self, servers: Vec<Launchable>) -> Result<Warrant<StartRecovery>> {
        servers.iter().try_for_each(|server| self.fresh(server.read_at))?;
        Ok(Warrant::issue(StartRecovery {
            region: self.run.source(),
            servers: servers.into_iter().map(|server| server.a2).collect(),
            is_drill: self.run.launches_as_drill(),
            tags: self.run.tags(),
        }))
    }

    /// Refuses to end the replication of a B3 that the plan keeps: A2 is its only protection, and a disconnect would have
    /// the agent on B3 uninstall itself (drs-facts §6).
    fn not_kept(&self, server: &Server) -> Result<()> {
        if self.run.keeps_recovered_servers() {
            return Err(refuse(fault::a2_protects_a_kept_b3(&server.name)));
        }
        Ok(())
    }

    /// Stops replication of A2. Refused during a launch of A2, whose A4 would be missed.
    pub(super) fn stop_unlaunched_a2(&self, server: &LiveServer<'_>) -> Result<Warrant<StopReplication>> {
        self.may_change(server)?;
        self.not_kept(server)?;
        let a2 = a2(server)?.id.clone();
        no_job_on_a2(server)?;
        Ok(Warrant::issue(StopReplication { region: self.run.source(), server: a2 }))
    }

    /// Disconnects A2, last but one in the clean-up, once A3 and B2 are gone.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's, or an object that goes first still exists.
    pub fn disconnect_a2(&self, server: &LiveServer<'_>) -> Result<Warrant<DisconnectSourceServer>> {
        self.may_change(server)?;
        let a2 = self.last_in_order(server)?.id.clone();
        Ok(Warrant::issue(DisconnectSourceServer { region: self.run.source(), server: a2 }))
    }

    /// Deletes A2, last in the clean-up, once it is disconnected.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's or not disconnected.
    pub fn delete_a2(&self, server: &LiveServer<'_>) -> Result<Warrant<DeleteSourceServer>> {
        self.may_change(server)?;
        let a2 = self.last_in_order(server)?;
        if a2.replication.state != ReplicationState::Disconnected {
            return Err(refuse(fault::a2_is_connected(&server.name, &a2.id)));
        }
        Ok(Warrant::issue(DeleteSourceServer { region: self.run.source(), server: a2.id.clone() }))
    }

    /// Returns A2 once everything that the page's order removes before it is gone.
    fn last_in_order<'l>(&self, server: &LiveServer<'l>) -> Result<&'l SourceServer> {
        let Some(a2) = stopped_a2(server)? else {
            return Err(refuse(fault::a2_is_gone(&server.name)));
        };
        no_job(server)?;
        if let Some(a3) = server.a3()? {
            return Err(refuse(fault::a3_still_exists(&server.name, &a3.id)));
        }
        if let Some(b2) = server.b2()? {
            return Err(refuse(fault::b2_still_exists(&server.name, &b2.id)));
        }
        self.not_kept(server)?;
        Ok(a2)
    }

    /// Refuses a launch into A1 in a drill, and in a failback unless the plan allows it and A1 is stopped.
    fn allows_target(&self, server: &LiveServer<'_>, configuration: &LaunchConfiguration) -> Result<()> {
        let Some(target) = &configuration.launch_into else { return Ok(()) };
        let name = &server.name;
        if self.run.procedure == Procedure::Drill {
            return Err(refuse(fault::drill_would_launch_into_a1(name, target)));
        }
        if !self.run.plan.launch.into_source || server.a1.as_ref() != Some(target) {
            return Err(refuse(fault::a2_launches_into_an_instance(name, target)));
        }
        match server.live().instance(target)? {
            Some(a1) if a1.state == InstanceState::Stopped => Ok(()),
            _ => Err(Error::from(fault::a1_is_not_stopped(name, target))),
        }
    }
}

/// Returns the tags of A2: the run, and the identities that are recorded nowhere else.
pub fn a2_tags(run: &Run, server: &Server) -> Tags {
    let mut tags = run.tags();
    tags.append(&mut run.claim_tags());
    tags.insert(tag::B1.to_owned(), server.b1.to_string());
    if let Some(b2) = &server.b2 {
        tags.insert(tag::B2.to_owned(), b2.to_string());
    }
    if let Some(a1) = &server.a1 {
        tags.insert(tag::A1.to_owned(), a1.to_string());
    }
    tags
}

fn not_ready(server: &Server, why: &Reason) -> Error {
    Error::from(fault::a2_is_not_ready(&server.name, why))
}

fn no_job_on_a2(server: &LiveServer<'_>) -> Result<()> {
    match server.active_source_job()? {
        Some(job) => Err(refuse(fault::job_is_at_work_on_a2(&server.name, &job.id))),
        None => Ok(()),
    }
}

/// Refuses a launch when the fate of the earlier one is not known. `StartRecovery` terminates the instance that A2
/// launched before, even if its record was deleted (drs-facts §0.5), and that instance may be production by now. It is gone
/// when DRS has no record of it and EC2 does not run it.
fn known_fate(server: &LiveServer<'_>, a2: &SourceServer) -> Result<()> {
    if a2.last_launch != LastLaunch::Succeeded
        || server.has_record_of(a2)?
        || server.was_launched_by_a_drill(a2)?
    {
        return Ok(());
    }
    let launched = server.live().last_launched(a2)?;
    if let Some(launched) = &launched
        && !server.live().instance(launched)?.is_some_and(|instance| instance.state.is_live())
    {
        return Ok(());
    }
    let instance = launched.map_or_else(|| "the instance that it launched".to_owned(), |id| id.to_string());
    Err(Error::from(fault::earlier_a4_is_unknown(
        &server.name,
        &a2.id,
        &instance,
        SafetyRule::ProductionRuns,
    )))
}
