//! Launches that failed: why, whether another launch helps, and what a person must do.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::catalogue::cure::{Cure, LATER_SECONDS, cure};
use failback_core::catalogue::{Reason, fault, reason};
use failback_core::cloud::{Job, JobLogItem};
use failback_core::fleet::{Fleet, LiveServer, LiveState, Server};
use failback_core::id::{InstanceId, JobId, RecoveryInstanceId};
use failback_core::message::{Reasons, count};
use failback_core::poll_interval::typical;
use failback_core::procedure::Either;
use failback_core::step::Context;
use failback_core::{Error, ErrorName, Result};

use crate::wave::{Wave, jobs_of};

/// A server with its last launch, which failed.
pub(crate) struct Failed<'s, 'l> {
    pub(crate) server: &'s LiveServer<'l>,
    pub(crate) job: &'l Job,
    /// The reason, if EC2 gives it. Otherwise the job's log may.
    pub(crate) reason: Option<Reason>,
}

impl<'s, 'l> Wave<'s, 'l> {
    /// Decides which of the servers whose launch failed are launched again now. Returns those that wait for it.
    pub(crate) async fn launch_again(
        &mut self,
        ctx: &Context<'_, Either>,
        servers: &'s [LiveServer<'l>],
    ) -> Result<Reasons> {
        let mut later = Reasons::default();
        let (mut again, mut failed) = (std::mem::take(&mut self.again), std::mem::take(&mut self.failed));
        add_reasons(ctx, &mut again).await?;
        add_reasons(ctx, &mut failed).await?;
        self.failed = failed;
        for one in again {
            let reason = one.reason.as_ref().map_or("", Reason::as_str);
            let age_seconds = one.job.created.map_or(u64::MAX, |created| ctx.now().seconds_since(created));
            match cure(reason) {
                Cure::Person(_) => self.failed.push(one),
                Cure::Later(remedy) if age_seconds < typical::LAUNCH_JOB.low_seconds + LATER_SECONDS => {
                    later.add(&one.server.name, reason::launched_again_later(reason, remedy));
                }
                // The run knows it as its A4, and must know that it is replaced before another one shows.
                Cure::Later(_) | Cure::Launch if one.server.a3.is_some() => {
                    self.ended.push(one.server.b1.clone());
                    later.add(&one.server.name, reason::launched_again_soon(reason));
                }
                Cure::Later(_) | Cure::Launch => self.missing.push(one.server),
            }
        }
        // In the fleet's order.
        let missing: BTreeSet<_> = self.missing.iter().map(|server| server.b1.clone()).collect();
        self.missing = servers.iter().filter(|server| missing.contains(&server.b1)).collect();
        Ok(later)
    }
}

/// Adds the reason that a job's log has for a failed launch, where EC2 gives none. Each log is read once.
async fn add_reasons(ctx: &Context<'_, Either>, failed: &mut [Failed<'_, '_>]) -> Result<()> {
    let mut logs: BTreeMap<JobId, Vec<JobLogItem>> = BTreeMap::new();
    for one in failed.iter_mut().filter(|one| one.reason.is_none()) {
        if !logs.contains_key(&one.job.id) {
            logs.insert(one.job.id.clone(), log_of(ctx, &one.job.id).await?);
        }
        let items = logs.get(&one.job.id).into_iter().flatten();
        let own = items.filter(|item| item.server.is_none() || item.server == one.server.a2);
        one.reason = own.filter_map(|item| item.error.as_deref()).next_back().map(reason::drs_says);
    }
    Ok(())
}

async fn log_of(ctx: &Context<'_, Either>, job: &JobId) -> Result<Vec<JobLogItem>> {
    match ctx.cloud.job_log(ctx.run.source(), job).await {
        // DRS deletes old jobs. The error names the failed launch all the same.
        Err(error) if matches!(error.name(), ErrorName::Rejected | ErrorName::NotFound) => Ok(Vec::new()),
        log => log,
    }
}

/// Returns the instances that jobs of this run launched and DRS does not list: EC2 knows whether they have ended.
pub(crate) fn unlisted(
    ctx: &Context<'_, Either>,
    live: &LiveState,
    fleet: &Fleet,
) -> Result<BTreeSet<InstanceId>> {
    let mut unlisted = BTreeSet::new();
    for server in live.servers_in(fleet, ctx.wave) {
        if server.a3()?.is_none()
            && let Some(last) = jobs_of(ctx, &server)?.first()
        {
            unlisted.extend(instance_of(&server, last));
        }
    }
    Ok(unlisted)
}

/// Returns the instance that a job launched for a server, where DRS says it.
fn instance_of(server: &Server, job: &Job) -> Option<InstanceId> {
    let part = job.part_of(server.a2.as_ref()?)?;
    part.recovery_instance.as_ref().map(RecoveryInstanceId::instance)
}

/// Returns why the instance that a job launched has ended, if EC2 shows that. One that EC2 does not show may run: another
/// launch would terminate it.
pub(crate) fn reason_of_end(server: &LiveServer<'_>, job: &Job) -> Result<Option<Reason>> {
    let launched = instance_of(server, job).filter(|id| Some(id.recovery_instance()) != server.replace);
    let Some(id) = launched else { return Ok(None) };
    let shown = server.live().instance(&id)?;
    Ok(shown.filter(|instance| !instance.state.is_live()).map(|instance| {
        let reason = instance.state_reason.as_deref().unwrap_or("it gives no reason");
        reason::ec2_terminated_a4(&id, reason)
    }))
}

/// Returns the error that names the failed servers, each with its job and what it failed of.
pub(crate) fn launch_failed(
    ctx: &Context<'_, Either>,
    first: &Failed<'_, '_>,
    failed: &[Failed<'_, '_>],
) -> Error {
    let unknown = reason::no_reason_of_drs();
    let mut reasons = Reasons::default();
    for one in failed {
        let reason = one.reason.as_ref().unwrap_or(&unknown);
        reasons.add(&one.server.name, reason::of_a_job(&one.job.id, reason));
    }
    let cure = cure(first.reason.as_ref().unwrap_or(&unknown).as_str());
    let remedy = cure.remedy().map_or_else(String::new, |remedy| format!(". {remedy}, and start again"));
    let often = match cure {
        Cure::Person(_) => reason::launching_again_does_not_help().to_string(),
        _ => format!("tried {}", count(ctx.run.plan.launch.relaunches_max as usize + 1, "time")),
    };
    Error::from(fault::not_launched(&often, &reasons, &remedy))
}
