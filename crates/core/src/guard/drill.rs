//! Warrants of the drill only: to launch B2 first, and to terminate what the drill launched.

use super::warrant::{StartRecovery, StopReplication, TagResource, TerminateRecoveryInstances, Warrant};
use super::{Guard, is_drs_own, no_job, refuse, stopped_a2};
use crate::catalogue::{Reason, fault, reason};
use crate::cloud::{InstanceState, RecoveryInstance, SourceServer};
use crate::error::{Error, Result};
use crate::fleet::{LaunchConfigurations, LaunchTemplates, LiveServer};
use crate::id::{RecoveryInstanceId, SubnetId};
use crate::procedure::Drill;
use crate::run::Run;
use crate::tags::{Tags, drill_tags, made_by_a_drill, tag};

impl Guard<'_, Drill> {
    /// Launches the recovered servers of a drill. Refused while B1 has a recovery instance, because `StartRecovery`
    /// terminates the previous ones (drs-facts §0.5).
    ///
    /// # Errors
    /// `Guard` when the plan does not request it, a B2 lives, B1 launches into an instance that exists or into a subnet that
    /// the plan does not name, or production does not run on A1.
    pub fn launch_b1(
        &self,
        servers: &[&LiveServer<'_>],
        settings: &LaunchConfigurations,
        templates: &LaunchTemplates,
    ) -> Result<Warrant<StartRecovery>> {
        servers.iter().try_for_each(|server| self.fresh_server(server))?;
        if !self.run.plan.drill.launch_recovered_servers {
            return Err(refuse(fault::plan_launches_no_b2()));
        }
        for server in servers {
            let name = &server.name;
            let Some(b1) = server.b1()? else {
                return Err(refuse(fault::b1_does_not_exist(name)));
            };
            // B1 may still name a B2 whose B3 was terminated.
            let b3 = b1.recovery_instance.as_ref().map(RecoveryInstanceId::instance);
            let known = b3.map(|b3| server.live().instance(&b3)).transpose()?.flatten();
            if server.b2()?.is_some() || known.is_some_and(|b3| b3.state.is_live()) {
                return Err(refuse(fault::b1_has_a_b2(name)));
            }
            launches_new_b3(server, settings)?;
            self.launches_into_named_subnet(server, templates)?;
            if let Some(b3) = server.live().forgotten_b3(b1)? {
                return Err(refuse(fault::b3_runs_without_b2(name, &b3)));
            }
            no_job(server)?;
            if !is_a1_running(server)? {
                return Err(refuse(fault::a1_does_not_run(name)));
            }
        }
        Ok(Warrant::issue(StartRecovery {
            region: self.run.recovery(),
            servers: servers.iter().map(|server| server.b1.clone()).collect(),
            is_drill: self.run.launches_as_drill(),
            tags: self.run.tags(),
        }))
    }

    /// Refuses a launch of B1 into a subnet that the plan does not name: B3 is a copy of production, and its jobs and
    /// services start with it.
    fn launches_into_named_subnet(&self, server: &LiveServer<'_>, templates: &LaunchTemplates) -> Result<()> {
        let subnet = templates.get(&server.b1).and_then(|version| version.subnet.as_ref());
        if subnet.is_some_and(|subnet| self.run.plan.drill.recovered_subnet_ids.contains(subnet)) {
            return Ok(());
        }
        let place = subnet.map_or("the default subnet", SubnetId::as_str);
        Err(refuse(fault::b3_would_start_elsewhere(&server.name, place)))
    }

    /// Tags a B2 that a drill launched as a drill's, so that it is never taken for production.
    ///
    /// # Errors
    /// `Guard` when B2 does not live, or a drill did not launch it.
    pub fn tag_b2(&self, server: &LiveServer<'_>) -> Result<Warrant<TagResource>> {
        self.fresh_server(server)?;
        let b2 = live_b2(server)?;
        if !server.live().is_of_a_drill(b2)? {
            return Err(refuse(fault::b2_is_no_drills(&server.name, &b2.id)));
        }
        let (arn, tags) = (b2.arn.clone(), drill_tags());
        Ok(Warrant::issue(TagResource { region: self.run.recovery(), arn, tags }))
    }

    /// Stops replication of A2, first in the clean-up. Refused while B3 may be production: A2 is its only protection.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's or is being launched, or B3 may be production.
    pub fn stop_a2(&self, server: &LiveServer<'_>) -> Result<Warrant<StopReplication>> {
        let warrant = self.stop_unlaunched_a2(server)?;
        if let Some(b2) = server.b2()?
            && let Some(why) = may_be_production(self.run, server, b2)?
        {
            return Err(refuse(fault::a2_protects_production(&server.name, &b2.instance, why)));
        }
        Ok(warrant)
    }

    /// Writes this run on an A3 that a drill launched (clean-up): the function that terminates A3 may terminate no other, and
    /// may not write it.
    ///
    /// # Errors
    /// `Guard` when A3 does not live, or a drill did not launch it from this server's A2.
    pub fn claim_a3(&self, server: &LiveServer<'_>) -> Result<Warrant<TagResource>> {
        self.may_change(server)?;
        let (a3, a2) = (existing_a3(server)?, super::a2(server)?);
        launched_by_a_drill(server, a3, a2)?;
        let tags = Tags::from([(tag::RUN.to_owned(), self.run.tag_value())]);
        Ok(Warrant::issue(TagResource { region: self.run.source(), arn: a3.arn.clone(), tags }))
    }

    /// Terminates A3 and with it A4 (clean-up), but never A1 or an instance that production DNS points at.
    ///
    /// # Errors
    /// `Guard` when A3 is not this drill's, A2 still replicates or a job is working on the server.
    pub fn terminate_a3(&self, servers: &[&LiveServer<'_>]) -> Result<Warrant<TerminateRecoveryInstances>> {
        self.may_change_all(servers)?;
        let mut recovery_instances = Vec::new();
        for server in servers {
            let name = &server.name;
            let a3 = existing_a3(server)?;
            let a2 = if self.run.keeps_recovered_servers() { server.a2()? } else { stopped_a2(server)? };
            let Some(a2) = a2 else {
                return Err(refuse(fault::a2_does_not_exist(name)));
            };
            launched_by_a_drill(server, a3, a2)?;
            if a3.is_reversed() {
                return Err(refuse(fault::b1_protects_the_drills_a4(name, &a3.instance)));
            }
            if server.a1.as_ref() == Some(&a3.instance) {
                return Err(refuse(fault::a3_is_a1(name, &a3.id)));
            }
            if server.live().has_record_at_a4()? {
                return Err(refuse(fault::a_record_points_at_an_a4(name, &a3.instance)));
            }
            no_job(server)?;
            if a3.tags.get(tag::RUN) != Some(&self.run.tag_value()) {
                return Err(refuse(fault::a3_lacks_the_runs_tag(name, &a3.id)));
            }
            recovery_instances.push(a3.id.clone());
        }
        Ok(Warrant::issue(TerminateRecoveryInstances { region: self.run.source(), recovery_instances }))
    }

    /// Terminates B2 and with it B3 (clean-up), unless B3 may be production.
    ///
    /// # Errors
    /// `Guard` when B3 may be production or existed before, A2 still replicates or a job is working on the server.
    pub fn terminate_b2(
        &self,
        servers: &[&LiveServer<'_>],
        settings: &LaunchConfigurations,
    ) -> Result<Warrant<TerminateRecoveryInstances>> {
        self.may_change_all(servers)?;
        if self.run.plan.drill.keep_recovered_servers {
            return Err(refuse(fault::plan_keeps_b3()));
        }
        let mut recovery_instances = Vec::new();
        for server in servers {
            let b2 = live_b2(server)?;
            stopped_a2(server)?;
            no_job(server)?;
            if let Some(why) = may_be_production(self.run, server, b2)? {
                return Err(refuse(fault::b3_may_be_production(&server.name, &b2.instance, why)));
            }
            is_drs_own(server, b2, settings)?;
            recovery_instances.push(b2.id.clone());
        }
        Ok(Warrant::issue(TerminateRecoveryInstances { region: self.run.recovery(), recovery_instances }))
    }
}

/// Refuses to launch B1 into an instance that exists: DRS would exchange its volumes, and the clean-up would terminate
/// it.
fn launches_new_b3(server: &LiveServer<'_>, settings: &LaunchConfigurations) -> Result<()> {
    let Some(settings) = settings.get(&server.b1) else {
        return Err(Error::from(fault::was_not_read("the launch settings of B1")));
    };
    match &settings.launch_into {
        Some(existing) => Err(refuse(fault::b1_launches_into_an_instance(&server.name, existing))),
        None => Ok(()),
    }
}

fn live_b2<'l>(server: &LiveServer<'l>) -> Result<&'l RecoveryInstance> {
    server.b2()?.ok_or_else(|| refuse(fault::b2_does_not_live(&server.name)))
}

