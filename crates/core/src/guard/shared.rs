//! What both procedures may do. None of it changes A1, B1 or a production record, and none of it takes B3 down.

use super::warrant::{
    CreateLaunchTemplateVersion, DeleteSourceServer, DisconnectSourceServer, ReverseReplication,
    SetDefaultVersion, StartRecovery, StopReplication, TagResource, UpdateLaunchConfiguration, Warrant,
};
use super::{Guard, a2, forbidden, fresh, no_job, stopped_a2};
use crate::cloud::{
    Cloud, Drs, Ec2, InstanceState, LastLaunch, LaunchConfiguration, LaunchTemplateVersion, ReplicationState,
    SourceServer, Tags,
};
use crate::error::{Error, ErrorName, Result};
use crate::fleet::Server;
use crate::id::{LaunchTemplateId, SourceServerId};
use crate::launch_spec::{LaunchSpec, is_configured};
use crate::live::Live;
use crate::plan::LaunchAs;
use crate::procedure::{Procedure, Scope};
use crate::ready::{LaunchState, launch_state};
use crate::run::{Run, tag};
use crate::timestamp::Timestamp;

/// A server that was found fit to be launched for failback. Only the guard can say so.
#[derive(Debug)]
pub struct Launchable {
    a2: SourceServerId,
    lag_seconds: u64,
    read: Timestamp,
}

impl Launchable {
    /// The lag at which it will be launched.
    pub fn lag_seconds(&self) -> u64 {
        self.lag_seconds
    }
}

