//! Step 2.2, *Make sure that your applications are working as expected*: EC2 status checks and DRS post-launch
//! actions of A4, wave by wave.
//!
//! Done when all of the wave work. Servers that do not are marked and launched again, as often as the plan allows.

use async_trait::async_trait;
use failback_core::cloud::{Check, Cloud, InstanceStatus, Job};
use failback_core::fleet::{Fleet, Server, count, listed};
use failback_core::live::{Live, Look};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::Either;
use failback_core::step::{self, Context, Step, Verdict, Waiting};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct ValidateFailedBackServers;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle_wave`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle_wave::<ValidateFailedBackServers>(cloud, payload, deadline).await
}

/// What is known of one A4.
enum State {
    Works,
    Pending(&'static str),
    Broken(String),
}

#[async_trait]
impl Step for ValidateFailedBackServers {
    type Scope = Either;
    const NAME: &'static str = "validate-failed-back-servers";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let live = ctx.look(fleet, Look { a3: true, source_jobs: true, ..Look::default() }).await?;
        let a4s: Vec<_> = fleet.pending_in(ctx.wave).filter_map(Server::a4).collect();
        let checks = ctx.cloud.instance_status(ctx.run.source(), &a4s).await?;
        let overdue = ctx.waited_seconds() >= ctx.run.plan.limits.validation_minutes * 60;
        let (mut pending, mut broken, mut work) = (Vec::new(), Vec::new(), 0);
        for (index, server) in fleet.servers.iter_mut().enumerate() {
            if server.already_failed_back || server.wave != ctx.wave {
                continue;
            }
            match state(ctx, &live, server, &checks)? {
                State::Works => {
                    work += 1;
                    server.times.validated.get_or_insert(ctx.run.seconds(live.at));
                }
                State::Pending(what) if overdue => broken.push((index, format!("{what} for too long"))),
                State::Pending(what) => pending.push((index, what)),
                State::Broken(why) => broken.push((index, why)),
            }
        }
        if let Some((first, what)) = pending.first() {
            let names = listed(pending.iter().map(|(index, _)| fleet.servers[*index].name.as_str()));
            let since = fleet.servers[*first].times.launched.map_or(0, |at| ctx.run.seconds(ctx.now()) - at);
            let waited = u64::try_from(since).unwrap_or(0);
            return Ok(Verdict::Waiting(Waiting::new(
                format!("{names}: {what}"),
                poll_interval::by_typical(typical::BOOT, pending.len(), waited),
            )));
        }
        if broken.is_empty() {
            return Ok(Verdict::Done(format!("{} working", count(work, "failed-back server"))));
        }
        relaunch(ctx, &live, fleet, &broken)
    }

    /// The step itself gives up on servers after `validationMinutes`; this is behind it.
    fn limit_seconds(plan: &Plan) -> u64 {
        (plan.limits.validation_minutes + 30) * 60
    }
}

fn state(
    ctx: &Context<'_, Either>,
    live: &Live,
    server: &Server,
    checks: &[InstanceStatus],
) -> Result<State> {
    let a4 = live.a3(server)?.map(|a3| a3.instance.clone());
    let a4 = if live.is_past_launch(server)? { server.a4() } else { a4 };
    let Some(a4) = a4 else { return Ok(State::Broken("A4 is gone".to_owned())) };
    let checks = match checks.iter().find(|status| status.id == a4) {
        _ if !ctx.run.plan.validation.status_checks => State::Works,
        None => State::Pending("EC2 shows no status checks yet"),
        Some(InstanceStatus { system, instance, .. }) => match (system, instance) {
            (Check::Impaired, _) => State::Broken("the system status check fails".to_owned()),
            (_, Check::Impaired) => State::Broken("the instance status check fails".to_owned()),
            (Check::Ok | Check::NotApplicable, Check::Ok | Check::NotApplicable) => State::Works,
            _ => State::Pending("status checks are initializing"),
        },
    };
    Ok(match checks {
        State::Works if ctx.run.plan.validation.post_launch_actions => actions(live, server)?,
        other => other,
    })
}

/// What the newest launch job says of the server's post-launch actions.
fn actions(live: &Live, server: &Server) -> Result<State> {
    let part =
        |job: &Job| server.a2.as_ref().and_then(|a2| job.part_of(a2)).and_then(|part| part.actions.clone());
    Ok(match live.source_jobs()?.iter().find_map(part) {
        Some(actions) if !actions.failed.is_empty() => {
            State::Broken(format!("post-launch actions failed: {}", actions.failed.join(", ")))
        }
        Some(actions) if actions.running > 0 => State::Pending("post-launch actions run"),
        _ => State::Works,
    })
}

/// Marks the servers that do not work for another launch, or gives up.
fn relaunch(
    ctx: &Context<'_, Either>,
    live: &Live,
    fleet: &mut Fleet,
    broken: &[(usize, String)],
) -> Result<Verdict> {
    let launches = |server: &Server| -> Result<usize> {
        let jobs = live.source_jobs()?.iter().filter(|job| ctx.run.owns(&job.tags));
        Ok(jobs.filter(|job| server.a2.as_ref().is_some_and(|a2| job.part_of(a2).is_some())).count())
    };
    let names = listed(broken.iter().map(|(index, _)| fleet.servers[*index].name.as_str()));
    let why = &broken[0].1;
    for (index, _) in broken {
        if launches(&fleet.servers[*index])? > ctx.run.plan.launch.relaunches_max as usize {
            let message = format!(
                "{names} do not work: {why}; launched as often as launch.relaunchesMax allows. Look at A4 in {}, mend \
                 what keeps it from starting, and start again with the same plan",
                ctx.run.source()
            );
            return Err(Error::new(ErrorName::ValidationFailed, message));
        }
    }
    let why = format!("{names} are launched again: {why}");
    for (index, _) in broken {
        let server = &mut fleet.servers[*index];
        server.replace = server.a3.take();
        server.times.validated = None;
    }
    Ok(Verdict::Relaunch(why))
}

#[cfg(test)]
mod tests;
