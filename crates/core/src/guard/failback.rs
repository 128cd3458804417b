//! What a failback alone may do: everything that touches A1, B1, production DNS, or B3 as production.

use std::collections::BTreeMap;

use super::warrant::{
    ChangeRecords, DeleteRecoveryInstance, RecordChange, ReverseReplication, StopReplication,
    TerminateInstances, TerminateRecoveryInstances, Warrant,
};
use super::{Guard, forbidden, fresh, no_job, stopped_a2};
use crate::cloud::{Check, Instance, InstanceState, InstanceStatus};
use crate::error::{Error, ErrorName, Result};
use crate::fleet::{Fleet, Server};
use crate::id::{HostedZoneId, InstanceId};
use crate::live::{Live, targets};
use crate::plan::Address;
use crate::procedure::Failback;
use crate::run::Run;
use crate::timestamp::Timestamp;

impl Guard<'_, Failback> {
    /// The note of step 1: stop replication of B1, once the recovered server is validated. Deletes every point in
    /// time, so B3 must run, pass its checks and carry traffic.
    ///
    /// # Errors
    /// `Guard` when the plan does not ask for it or B3 is not proven to be production.
    pub fn stop_b1(
        &self,
        live: &Live,
        now: Timestamp,
        server: &Server,
        checks: &[InstanceStatus],
    ) -> Result<Warrant<StopReplication>> {
        fresh(live, now)?;
        let name = &server.name;
        if !self.run.plan.stop_original_replication {
            return Err(forbidden("the plan does not ask to stop replication of B1"));
        }
        let b1 = live.b1(server)?.ok_or_else(|| forbidden(format!("{name}: B1 is not there")))?;
        let b2 = live.b2(server)?.ok_or_else(|| forbidden(format!("{name}: B2 does not live (S2)")))?;
        self.works(live, checks, &b2.instance, name)?;
        if live.a2(server)?.is_none() {
            return Err(forbidden(format!("{name}: B3 is not replicated home yet")));
        }
        if let Some(a3) = live.a3(server)? {
            let message = format!("{name}: A4 {} runs already, and may be production (S2)", a3.instance);
            return Err(forbidden(message));
        }
        if b1.instance.as_ref().is_some_and(|protected| Some(protected) != server.a1.as_ref()) {
            return Err(forbidden(format!("{name}: B1 no longer protects A1")));
        }
        if b1.instance.as_ref().map(|a1| live.is_pointed_at(a1)).transpose()?.unwrap_or(false) {
            return Err(forbidden(format!("{name}: production DNS points at A1, which B1 protects (S2)")));
        }
        Ok(Warrant::issue(StopReplication { region: self.run.recovery(), server: b1.id.clone() }))
    }

    /// Step 2.3: the changes that make every record of the plan point at its A4, by zone.
    ///
    /// # Errors
    /// `Guard` when an A4 does not work, has no such address, or a record is not a simple one.
    pub fn redirect(
        &self,
        live: &Live,
        now: Timestamp,
        fleet: &Fleet,
        checks: &[InstanceStatus],
    ) -> Result<Vec<Warrant<ChangeRecords>>> {
        fresh(live, now)?;
        let mut zones: BTreeMap<HostedZoneId, Vec<RecordChange>> = BTreeMap::new();
        for target in targets(self.run, fleet).filter(|target| !target.server.already_failed_back) {
            let record = &self.run.plan.redirect.records[target.index];
            if live.records()?[target.index].iter().any(|set| set.set_identifier.is_some()) {
                let message = format!(
                    "{}: the record has a routing policy; only simple records are changed",
                    record.name
                );
                return Err(forbidden(message));
            }
            let value = a4_address(live, target.server, record.address, &record.name)?;
            if let Some(a4) = target.server.a4() {
                self.works(live, checks, &a4, &target.server.name)?;
            }
            zones.entry(target.zone.clone()).or_default().push(RecordChange {
                name: record.name.clone(),
                kind: record.kind,
                ttl_seconds: record.ttl_seconds,
                value,
            });
        }
        Ok(zones.into_iter().map(|(zone, records)| Warrant::issue(ChangeRecords { zone, records })).collect())
    }

    /// Step 3: reverse replication of A3, after which B1 protects A4 instead of A1. Only once A4 carries traffic.
    ///
    /// # Errors
    /// `Guard` when A4 does not run or traffic was not redirected.
    pub fn reverse_a3(
        &self,
        live: &Live,
        now: Timestamp,
        fleet: &Fleet,
        server: &Server,
    ) -> Result<Warrant<ReverseReplication>> {
        fresh(live, now)?;
        let a3 = live.a3(server)?.ok_or_else(|| forbidden(format!("{}: A3 does not live", server.name)))?;
        self.carries_traffic(live, fleet)?;
        Ok(Warrant::issue(ReverseReplication { region: self.run.source(), recovery_instance: a3.id.clone() }))
    }

    /// Clean-up: terminate B2 and with it B3, which was production: only after A4 works, carries traffic and is
    /// protected by B1 (S2).
    ///
    /// # Errors
    /// `Guard` when any of that is not so for any of the servers; `NotReady` while B1 lags.
    pub fn terminate_b2(
        &self,
        live: &Live,
        now: Timestamp,
        fleet: &Fleet,
        servers: &[&Server],
        checks: &[InstanceStatus],
    ) -> Result<Warrant<TerminateRecoveryInstances>> {
        fresh(live, now)?;
        self.carries_traffic(live, fleet)?;
        let mut recovery_instances = Vec::new();
        for server in servers {
            let name = &server.name;
            let b2 = live.b2(server)?.ok_or_else(|| forbidden(format!("{name}: B2 does not live")))?;
            stopped_a2(live, server)?.ok_or_else(|| forbidden(format!("{name}: A2 is not there (S5)")))?;
            no_job(live, server)?;
            let a4 = live.a3(server)?.ok_or_else(|| forbidden(format!("{name}: A4 is not there (S2)")))?;
            self.works(live, checks, &a4.instance, name)?;
            protected(self.run, live, server)?;
            if live.is_pointed_at(&b2.instance)? {
                return Err(forbidden(format!("{name}: production DNS points at B3 {} (S2)", b2.instance)));
            }
            recovery_instances.push(b2.id.clone());
        }
        Ok(Warrant::issue(TerminateRecoveryInstances { region: self.run.recovery(), recovery_instances }))
    }

    /// Clean-up: terminate A1, where the plan asks for it and A4 is another instance (S3).
    ///
    /// # Errors
    /// `Guard` when the plan does not ask for it, or A1 may still matter.
    pub fn terminate_a1(
        &self,
        live: &Live,
        now: Timestamp,
        fleet: &Fleet,
        servers: &[&Server],
    ) -> Result<Warrant<TerminateInstances>> {
        fresh(live, now)?;
        if !self.run.plan.cleanup.terminate_originals {
            return Err(forbidden("the plan keeps the original servers (S3)"));
        }
        self.carries_traffic(live, fleet)?;
        let mut instances = Vec::new();
        for server in servers {
            let name = &server.name;
            let a1 = server.a1.as_ref().ok_or_else(|| forbidden(format!("{name}: A1 is not known (S5)")))?;
            stopped_a2(live, server)?.ok_or_else(|| forbidden(format!("{name}: A2 is not there (S5)")))?;
            if live.b2(server)?.is_some() {
                return Err(forbidden(format!("{name}: B2 is terminated before A1 (S4)")));
            }
            if server.a4().as_ref() == Some(a1) {
                return Err(forbidden(format!("{name}: A1 {a1} is A4, the new production (S3)")));
            }
            protected(self.run, live, server)?;
            let b1 = live.b1(server)?.and_then(|b1| b1.instance.as_ref());
            if b1 == Some(a1) || live.is_pointed_at(a1)? {
                return Err(forbidden(format!("{name}: A1 {a1} is protected by B1 or has traffic (S2)")));
            }
            instances.push(a1.clone());
        }
        Ok(Warrant::issue(TerminateInstances { region: self.run.source(), instances }))
    }

    /// Clean-up: delete the record A3, after B2 and A1 are gone. A4 keeps running and stays protected (S4).
    ///
    /// # Errors
    /// `Guard` when A4 is not protected or something that goes first still exists.
    pub fn delete_a3(
        &self,
        live: &Live,
        now: Timestamp,
        server: &Server,
    ) -> Result<Warrant<DeleteRecoveryInstance>> {
        fresh(live, now)?;
        let name = &server.name;
        let a3 = live.a3(server)?.ok_or_else(|| forbidden(format!("{name}: A3 is not there")))?;
        if !a3.is_reversed() {
            return Err(forbidden(format!(
                "{name}: A3 {} is not protected; deleting it would leave A4 so",
                a3.id
            )));
        }
        if live.b2(server)?.is_some() {
            return Err(forbidden(format!("{name}: B2 is terminated before A3 is deleted (S4)")));
        }
        let a1_goes = self.run.plan.cleanup.terminate_originals && server.a1.as_ref() != Some(&a3.instance);
        let a1 = server.a1.as_ref().map(|a1| live.instance(a1)).transpose()?.flatten();
        if a1_goes && a1.is_some_and(|a1| a1.state.is_live()) {
            return Err(forbidden(format!("{name}: A1 is terminated before A3 is deleted (S4)")));
        }
        protected(self.run, live, server)?;
        Ok(Warrant::issue(DeleteRecoveryInstance {
            region: self.run.source(),
            recovery_instance: a3.id.clone(),
        }))
    }

    /// The instance runs and, unless the plan does without, passes both status checks.
    fn works(&self, live: &Live, checks: &[InstanceStatus], id: &InstanceId, name: &str) -> Result<()> {
        running(live, id, name)?;
        let ok = |check| matches!(check, Check::Ok | Check::NotApplicable);
        match checks.iter().find(|status| status.id == *id) {
            _ if !self.run.plan.validation.status_checks => Ok(()),
            Some(status) if ok(status.system) && ok(status.instance) => Ok(()),
            _ => Err(forbidden(format!("{name}: {id} does not pass its status checks (S2)"))),
        }
    }

    /// Every record of the plan points at A4, or a person has said that traffic was moved by hand.
    fn carries_traffic(&self, live: &Live, fleet: &Fleet) -> Result<()> {
        if self.run.plan.redirect.by_hand {
            return if self.run.traffic_moved_by_hand {
                Ok(())
            } else {
                Err(forbidden("nobody has said that traffic was redirected by hand (S2)"))
            };
        }
        for target in targets(self.run, fleet).filter(|target| !target.server.already_failed_back) {
            let record = &self.run.plan.redirect.records[target.index];
            let value = a4_address(live, target.server, record.address, &record.name)?;
            let points = |set: &crate::cloud::RecordSet| set.values == [value.clone()];
            let sets = &live.records()?[target.index];
            if sets.is_empty() || !sets.iter().all(points) {
                return Err(forbidden(format!("{}: the record does not point at A4 (S2)", record.name)));
            }
        }
        Ok(())
    }
}