impl<S: Scope> Guard<'_, S> {
    /// Step 1: reverse replication of B2, which creates A2.
    ///
    /// # Errors
    /// `Guard` when B2 is not this server's, not from AWS or reversed already.
    pub fn reverse_b2(
        &self,
        live: &Live,
        now: Timestamp,
        server: &Server,
    ) -> Result<Warrant<ReverseReplication>> {
        fresh(live, now)?;
        let b2 = live.b2(server)?.ok_or_else(|| forbidden(format!("{}: B2 does not live", server.name)))?;
        if server.b2.as_ref().is_some_and(|named| *named != b2.id) {
            return Err(forbidden(format!("{}: {} is not the B2 this run began with", server.name, b2.id)));
        }
        if !b2.originated_in_aws {
            return Err(forbidden(format!("{}: B2 {} did not originate in AWS", server.name, b2.id)));
        }
        if live.a2(server)?.is_some() {
            return Err(forbidden(format!("{}: replication is reversed already", server.name)));
        }
        Ok(Warrant::issue(ReverseReplication {
            region: self.run.recovery(),
            recovery_instance: b2.id.clone(),
        }))
    }

    /// Tags A2, which DRS creates untagged, with the run and with what nothing else remembers.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's.
    pub fn tag_a2(&self, live: &Live, now: Timestamp, server: &Server) -> Result<Warrant<TagResource>> {
        fresh(live, now)?;
        let a2 = a2(live, server)?;
        let tags = a2_tags(self.run, server);
        Ok(Warrant::issue(TagResource { region: self.run.source(), arn: a2.arn.clone(), tags }))
    }

    /// Turns off what would override A2's launch template.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's.
    pub fn configure_a2(
        &self,
        live: &Live,
        now: Timestamp,
        server: &Server,
    ) -> Result<Warrant<UpdateLaunchConfiguration>> {
        fresh(live, now)?;
        let server = a2(live, server)?.id.clone();
        Ok(Warrant::issue(UpdateLaunchConfiguration { region: self.run.source(), server }))
    }

    /// Writes network, profile and type into A2's launch template.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's or has no template.
    pub fn write_template(
        &self,
        live: &Live,
        now: Timestamp,
        server: &Server,
        current: &LaunchTemplateVersion,
        wanted: LaunchSpec,
    ) -> Result<Warrant<CreateLaunchTemplateVersion>> {
        fresh(live, now)?;
        a2(live, server)?;
        Ok(Warrant::issue(CreateLaunchTemplateVersion {
            region: self.run.source(),
            template: current.template.clone(),
            from_version: current.version,
            subnet: wanted.subnet,
            security_groups: wanted.security_groups,
            profile: wanted.profile,
            instance_type: wanted.instance_type,
        }))
    }

    /// Makes the version just written the default, which is what DRS launches.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's.
    pub fn use_template(
        &self,
        live: &Live,
        now: Timestamp,
        server: &Server,
        template: &LaunchTemplateId,
        version: u64,
    ) -> Result<Warrant<SetDefaultVersion>> {
        fresh(live, now)?;
        a2(live, server)?;
        Ok(Warrant::issue(SetDefaultVersion {
            region: self.run.source(),
            template: template.clone(),
            version,
        }))
    }

    /// Finds a server fit for *Launch for failback*, by reading what a launch would do: whether A2 is ready, whether
    /// A4 would become A1 (drs-facts §0.4), and whether the launch template is usable and, in a drill, isolated.
    ///
    /// # Errors
    /// `NotReady` when A2 is not ready, or what it launched before is not known; `Guard` when a launch would break a
    /// rule; those of AWS.
    pub async fn launchable(
        &self,
        cloud: &dyn Cloud,
        live: &Live,
        server: &Server,
        wanted: &LaunchSpec,
    ) -> Result<Launchable> {
        fresh(live, cloud.now())?;
        let a2 = a2(live, server)?;
        no_job_at(live, server, &a2.id)?;
        known_fate(live, server, a2)?;
        let lag_seconds = ready(cloud, self.run, server, a2).await?;
        let configuration = Drs::launch_configuration(cloud, self.run.source(), &a2.id).await?;
        into_source(self.run, live, server, &configuration)?;
        let unprepared = || {
            let message = format!("{}: A2's launch template is not what the plan wants", server.name);
            Error::new(ErrorName::NotReady, message)
        };
        let template = configuration.launch_template.as_ref().ok_or_else(unprepared)?;
        let version = Ec2::default_launch_template_version(cloud, self.run.source(), template).await?;
        if !is_configured(&configuration) || !wanted.is_met_by(&version) {
            return Err(unprepared());
        }
        Ok(Launchable { a2: a2.id.clone(), lag_seconds, read: live.at })
    }

    /// Step 2.2, *Launch for failback*: StartRecovery of servers that were found fit.
    ///
    /// # Errors
    /// When they were found fit too long ago.
    pub fn launch_a2(&self, now: Timestamp, servers: Vec<Launchable>) -> Result<Warrant<StartRecovery>> {
        if servers.iter().any(|server| now.seconds_since(server.read) > super::STALE_SECONDS) {
            return Err(Error::internal("the servers were found fit too long ago to be launched now"));
        }
        Ok(Warrant::issue(StartRecovery {
            region: self.run.source(),
            servers: servers.into_iter().map(|server| server.a2).collect(),
            is_drill: is_drill_launch(self.run),
            tags: self.run.tags(),
        }))
    }

    /// Clean-up, first: stop replication of A2. Never while a launch of it runs, whose A4 would be missed.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's or is being launched.
    pub fn stop_a2(&self, live: &Live, now: Timestamp, server: &Server) -> Result<Warrant<StopReplication>> {
        fresh(live, now)?;
        let a2 = a2(live, server)?;
        no_job_at(live, server, &a2.id)?;
        Ok(Warrant::issue(StopReplication { region: self.run.source(), server: a2.id.clone() }))
    }

    /// Clean-up, last but one: disconnect A2, once A3 and B2 are gone (S4).
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's, or something that goes first still exists.
    pub fn disconnect_a2(
        &self,
        live: &Live,
        now: Timestamp,
        server: &Server,
    ) -> Result<Warrant<DisconnectSourceServer>> {
        fresh(live, now)?;
        let server = self.last_in_order(live, server)?.id.clone();
        Ok(Warrant::issue(DisconnectSourceServer { region: self.run.source(), server }))
    }

    /// Clean-up, last: delete A2, once it is disconnected.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's or not disconnected.
    pub fn delete_a2(
        &self,
        live: &Live,
        now: Timestamp,
        server: &Server,
    ) -> Result<Warrant<DeleteSourceServer>> {
        fresh(live, now)?;
        let a2 = self.last_in_order(live, server)?;
        if a2.replication.state != ReplicationState::Disconnected {
            return Err(forbidden(format!("{}: A2 {} is not disconnected (S4)", server.name, a2.id)));
        }
        Ok(Warrant::issue(DeleteSourceServer { region: self.run.source(), server: a2.id.clone() }))
    }

    /// A2, when all that the page's order takes away before it is gone.
    fn last_in_order<'l>(&self, live: &'l Live, server: &Server) -> Result<&'l SourceServer> {
        let a2 =
            stopped_a2(live, server)?.ok_or_else(|| forbidden(format!("{}: A2 is gone", server.name)))?;
        no_job(live, server)?;
        if let Some(a3) = live.a3(server)? {
            return Err(forbidden(format!("{}: A3 {} still exists (S4)", server.name, a3.id)));
        }
        let keeps_b2 = self.run.procedure == Procedure::Drill && self.run.plan.drill.keep_recovered_servers;
        match live.b2(server)? {
            Some(b2) if !keeps_b2 => {
                Err(forbidden(format!("{}: B2 {} still lives (S4)", server.name, b2.id)))
            }
            _ => Ok(a2),
        }
    }
}

