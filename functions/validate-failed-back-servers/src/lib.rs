//! Step 2.2, *Make sure that your applications are working as expected*: EC2 status checks and DRS post-launch actions
//! of A4, wave by wave.
//!
//! Done when all servers of the wave work. A4 may take `limits.validationMinutes` to boot: EC2 calls it impaired while it
//! does not answer, whether it is slow or broken. Those that are impaired after that, and those that EC2 terminated, are
//! marked and launched again, as often as the plan allows and only where another launch can help.

use failback_core::catalogue::cure::cure;
use failback_core::catalogue::{Reason, fault, gate, reason};
use failback_core::cloud::Drs;
use failback_core::fleet::{Fleet, LiveServer, Reads, Server};
use failback_core::id::SourceServerId;
use failback_core::message::{Reasons, count};
use failback_core::plan::Plan;
use failback_core::poll_interval::{self, typical};
use failback_core::procedure::{Either, Procedure};
use failback_core::step::{Attempt, Context, GateName, Limit, Step, StepResult, Waiting, WaveInput};
use failback_core::{Error, ErrorName, Result};

mod again;
mod health;

use health::{Health, health, newest_actions, shown};

/// The step.
#[derive(Debug)]
pub struct ValidateFailedBackServers;

/// The time from `validationMinutes`, after which the step itself gives up on servers, to its limit.
const SPARE_MINUTES: u64 = 30;

/// The servers of a wave by the health of their A4.
#[derive(Default)]
struct Wave<'s, 'l> {
    work: Vec<&'s LiveServer<'l>>,
    pending: Vec<(&'s LiveServer<'l>, Reason)>,
    broken: Vec<(&'s LiveServer<'l>, Reason)>,
}

impl Step for ValidateFailedBackServers {
    type Scope = Either;
    type Input = WaveInput;
    const NAME: &'static str = "validate-failed-back-servers";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        if let Some(which) = &ctx.run.again {
            return again::launch_again(ctx, fleet, which).await;
        }
        let live = ctx.read(fleet, Reads { a3: true, source_jobs: true, ..Reads::default() }).await?;
        let a4s: Vec<_> = fleet.pending_in(ctx.wave).filter_map(Server::a4).collect();
        let shown = shown(ctx, a4s).await?;
        let overdue = ctx.waited_seconds() >= ctx.run.plan.limits.validation_minutes * 60;
        let servers = live.servers_in(fleet, ctx.wave);
        let mut wave = Wave::default();
        let mut not_begun = Vec::new();
        for server in &servers {
            match health(ctx, server, &shown)? {
                Health::Works => wave.work.push(server),
                Health::NotBegun => not_begun.push(server),
                Health::Pending(what) if overdue => {
                    wave.pending.push((server, reason::needs_longer(what)));
                }
                Health::Pending(what) => wave.pending.push((server, what)),
                Health::Impaired(check) if overdue => {
                    wave.broken.push((server, reason::check_fails(check)));
                }
                Health::Impaired(check) => {
                    wave.pending.push((server, reason::check_does_not_pass_yet(check)));
                }
                Health::Broken(why) => wave.broken.push((server, why)),
            }
        }
        for (server, has_actions) in not_begun.iter().zip(with_actions(ctx, &not_begun).await?) {
            if has_actions {
                wave.pending.push((server, reason::actions_not_begun()));
            } else {
                wave.work.push(server);
            }
        }
        let result = wave.result(ctx)?;
        if let StepResult::Relaunch(_) = result {
            let broken: Vec<_> = wave.broken.iter().map(|(server, why)| (server.b1.clone(), why)).collect();
            may_be_replaced(ctx, &mut fleet.clone(), &broken).await?;
        }
        let relaunched: Vec<SourceServerId> = match result {
            StepResult::Relaunch(_) => wave.broken.iter().map(|(server, _)| server.b1.clone()).collect(),
            _ => Vec::new(),
        };
        let work: Vec<SourceServerId> = wave.work.iter().map(|server| server.b1.clone()).collect();
        note(fleet, ctx.run.seconds(live.read_at), &work, &relaunched);
        match result {
            StepResult::Done(why) if is_gate_next(ctx) => ask(ctx, fleet, why).await,
            result => Ok(result),
        }
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.validationMinutes", plan.limits.validation_minutes).and_minutes(SPARE_MINUTES)
    }
}

impl Wave<'_, '_> {
    /// Returns a remark on post-launch actions that failed and may.
    fn optional_failures(&self) -> Result<Reasons> {
        let mut reasons = Reasons::default();
        for server in &self.work {
            for failure in newest_actions(server)?.into_iter().flat_map(|actions| &actions.failed_optional) {
                reasons.add(&server.name, reason::action_failed(failure));
            }
        }
        Ok(reasons)
    }

