//! What a drill alone may do: launch B2 first, and take down what it launched.

use super::shared::is_drill_launch;
use super::warrant::{StartRecovery, TagResource, TerminateRecoveryInstances, Warrant};
use super::{Guard, forbidden, fresh, no_job, stopped_a2};
use crate::cloud::{InstanceState, RecoveryInstance};
use crate::error::Result;
use crate::fleet::Server;
use crate::id::InstanceId;
use crate::live::Live;
use crate::procedure::Drill;
use crate::run::made_by_a_drill;
use crate::timestamp::Timestamp;

impl Guard<'_, Drill> {
    /// Launches the recovered servers of a drill. StartRecovery terminates a server's previous recovery instances
    /// (drs-facts §0.5), so never while B1 has one (S2).
    ///
    /// # Errors
    /// `Guard` when the plan does not ask for it, a B2 lives, or production does not run on A1.
    pub fn launch_b1(
        &self,
        live: &Live,
        now: Timestamp,
        servers: &[&Server],
    ) -> Result<Warrant<StartRecovery>> {
        fresh(live, now)?;
        if !self.run.plan.drill.launch_recovered_servers {
            return Err(forbidden("the plan does not ask to launch recovered servers"));
        }
        for server in servers {
            let name = &server.name;
            let b1 = live.b1(server)?.ok_or_else(|| forbidden(format!("{name}: B1 is not there")))?;
            if live.b2(server)?.is_some() || b1.recovery_instance.is_some() {
                return Err(forbidden(format!(
                    "{name}: B1 has a recovery instance, which DRS would terminate (S2)"
                )));
            }
            no_job(live, server)?;
            production_on_a1(live, server)?;
        }
        Ok(Warrant::issue(StartRecovery {
            region: self.run.recovery(),
            servers: servers.iter().map(|server| server.b1.clone()).collect(),
            is_drill: is_drill_launch(self.run),
            tags: self.run.tags(),
        }))
    }

    /// Tags a B2 that this drill launched, so that it is never taken for production.
    ///
    /// # Errors
    /// `Guard` when a drill did not launch it.
    pub fn tag_b2(&self, live: &Live, now: Timestamp, b2: &RecoveryInstance) -> Result<Warrant<TagResource>> {
        fresh(live, now)?;
        if !live.is_of_a_drill(b2)? {
            return Err(forbidden(format!("{}: this recovery instance was not launched by a drill", b2.id)));
        }
        Ok(Warrant::issue(TagResource {
            region: self.run.recovery(),
            arn: b2.arn.clone(),
            tags: self.run.tags(),
        }))
    }

    /// Clean-up: terminate A3 and with it A4. Never A1 (S1), never what production DNS points at.
    ///
    /// # Errors
    /// `Guard` when A3 is not this drill's, A2 still replicates or a launch runs.
    pub fn terminate_a3(
        &self,
        live: &Live,
        now: Timestamp,
        servers: &[&Server],
    ) -> Result<Warrant<TerminateRecoveryInstances>> {
        fresh(live, now)?;
        let mut recovery_instances = Vec::new();
        for server in servers {
            let name = &server.name;
            let a3 = live.a3(server)?.ok_or_else(|| forbidden(format!("{name}: A3 is not there")))?;
            let a2 = stopped_a2(live, server)?
                .ok_or_else(|| forbidden(format!("{name}: A2 is not there (S5)")))?;
            if a3.source_server != a2.id {
                return Err(forbidden(format!("{name}: A3 {} was not launched from its A2 (S5)", a3.id)));
            }
            if server.a1.as_ref() == Some(&a3.instance) {
                return Err(forbidden(format!("{name}: A3 {} is A1, which is production (S1)", a3.id)));
            }
            if live.is_pointed_at(&a3.instance)? {
                return Err(forbidden(format!("{name}: production DNS points at A4 {} (S2)", a3.instance)));
            }
            no_job(live, server)?;
            recovery_instances.push(a3.id.clone());
        }
        Ok(Warrant::issue(TerminateRecoveryInstances { region: self.run.source(), recovery_instances }))
    }

    /// Clean-up: terminate B2 and with it B3, unless B3 may be production.
    ///
    /// # Errors
    /// `Guard` when B3 may be production, A2 still replicates or a launch runs.
    pub fn terminate_b2(
        &self,
        live: &Live,
        now: Timestamp,
        servers: &[&Server],
    ) -> Result<Warrant<TerminateRecoveryInstances>> {
        fresh(live, now)?;
        if self.run.plan.drill.keep_recovered_servers {
            return Err(forbidden("the plan keeps the recovered servers"));
        }
        let mut recovery_instances = Vec::new();
        for server in servers {
            let b2 =
                live.b2(server)?.ok_or_else(|| forbidden(format!("{}: B2 does not live", server.name)))?;
            stopped_a2(live, server)?;
            no_job(live, server)?;
            if let Some(why) = may_be_production(self.run, live, server, b2)? {
                return Err(forbidden(format!(
                    "{}: B3 {} may be production: {why} (S2)",
                    server.name, b2.instance
                )));
            }
            recovery_instances.push(b2.id.clone());
        }
        Ok(Warrant::issue(TerminateRecoveryInstances { region: self.run.recovery(), recovery_instances }))
    }
}

fn production_on_a1(live: &Live, server: &Server) -> Result<()> {
    match &server.a1 {
        Some(a1) if is_running(live, a1)? => Ok(()),
        _ => Err(forbidden(format!("{}: A1 does not run, so production may be elsewhere (S2)", server.name))),
    }
}

fn is_running(live: &Live, id: &InstanceId) -> Result<bool> {
    Ok(live.instance(id)?.is_some_and(|instance| instance.state == InstanceState::Running))
}

/// Why B3 may be production, if it may: the reasons for which a drill of recovered servers is refused.
///
/// # Errors
/// When the live state lacks what decides it.
pub fn may_be_production(
    run: &crate::run::Run,
    live: &Live,
    server: &Server,
    b2: &RecoveryInstance,
) -> Result<Option<&'static str>> {
    if live.is_pointed_at(&b2.instance)? {
        return Ok(Some("a record of the plan points at it"));
    }
    if !server.a1.as_ref().map(|a1| is_running(live, a1)).transpose()?.unwrap_or(false) {
        return Ok(Some("A1 does not run"));
    }
    let of_a_drill = b2.is_drill || made_by_a_drill(&b2.tags) || live.is_of_a_drill(b2)?;
    if !of_a_drill && !run.plan.drill.recovered_servers_are_disposable {
        return Ok(Some("it was not launched as a drill, and the plan does not call it disposable"));
    }
    Ok(None)
}