/// The tags of A2: the run, and the identities that nothing else remembers.
pub fn a2_tags(run: &Run, server: &Server) -> Tags {
    let mut tags = run.tags();
    tags.insert(tag::B1.to_owned(), server.b1.to_string());
    if let Some(a1) = &server.a1 {
        tags.insert(tag::A1.to_owned(), a1.to_string());
    }
    tags
}

/// Whether launches of this run are drill launches to DRS.
pub(super) fn is_drill_launch(run: &Run) -> bool {
    run.procedure == Procedure::Drill && run.plan.drill.launch_as == LaunchAs::Drill
}

fn no_job_at(live: &Live, server: &Server, a2: &SourceServerId) -> Result<()> {
    match live.source_jobs()?.iter().find(|job| job.is_active() && job.part_of(a2).is_some()) {
        Some(job) => Err(forbidden(format!("{}: job {} is at work on A2 (S7)", server.name, job.id))),
        None => Ok(()),
    }
}

/// StartRecovery terminates what was launched from A2 before, even where its record was deleted (drs-facts §0.5). An
/// instance of which nothing is known may be production by now (S2).
fn known_fate(live: &Live, server: &Server, a2: &SourceServer) -> Result<()> {
    if a2.last_launch != LastLaunch::Succeeded || live.has_record_of(a2)? {
        return Ok(());
    }
    let message = format!(
        "{}: A2 {} was launched before and DRS shows no A3 of it, and a launch would terminate the instance that was \
         launched, which may be production (S2). If it is, finish the page's step 4 by hand; if it is not, terminate \
         it, then disconnect and delete A2 and start again",
        server.name, a2.id
    );
    Err(Error::new(ErrorName::NotReady, message))
}

/// The lag at which A2 would be launched, if it is ready.
async fn ready(cloud: &dyn Cloud, run: &Run, server: &Server, a2: &SourceServer) -> Result<u64> {
    let not_ready = |why: String| {
        Err(Error::new(ErrorName::NotReady, format!("{}: A2 is not ready: {why}", server.name)))
    };
    match launch_state(&a2.replication, cloud.now(), run.plan.launch.lag_seconds_max) {
        LaunchState::Ready => Ok(0),
        LaunchState::ReadyWithLag { lag_seconds } => {
            if cloud.recovery_snapshots(run.source(), &a2.id).await?.is_empty() {
                return not_ready("it has no recovery snapshot yet".to_owned());
            }
            Ok(lag_seconds)
        }
        LaunchState::Synchronizing { .. } => not_ready("it is synchronizing".to_owned()),
        LaunchState::Stalled { why } => not_ready(why),
    }
}

/// Refuses a launch into A1 unless the plan wants it and A1 is stopped: in a drill, always (S1).
fn into_source(run: &Run, live: &Live, server: &Server, configuration: &LaunchConfiguration) -> Result<()> {
    let Some(target) = &configuration.launch_into else { return Ok(()) };
    if run.procedure == Procedure::Drill {
        return Err(forbidden(format!(
            "{}: A2 would be launched into {target}, which is A1 (S1)",
            server.name
        )));
    }
    if !run.plan.launch.into_source || server.a1.as_ref() != Some(target) {
        let message = format!(
            "{}: A2 would be launched into {target}; allow it with launch.intoSource, or clear it in A2's launch settings",
            server.name
        );
        return Err(forbidden(message));
    }
    match live.instance(target)? {
        Some(a1) if a1.state == InstanceState::Stopped => Ok(()),
        _ => Err(Error::new(
            ErrorName::NotReady,
            format!("{}: A1 {target} must be stopped to be launched into", server.name),
        )),
    }
}
