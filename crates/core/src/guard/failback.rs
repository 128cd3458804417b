//! Warrants of the failback only: everything that changes A1, B1, production DNS, or B3 as production.

use super::warrant::{
    DeleteRecoveryInstance, ReverseReplication, StopReplication, TagResource, TerminateInstances,
    TerminateRecoveryInstances, Warrant,
};
use super::{Guard, a2, is_drs_own, refuse, settled, stopped_a2};
use crate::catalogue::{Reason, fault, reason};
use crate::cloud::{Address, Check, Instance, InstanceState, InstanceStatus, RecoveryInstance};
use crate::error::{Error, Result};
use crate::fleet::{
    LaunchConfigurations, LiveServer, LiveState, Redirected, a1_may_serve, existed_before, targets,
};
use crate::id::{InstanceId, SourceServerId};
use crate::procedure::Failback;
use crate::ready::{LaunchState, launch_state};
use crate::run::Run;
use crate::tags::{Tags, tag};

impl Guard<'_, Failback> {
    /// Stops replication of B1 once A2 can be launched (the note of step 1). This deletes every point in time of B1, so A2
    /// must have one of B3, B3 must run and pass its checks, and no client may use A1.
    ///
    /// # Errors
    /// `Guard` when the plan does not request it or B3 is not proven to be production; `NotReady` while A2 cannot be
    /// launched or B3 does not pass its checks.
    pub fn stop_b1(
        &self,
        server: &LiveServer<'_>,
        checks: &[InstanceStatus],
    ) -> Result<Warrant<StopReplication>> {
        self.may_change(server)?;
        let name = &server.name;
        if !self.run.plan.stop_original_replication {
            return Err(refuse(fault::plan_stops_no_b1()));
        }
        let Some(b1) = server.b1()? else {
            return Err(refuse(fault::b1_does_not_exist(name)));
        };
        let Some(b2) = server.b2()? else {
            return Err(refuse(fault::b2_is_gone(name)));
        };
        self.works(server.live(), checks, &b2.instance, name)?;
        let Some(a2) = server.a2()? else {
            return Err(refuse(fault::b3_is_not_replicated(name)));
        };
        let lag_seconds_max = self.run.plan.launch.lag_seconds_max;
        let state = launch_state(&a2.replication, self.clock.now(), lag_seconds_max);
        if !matches!(state, LaunchState::Ready | LaunchState::ReadyWithLag { .. }) {
            return Err(Error::from(fault::a2_has_no_point_in_time(name, &a2.id)));
        }
        if let Some(a3) = server.a3()? {
            return Err(refuse(fault::a4_runs_already(name, &a3.instance)));
        }
        let Some(protected) = &b1.instance else { return Ok(self.stop(b1.id.clone())) };
        if Some(protected) != server.a1.as_ref() {
            return Err(refuse(fault::b1_no_longer_protects_a1(name)));
        }
        if server.live().is_pointed_at(protected)? {
            return Err(refuse(fault::dns_points_at_a1(name)));
        }
        if let Some(a1) = a1_may_serve(self.run, server)? {
            return Err(refuse(fault::a1_may_serve(name, &a1.id)));
        }
        Ok(self.stop(b1.id.clone()))
    }

    fn stop(&self, b1: SourceServerId) -> Warrant<StopReplication> {
        Warrant::issue(StopReplication { region: self.run.recovery(), server: b1 })
    }

    /// Tags A2 with the times of the redirect and, where people have redirected traffic by hand, with the instance, which no
    /// record shows.
    ///
    /// # Errors
    /// `Guard` when traffic has not moved, no person has confirmed it, or A2 or A3 is not this server's.
    pub fn tag_traffic(
        &self,
        server: &LiveServer<'_>,
        redirected: &Redirected,
    ) -> Result<Warrant<TagResource>> {
        self.may_change(server)?;
        let Some(tags) = traffic_tags(self.run, server, redirected)? else {
            return Err(refuse(fault::nobody_confirmed_clients(&server.name)));
        };
        let arn = a2(server)?.arn.clone();
        Ok(Warrant::issue(TagResource { region: self.run.source(), arn, tags }))
    }

    /// Reverses replication of A3, after which B1 protects A4 instead of A1 (step 3). Refused until A4 carries traffic.
    ///
    /// # Errors
    /// `Guard` when A3 does not live or traffic was not redirected; `NotReady` while a job is working on A2.
    pub fn reverse_a3(
        &self,
        fleet: &[LiveServer<'_>],
        server: &LiveServer<'_>,
    ) -> Result<Warrant<ReverseReplication>> {
        self.may_change(server)?;
        let Some(a3) = server.a3()? else {
            return Err(refuse(fault::a3_does_not_live(&server.name)));
        };
        settled(server, server.active_source_job()?)?;
        self.carries_traffic(fleet)?;
        Ok(Warrant::issue(ReverseReplication { region: self.run.source(), recovery_instance: a3.id.clone() }))
    }

    /// Stops replication of A2, first in the clean-up. Refused until A4 carries traffic: A2 is the only protection of a B3 that
    /// serves.
    ///
    /// # Errors
    /// `Guard` when A2 is not this server's or is being launched, or clients may use B3.
    pub fn stop_a2(
        &self,
        fleet: &[LiveServer<'_>],
        server: &LiveServer<'_>,
    ) -> Result<Warrant<StopReplication>> {
        let warrant = self.stop_unlaunched_a2(server)?;
        self.serves_no_more(fleet)?;
        Ok(warrant)
    }

    /// Terminates B2 and with it B3, which was production (clean-up). Refused until A4 works, carries traffic and is
    /// protected by B1.
    ///
    /// # Errors
    /// `Guard` when one of these conditions is not met for one of the servers, or its B3 existed before; `NotReady` while
    /// B1 lags, or clients may still use B3.
    pub fn terminate_b2(
        &self,
        fleet: &[LiveServer<'_>],
        servers: &[&LiveServer<'_>],
        checks: &[InstanceStatus],
        settings: &LaunchConfigurations,
        redirected: Option<Redirected>,
    ) -> Result<Warrant<TerminateRecoveryInstances>> {
        self.may_change_all(servers)?;
        self.serves_no_more(fleet)?;
        self.clients_have_followed(fleet, redirected)?;
        let mut recovery_instances = Vec::new();
        for server in servers {
            let b2 = self.replaced_b2(server, checks)?;
            is_drs_own(server, b2, settings)?;
            recovery_instances.push(b2.id.clone());
        }
        Ok(Warrant::issue(TerminateRecoveryInstances { region: self.run.recovery(), recovery_instances }))
    }

    /// Tags a B2 whose B3 existed before with the job that launched it, in place of its termination: the clean-up then goes
    /// on as if B2 were gone.
    ///
    /// # Errors
    /// Those of [`terminate_b2`](Self::terminate_b2); `Guard` when B3 did not exist before.
    pub fn leave_b2(
        &self,
        fleet: &[LiveServer<'_>],
        server: &LiveServer<'_>,
        checks: &[InstanceStatus],
        settings: &LaunchConfigurations,
        redirected: Option<Redirected>,
    ) -> Result<Warrant<TagResource>> {
        self.may_change(server)?;
        self.serves_no_more(fleet)?;
        self.clients_have_followed(fleet, redirected)?;
        let b2 = self.replaced_b2(server, checks)?;
        if !existed_before(server, b2, settings)? {
            return Err(refuse(fault::drs_launched_b3(&server.name, &b2.instance)));
        }
        let Some(job) = &b2.job else {
            return Err(refuse(fault::job_of_b2_is_not_shown(&server.name, &b2.id)));
        };
        let tags = Tags::from([(tag::LEFT.to_owned(), job.to_string())]);
        Ok(Warrant::issue(TagResource { region: self.run.recovery(), arn: b2.arn.clone(), tags }))
    }

    /// Returns B2 once A4 has taken the place of B3.
    fn replaced_b2<'l>(
        &self,
        server: &LiveServer<'l>,
        checks: &[InstanceStatus],
    ) -> Result<&'l RecoveryInstance> {
        let name = &server.name;
        let Some(b2) = server.b2()? else {
            return Err(refuse(fault::b2_does_not_live(name)));
        };
        must_have_a2(server)?;
        // A person may have deleted A3, as the page's step 4 does later. Where A4 is A1, only A3 shows its protection.
        if server.a3()?.is_none() && (server.a4().is_none() || server.a4() == server.a1) {
            return Err(unprotected(name, &reason::a3_does_not_exist()));
        }
        self.stands(server, checks)?;
        if server.live().is_pointed_at(&b2.instance)? {
            return Err(refuse(fault::dns_points_at_b3(name, &b2.instance)));
        }
        Ok(b2)
    }

    /// Terminates A1 if the plan requests it and A4 is another instance (clean-up).
    ///
    /// # Errors
    /// `Guard` when the plan does not request it, or A1 may still be needed; `NotReady` while a job is working on the
    /// server, A4 does not pass its checks or B1 lags.
    pub fn terminate_a1(
        &self,
        fleet: &[LiveServer<'_>],
        servers: &[&LiveServer<'_>],
        checks: &[InstanceStatus],
    ) -> Result<Warrant<TerminateInstances>> {
        self.may_change_all(servers)?;
        if !self.run.plan.cleanup.terminate_originals {
            return Err(refuse(fault::plan_keeps_originals()));
        }
        self.serves_no_more(fleet)?;
        let mut instances = Vec::new();
        for server in servers {
            let (name, live) = (&server.name, server.live());
            let Some(a1) = &server.a1 else {
                return Err(refuse(fault::a1_is_not_known(name)));
            };
            must_have_a2(server)?;
            if server.b2()?.is_some() {
                return Err(refuse(fault::b2_goes_before_a1(name)));
            }
            if server.a4().as_ref() == Some(a1) {
                return Err(refuse(fault::a1_is_a4(name, a1)));
            }
            self.stands(server, checks)?;
            let protects = server.protector()?.and_then(|b1| b1.instance.as_ref());
            if protects == Some(a1) || live.is_pointed_at(a1)? {
                return Err(refuse(fault::a1_is_in_use(name, a1)));
            }
            instances.push(a1.clone());
        }
        Ok(Warrant::issue(TerminateInstances { region: self.run.source(), instances }))
    }

    /// Deletes the record A3 after B2 and A1 are gone (clean-up). A4 keeps running and stays protected.
    ///
    /// # Errors
    /// `Guard` when A4 is not protected or an object that goes first still exists; `NotReady` while a job is working on the
    /// server, A4 does not pass its checks or B1 lags.
    pub fn delete_a3(
        &self,
        server: &LiveServer<'_>,
        checks: &[InstanceStatus],
    ) -> Result<Warrant<DeleteRecoveryInstance>> {
        self.may_change(server)?;
        let name = &server.name;
        let Some(a3) = server.a3()? else {
            return Err(refuse(fault::a3_does_not_exist(name)));
        };
        if !a3.is_reversed() {
            return Err(refuse(fault::a3_is_not_protected(name, &a3.id)));
        }
        if server.b2()?.is_some() {
            return Err(refuse(fault::b2_goes_before_a3(name)));
        }
        if self.terminates_a1(server, a3) && server.a1_instance()?.is_some_and(|a1| a1.state.is_live()) {
            return Err(refuse(fault::a1_goes_before_a3(name)));
        }
        self.stands(server, checks)?;
        let recovery_instance = a3.id.clone();
        Ok(Warrant::issue(DeleteRecoveryInstance { region: self.run.source(), recovery_instance }))
    }

    /// Returns true when the plan terminates A1, and A1 is not A4.
    fn terminates_a1(&self, server: &LiveServer<'_>, a3: &RecoveryInstance) -> bool {
        self.run.plan.cleanup.terminate_originals && server.a1.as_ref() != Some(&a3.instance)
    }

    /// Refuses unless A4 works, B1 protects it, and no job is about to change that.
    fn stands(&self, server: &LiveServer<'_>, checks: &[InstanceStatus]) -> Result<()> {
        settled(server, server.active_job()?)?;
        let Some(a4) = server.a4() else { return Err(unprotected(&server.name, &reason::a4_is_not_known())) };
        self.works(server.live(), checks, &a4, &server.name)?;
        protected(server)
    }

    /// Refuses unless the instance runs, and waits unless it passes both status checks, if the plan requires it: a server
    /// that is rebooted passes them again.
    pub(super) fn works(
        &self,
        live: &LiveState,
        checks: &[InstanceStatus],
        id: &InstanceId,
        name: &str,
    ) -> Result<()> {
        running(live, id, name)?;
        if !self.run.plan.validation.status_checks {
            return Ok(());
        }
        match checks.iter().find(|status| status.id == *id) {
            Some(status) if passes(status.system) && passes(status.instance) => Ok(()),
            _ => Err(Error::from(fault::checks_do_not_pass(name, id))),
        }
    }

    /// Refuses unless A4 carries the traffic now: where people redirect it, they may have put it back since they confirmed
    /// that it had moved, so they are asked again.
    fn serves_no_more(&self, fleet: &[LiveServer<'_>]) -> Result<()> {
        self.carries_traffic(fleet)?;
        if self.run.waits_for_word() {
            return Err(refuse(fault::nobody_confirmed_the_clean_up()));
        }
        Ok(())
    }

    /// Refuses unless every record of the plan points at its A4, or a person has confirmed that traffic was redirected
    /// by hand.
    fn carries_traffic(&self, fleet: &[LiveServer<'_>]) -> Result<()> {
        if self.run.plan.redirect.is_by_hand() {
            return if self.run.traffic_moved_by_hand {
                Ok(())
            } else {
                Err(refuse(fault::nobody_confirmed_traffic()))
            };
        }
        for target in targets(self.run, fleet) {
            let record = target.record;
            let value = a4_address(target.server, record.address, &record.name)?;
            let sets = &target.server.live().records()?[target.index];
            if sets.is_empty() || sets.iter().any(|set| set.values != [value.clone()]) {
                return Err(refuse(fault::record_is_not_at_a4(&record.name)));
            }
        }
        Ok(())
    }
}

fn passes(check: Check) -> bool {
    matches!(check, Check::Ok | Check::NotApplicable)
}

/// Refuses unless A2 exists and is stopped. The page's order keeps it until the end.
fn must_have_a2(server: &LiveServer<'_>) -> Result<()> {
    match stopped_a2(server)? {
        Some(_) => Ok(()),
        None => Err(refuse(fault::a2_does_not_exist(&server.name))),
    }
}

/// Returns the tags of A2 that record the redirect; `None` when traffic has not moved, as far as the run knows.
///
/// # Errors
/// `Internal` when A3 was not read; `Guard` when A3 is ambiguous.
pub fn traffic_tags(run: &Run, server: &LiveServer<'_>, redirected: &Redirected) -> Result<Option<Tags>> {
    let by_hand = run.plan.redirect.is_by_hand();
    let Some(times) = redirected.tag_value() else { return Ok(None) };
    let mut tags = Tags::from([(tag::REDIRECTED.to_owned(), times)]);
    if by_hand {
        let Some(a3) = server.a3()?.filter(|_| run.traffic_moved_by_hand) else { return Ok(None) };
        tags.insert(tag::TRAFFIC.to_owned(), a3.instance.to_string());
    }
    Ok(Some(tags))
}

/// Returns the address of A4 that a record must hold.
pub(super) fn a4_address(server: &LiveServer<'_>, which: Address, record: &str) -> Result<String> {
    let Some(a4) = server.a4() else {
        return Err(refuse(fault::a4_is_not_launched(&server.name)));
    };
    let instance = running(server.live(), &a4, &server.name)?;
    let Some(address) = instance.address(which) else {
        let which = if which == Address::Private { "private" } else { "public" };
        return Err(refuse(fault::a4_has_no_address(record, &a4, &server.name, which)));
    };
    Ok(address.to_owned())
}

fn running<'l>(live: &'l LiveState, id: &InstanceId, name: &str) -> Result<&'l Instance> {
    match live.instance(id)? {
        Some(instance) if instance.state == InstanceState::Running => Ok(instance),
        _ => Err(refuse(fault::instance_does_not_run(name, id))),
    }
}

/// Refuses unless B1, or the one that DRS has made instead, protects A4: re-pointed, rescanned and without lag (drs-facts
/// §3, row 4b).
fn protected(server: &LiveServer<'_>) -> Result<()> {
    let name = &server.name;
    let Some(b1) = server.protector()? else { return Err(unprotected(name, &reason::b1_is_missing())) };
    let Some(a4) = server.a4() else { return Err(unprotected(name, &reason::a4_is_not_known())) };
    if b1.instance != Some(a4) {
        return Err(unprotected(name, &reason::b1_protects_another()));
    }
    // Where A4 is A1, B1 always names it: only A3 shows that protection was started again.
    if server.a3()?.is_some_and(|a3| !a3.is_reversed()) {
        return Err(unprotected(name, &reason::a3_is_not_reversed()));
    }
    if !b1.replication.protects() {
        // A4 was protected, and B1 lags for a moment: the step waits instead of failing.
        return Err(Error::from(fault::b1_is_not_healthy_now(name)));
    }
    Ok(())
}

fn unprotected(name: &str, why: &Reason) -> Error {
    refuse(fault::a4_is_not_protected(name, why))
}
