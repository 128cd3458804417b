//! Between steps 1 and 2: prepares A2 for launch. DRS creates it untagged and with a launch template that has no
//! subnet, security group or instance profile, so that a launch would fail without a reason (drs-facts §5).
//!
//! A person may have changed A2's settings since. Before the first change of them, the machine writes them as they are to
//! the bucket for evidence, some servers at a time, so that a person can put them back.
//!
//! Done when every A2 carries the run's tags, DRS overrides nothing, and the default version of its launch template has
//! the settings of the plan: in a drill, the isolated network.

use failback_core::catalogue::{fault, reason};
use failback_core::cloud::{Drs, Ec2, SourceServer};
use failback_core::fleet::{Fleet, LiveServer, Reads, Server};
use failback_core::guard::a2_tags;
use failback_core::launch_spec::{LaunchSpec, needs_a1, stand_in};
use failback_core::message::{Reasons, count};
use failback_core::payload::KEPT_AT_A_TIME;
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{Attempt, Context, FleetInput, Limit, Step, StepResult};
use failback_core::tags::has_tags;
use failback_core::{Error, Result};
use serde_json::{Value, json};

mod present;
mod progress;

use present::{Fingerprint, Present};
use progress::Progress;

/// The step.
#[derive(Debug)]
pub struct PrepareLaunch;

impl Step for PrepareLaunch {
    type Scope = Either;
    type Input = FleetInput;
    const NAME: &'static str = "prepare-launch";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<StepResult> {
        let reads = Reads { a3: true, source_instances: needs_a1(ctx.run), ..Reads::default() };
        let live = ctx.read(fleet, reads).await?;
        let servers = live.servers(fleet);
        let mut progress = Progress::noted(ctx.note().unwrap_or_default(), fleet);
        loop {
            let left = servers.iter().filter(|server| !progress.prepared.contains(&server.b1));
            // Those whose settings are kept come first, because the order is always the same.
            let some: Vec<_> = left.take(KEPT_AT_A_TIME).collect();
            if some.is_empty() {
                return Ok(StepResult::Done(reason::servers_are_prepared(count(servers.len(), "server"))));
            }
            let results = ctx
                .at_once(some.iter().map(|server| prepare(ctx, server, progress.kept.get(&server.b1))))
                .await?;
            let (mut to_keep, mut reasons) = (Vec::new(), Reasons::default());
            for (server, result) in some.into_iter().zip(results) {
                match result {
                    Attempt::Done(None) => progress.is_prepared(&server.b1),
                    Attempt::Done(Some(present)) => {
                        progress.kept.insert(server.b1.clone(), present.fingerprint());
                        to_keep.push(present);
                    }
                    Attempt::NotYet(reason) => reasons.add(&server.name, reason),
                }
            }
            let note = json!(progress.note(fleet));
            if !to_keep.is_empty() {
                return Ok(keep(&to_keep, note));
            }
            if !reasons.is_empty() {
                let all = count(servers.len(), "server");
                let why = reason::some_are_prepared(progress.prepared.len(), all, &reasons);
                return Ok(ctx.again(why).with_note(note).into());
            }
        }
    }

    fn limit(plan: &Plan) -> Limit {
        Limit::minutes("limits.reversalMinutes", plan.limits.reversal_minutes)
    }
}

/// Prepares one server. Returns its present settings if the bucket for evidence does not have them yet.
async fn prepare(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
    kept: Option<&Fingerprint>,
) -> Result<Attempt<Option<Present>>> {
    let Some((present, spec)) = to_change(ctx, server).await? else { return Ok(Attempt::Done(None)) };
    if !kept.is_some_and(|kept| present.is_kept(kept, &spec)) {
        return Ok(Attempt::Done(Some(present)));
    }
    change(ctx, server, &present, spec).await?;
    Ok(Attempt::Done(None))
}

/// Returns the result that has these settings kept. The next call goes on with what is not prepared.
fn keep(to_keep: &[Present], note: Value) -> StepResult {
    let why = reason::settings_are_kept(count(to_keep.len(), "server"));
    let settings: Vec<_> = to_keep.iter().map(Present::inputs).collect();
    StepResult::Keep { why, previous: json!({ "settings": settings }), note }
}

/// Tags A2. Returns its present settings if they are not those of the plan, with what the plan wants.
async fn to_change(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
) -> Result<Option<(Present, LaunchSpec)>> {
    let a2 = server.a2()?.ok_or_else(|| missing(server))?;
    // A server that an earlier run, or a person, has already launched no longer needs a template, unless it is launched
    // again.
    let is_launched = server.a3()?.is_some_and(|a3| server.replace.as_ref() != Some(&a3.id));
    if is_launched || server.is_past_launch()? {
        tag(ctx, server, a2).await?;
        return Ok(None);
    }
    let a1 = if needs_a1(ctx.run) { server.a1_instance()? } else { None };
    let like_a1 = LaunchSpec::of(ctx.run, server, a1, None).ok();
    // The tags of a drill must not be replaced before it is known that its template is not needed.
    if like_a1.is_some() {
        tag(ctx, server, a2).await?;
    }
    let configuration = Drs::launch_configuration(ctx.cloud, ctx.run.source(), &a2.id).await?;
    let template = configuration.launch_template.clone().ok_or_else(|| missing(server))?;
    let current = Ec2::default_launch_template_version(ctx.cloud, ctx.run.source(), &template).await?;
    let spec = if let Some(spec) = like_a1 {
        spec
    } else {
        let spec = LaunchSpec::of(ctx.run, server, a1, stand_in(ctx.run, a2, &current))?;
        tag(ctx, server, a2).await?;
        spec
    };
    let present = Present { a2: a2.id.clone(), configuration, template: current };
    Ok(if present.meets(&spec) { None } else { Some((present, spec)) })
}

async fn tag(ctx: &Context<'_, Either>, server: &LiveServer<'_>, a2: &SourceServer) -> Result<()> {
    if has_tags(&a2.tags, &a2_tags(ctx.run, server)) {
        return Ok(());
    }
    ctx.cloud.tag_resource(ctx.guard.tag_a2(server)?).await
}

/// Changes A2's settings to those of the plan.
async fn change(
    ctx: &Context<'_, Either>,
    server: &LiveServer<'_>,
    present: &Present,
    spec: LaunchSpec,
) -> Result<()> {
    // Before the template: DRS may write a template version of its own when the launch settings change.
    if !present.is_configured() {
        ctx.cloud.update_launch_configuration(ctx.guard.configure_a2(server)?).await?;
    }
    let current = &present.template;
    if !spec.is_met_by(current) {
        // Settings that are half changed would be a launch with some of the plan's settings.
        let write = async || {
            let warrant = ctx.guard.write_template(server, current, spec.clone())?;
            ctx.cloud.create_launch_template_version(warrant).await
        };
        let version = ctx.patiently(write).await?;
        let use_it = async || {
            let warrant = ctx.guard.use_template(server, &current.template, version)?;
            ctx.cloud.set_default_version(warrant).await
        };
        ctx.patiently(use_it).await?;
    }
    Ok(())
}

fn missing(server: &Server) -> Error {
    Error::from(fault::a2_or_its_template_is_missing(&server.name))
}

#[cfg(test)]
mod tests;