    fn result(&self, ctx: &Context<'_, Either>) -> Result<StepResult> {
        // A person is told at once, however long others boot.
        if let Some((server, why)) = self.broken.iter().find(|(_, why)| cure(why.as_str()).is_persons()) {
            let remedy = cure(why.as_str()).remedy().unwrap_or_default();
            return Err(Error::from(fault::another_launch_is_no_cure(&server.name, why, remedy)));
        }
        if let Some((first, _)) = self.pending.first() {
            let launched = first.times.launched.unwrap_or_else(|| ctx.run.seconds(ctx.now()));
            let waited = u64::try_from(ctx.run.seconds(ctx.now()) - launched).unwrap_or(0);
            let seconds = poll_interval::by_typical(typical::BOOT, self.pending.len(), waited);
            let mut reasons = Reasons::default();
            for (server, what) in &self.pending {
                reasons.add(&server.name, what.clone());
            }
            return Ok(Waiting::new(Reason::from(&reasons), seconds).into());
        }
        if self.broken.is_empty() {
            let working = count(self.work.len(), "failed-back server");
            let failures = self.optional_failures()?;
            return Ok(StepResult::Done(if failures.is_empty() {
                reason::servers_work(working)
            } else {
                reason::servers_work_but_actions_failed(working, failures)
            }));
        }
        let mut reasons = Reasons::default();
        for (server, why) in &self.broken {
            reasons.add(&server.name, why.clone());
        }
        for (server, _) in &self.broken {
            if server.launches(ctx.run)? > ctx.run.plan.launch.relaunches_max as usize {
                return Err(Error::from(fault::a4_does_not_work(&reasons, ctx.run.source())));
            }
        }
        Ok(StepResult::Relaunch(reason::launched_again(&reasons)))
    }
}

/// Returns true when the last wave is validated here, and the plan has people asked next, or lets them test.
fn is_gate_next(ctx: &Context<'_, Either>) -> bool {
    let plan = &ctx.run.plan;
    let asks = match ctx.run.procedure {
        Procedure::Failback => plan.gates.before_redirect.is_some(),
        Procedure::Drill => plan.drill.hold.is_some(),
    };
    asks && ctx.wave + 1 >= plan.wave_names().len()
}

/// Adds what the person at the gate is told. It is read only now: nearly every poll needs less.
async fn ask(ctx: &Context<'_, Either>, fleet: &mut Fleet, why: Reason) -> Result<StepResult> {
    let is_drill = ctx.run.procedure == Procedure::Drill;
    let reads = Reads {
        a3: true,
        source_jobs: true,
        source_instances: true,
        recovery_instances: is_drill,
        ..Reads::default()
    };
    let live = ctx.read(fleet, reads).await?;
    let servers = live.servers(fleet);
    let (gate, notice) = if is_drill {
        (GateName::Hold, gate::during_hold(ctx.run, &servers)?)
    } else {
        (GateName::BeforeRedirect, gate::before_redirect(ctx.run, &servers)?)
    };
    Ok(StepResult::DoneBeforeGate { why, gate, notice })
}

/// Refuses to have an A4 launched again that clients may use. Only now is read what shows it: nearly every poll needs less.
async fn may_be_replaced(
    ctx: &Context<'_, Either>,
    fleet: &mut Fleet,
    broken: &[(SourceServerId, &Reason)],
) -> Result<()> {
    let live = ctx.read(fleet, Reads::SERVING).await?;
    for server in live.servers_in(fleet, ctx.wave) {
        if let Some((_, why)) = broken.iter().find(|(b1, _)| *b1 == server.b1) {
            ctx.guard.replaceable(&server).map_err(|refusal| not_launched_again(&server, why, refusal))?;
        }
    }
    Ok(())
}

/// Returns the error about an A4 that does not pass its checks and may serve clients.
fn not_launched_again(server: &LiveServer<'_>, why: &Reason, refusal: Error) -> Error {
    if refusal.name() != ErrorName::Guard {
        return refusal;
    }
    Error::from(fault::a4_does_not_pass_and_may_serve(&server.name, why, &refusal))
}

/// Records the servers that work, and marks those that are launched again.
fn note(fleet: &mut Fleet, seconds: i64, work: &[SourceServerId], relaunched: &[SourceServerId]) {
    for server in &mut fleet.servers {
        if work.contains(&server.b1) {
            server.times.validated.get_or_insert(seconds);
        }
        if relaunched.contains(&server.b1) {
            server.replace = server.a3.take();
            server.times.validated = None;
        }
    }
}

/// Tells the servers that have post-launch actions, none of which has begun, from those that have none: DRS's jobs show
/// both alike.
async fn with_actions(ctx: &Context<'_, Either>, servers: &[&LiveServer<'_>]) -> Result<Vec<bool>> {
    let configured = servers.iter().map(|server| async {
        let Some(a2) = &server.a2 else { return Ok(Attempt::Done(false)) };
        let configuration = Drs::launch_configuration(ctx.cloud, ctx.run.source(), a2).await?;
        Ok(Attempt::Done(configuration.post_launch_actions))
    });
    let answers = ctx.at_once(configured).await?;
    // One that was not asked in time is asked again.
    Ok(answers.into_iter().map(|answer| !matches!(answer, Attempt::Done(false))).collect())
}

#[cfg(test)]
mod tests;