/// The address of A4 that a record is to hold.
fn a4_address(live: &Live, server: &Server, which: Address, record: &str) -> Result<String> {
    let a4 = server.a4().ok_or_else(|| forbidden(format!("{}: A4 is not launched", server.name)))?;
    let instance = running(live, &a4, &server.name)?;
    let address = match which {
        Address::Private => &instance.private_ip,
        Address::Public => &instance.public_ip,
    };
    address.clone().ok_or_else(|| {
        let which = if which == Address::Private { "private" } else { "public" };
        forbidden(format!("{record}: A4 {a4} of {} has no {which} address", server.name))
    })
}

fn running<'l>(live: &'l Live, id: &InstanceId, name: &str) -> Result<&'l Instance> {
    live.instance(id)?
        .filter(|instance| instance.state == InstanceState::Running)
        .ok_or_else(|| forbidden(format!("{name}: {id} does not run (S2)")))
}

/// B1 protects A4, really: re-pointed, rescanned, without lag (drs-facts §3, row 4b).
fn protected(run: &Run, live: &Live, server: &Server) -> Result<()> {
    let unprotected = |why: &str| Err(forbidden(format!("{}: A4 is not protected: {why} (S2)", server.name)));
    let Some(b1) = live.b1(server)? else { return unprotected("B1 is not there") };
    let Some(a4) = server.a4() else { return unprotected("A4 is not known") };
    if b1.instance != Some(a4) {
        return unprotected("B1 protects another instance");
    }
    // Where A4 is A1, B1 names it all along: then only A3 shows that protection was begun anew.
    if live.a3(server)?.is_some_and(|a3| !a3.is_reversed()) {
        return unprotected("replication of A3 is not reversed");
    }
    if !b1.replication.protects(run.plan.stop_original_replication) {
        // It was, and lags for a moment: a reason to wait, not to give up.
        let message = format!("{}: A4 is protected, and B1 is not healthy at this moment", server.name);
        return Err(Error::new(ErrorName::NotReady, message));
    }
    Ok(())
}