fn is_a1_running(server: &LiveServer<'_>) -> Result<bool> {
    Ok(server.a1_instance()?.is_some_and(|a1| a1.state == InstanceState::Running))
}

/// Returns A3, which must live.
fn existing_a3<'l>(server: &LiveServer<'l>) -> Result<&'l RecoveryInstance> {
    server.a3()?.ok_or_else(|| refuse(fault::a3_does_not_exist(&server.name)))
}

/// Refuses an A3 that no drill launched from this server's A2.
fn launched_by_a_drill(server: &LiveServer<'_>, a3: &RecoveryInstance, a2: &SourceServer) -> Result<()> {
    let name = &server.name;
    if a3.source_server != a2.id {
        return Err(refuse(fault::a3_is_not_of_this_a2(name, &a3.id)));
    }
    let job = server.live().source_job_of(a3)?;
    if !job.is_some_and(|job| made_by_a_drill(&job.tags)) {
        return Err(refuse(fault::no_drill_launched_a3(name, &a3.id)));
    }
    Ok(())
}

/// Returns the reason why B3 may be production, if it may. A drill of recovered servers is refused for the same
/// reasons.
///
/// # Errors
/// `Internal` when the live state that decides it was not read.
pub fn may_be_production(
    run: &Run,
    server: &LiveServer<'_>,
    b2: &RecoveryInstance,
) -> Result<Option<Reason>> {
    if server.live().is_pointed_at(&b2.instance)? {
        return Ok(Some(reason::a_record_points_at_it()));
    }
    // Clients of a server without a record follow those that have one.
    if server.live().has_record_at_b3()? {
        return Ok(Some(reason::a_record_points_at_another_b3()));
    }
    if server.live().has_unknown_record()? {
        return Ok(Some(reason::a_record_is_at_no_instance()));
    }
    if !is_a1_running(server)? {
        return Ok(Some(reason::a1_does_not_run()));
    }
    if !is_disposable(run, server, b2)? {
        return Ok(Some(reason::no_drill_launched_it()));
    }
    Ok(None)
}

/// Returns true for a B3 that a drill of this program launched, or that the plan calls disposable. DRS's mark of a
/// drill counts only where records show what serves: in an emergency, people start a drill in place of a recovery.
///
/// # Errors
/// `Internal` when jobs of the recovery Region were not read.
pub fn is_disposable(run: &Run, server: &LiveServer<'_>, b2: &RecoveryInstance) -> Result<bool> {
    let is_marked = b2.is_drill && !run.plan.redirect.is_by_hand();
    let is_said = run.plan.drill.recovered_servers_are_disposable;
    Ok(is_marked || is_said || server.live().is_of_a_drill(b2)?)
}
