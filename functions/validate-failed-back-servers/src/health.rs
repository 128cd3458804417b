//! The health of one A4: EC2's status checks and state, DRS's sight of its agent, and its post-launch actions.

use failback_core::Result;
use failback_core::catalogue::{Reason, reason};
use failback_core::cloud::{Check, Instance, InstanceState, InstanceStatus, JobKind, PostLaunchActions};
use failback_core::fleet::LiveServer;
use failback_core::id::InstanceId;
use failback_core::procedure::{Either, Procedure};
use failback_core::step::Context;

/// The health of one A4.
pub(crate) enum Health {
    Works,
    Pending(Reason),
    /// It works, and DRS shows no post-launch action of it.
    NotBegun,
    /// It does not answer, and may still boot.
    Impaired(&'static str),
    Broken(Reason),
}

/// What EC2 shows of the fleet's A4.
pub(crate) struct Shown {
    checks: Vec<InstanceStatus>,
    /// Those without status checks, which do not run.
    idle: Vec<Instance>,
}

/// Reads the status checks of the fleet's A4, and the state of those that have none.
pub(crate) async fn shown(ctx: &Context<'_, Either>, a4s: Vec<InstanceId>) -> Result<Shown> {
    let region = ctx.run.source();
    let checks = ctx.cloud.instance_status(region, &a4s).await?;
    let without: Vec<InstanceId> =
        a4s.into_iter().filter(|a4| !checks.iter().any(|status| status.id == *a4)).collect();
    let idle = if without.is_empty() { Vec::new() } else { ctx.cloud.instances(region, &without).await? };
    Ok(Shown { checks, idle })
}

pub(crate) fn health(ctx: &Context<'_, Either>, server: &LiveServer<'_>, shown: &Shown) -> Result<Health> {
    let known = server.a4();
    let a4 =
        if server.is_past_launch()? { known.clone() } else { server.a3()?.map(|a3| a3.instance.clone()) };
    let Some(a4) = a4 else { return Ok(Health::Broken(end_of(known.as_ref(), shown))) };
    // One that has passed is looked at again before traffic is redirected to it, and not while others boot.
    if server.times.validated.is_some() {
        return Ok(Health::Works);
    }
    let by_checks = if ctx.run.plan.validation.status_checks { of_checks(&a4, shown) } else { Health::Works };
    match by_checks {
        Health::Works if ctx.run.procedure == Procedure::Failback && is_unprotectable(server)? => {
            Ok(Health::Pending(reason::agent_on_a4_needs_policy()))
        }
        Health::Works if ctx.run.plan.validation.post_launch_actions => of_actions(server),
        other => Ok(other),
    }
}

/// Returns true while DRS cannot reverse replication of A4, because it has not seen its agent. A drill does not ask: its
/// network may lead nowhere.
fn is_unprotectable(server: &LiveServer<'_>) -> Result<bool> {
    Ok(server.a3()?.is_some_and(|a3| a3.agent_seen.is_none()))
}

/// Returns what became of an A4 that no longer exists.
fn end_of(a4: Option<&InstanceId>, shown: &Shown) -> Reason {
    let ended = shown.idle.iter().find(|instance| Some(&instance.id) == a4);
    match ended.and_then(|instance| Some((&instance.id, instance.state_reason.as_ref()?))) {
        Some((a4, reason)) => reason::ec2_terminated_a4(a4, reason),
        None => reason::a4_is_gone(),
    }
}

fn of_checks(a4: &InstanceId, shown: &Shown) -> Health {
    let Some(status) = shown.checks.iter().find(|status| status.id == *a4) else {
        return of_state(shown.idle.iter().find(|instance| instance.id == *a4));
    };
    match (status.system, status.instance) {
        (Check::Impaired, _) => Health::Impaired("system"),
        (_, Check::Impaired) => Health::Impaired("instance"),
        (Check::Ok | Check::NotApplicable, Check::Ok | Check::NotApplicable) => Health::Works,
        _ => Health::Pending(reason::checks_initialize()),
    }
}

/// Judges an A4 without status checks, which EC2 makes of running instances.
fn of_state(a4: Option<&Instance>) -> Health {
    let Some(a4) = a4 else { return Health::Pending(reason::a4_does_not_show()) };
    let reason = a4.state_reason.as_deref().unwrap_or("EC2 gives no reason");
    match a4.state {
        InstanceState::Stopping | InstanceState::Stopped => {
            Health::Pending(reason::a4_is_stopped(&a4.id, reason))
        }
        InstanceState::Pending | InstanceState::Running | InstanceState::Unknown => {
            Health::Pending(reason::no_checks_yet())
        }
        InstanceState::ShuttingDown | InstanceState::Terminated | InstanceState::NotFound => {
            Health::Broken(reason::ec2_terminated_a4(&a4.id, reason))
        }
    }
}

/// Judges the server's post-launch actions by the newest launch job that has any.
fn of_actions(server: &LiveServer<'_>) -> Result<Health> {
    Ok(match newest_actions(server)? {
        Some(actions) if !actions.failed.is_empty() => {
            Health::Broken(reason::actions_failed(actions.failed.join(", ")))
        }
        Some(actions) if actions.running > 0 => Health::Pending(reason::actions_run()),
        Some(actions) if actions.has_not_begun() => Health::NotBegun,
        _ => Health::Works,
    })
}

pub(crate) fn newest_actions<'l>(server: &LiveServer<'l>) -> Result<Option<&'l PostLaunchActions>> {
    let Some(a2) = &server.a2 else { return Ok(None) };
    let launches = server.live().source_jobs()?.iter().filter(|job| job.kind == JobKind::Launch);
    let mut parts = launches.filter_map(|job| job.part_of(a2));
    Ok(parts.find_map(|part| part.actions.as_ref()))
}
