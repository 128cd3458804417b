//! Between steps 1 and 2: prepares A2 for launch. DRS creates it untagged and with a launch template that has no subnet, security group or
//! instance profile, so that a launch would fail without saying why (drs-facts §5).
//!
//! Done when every A2 carries the run's tags, DRS overrides nothing, and the default version of its launch template
//! says what the plan wants: in a drill, the isolated network.

use async_trait::async_trait;
use failback_core::cloud::{Cloud, Drs, Ec2};
use failback_core::fleet::{Fleet, Server, count};
use failback_core::guard::a2_tags;
use failback_core::launch_spec::{LaunchSpec, is_configured, needs_a1};
use failback_core::live::{Live, Look};
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{self, Context, Step, Verdict, Waiting};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct PrepareLaunch;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Timestamp) -> Result<Value> {
    step::handle::<PrepareLaunch>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for PrepareLaunch {
    type Scope = Either;
    const NAME: &'static str = "prepare-launch";

    async fn run(ctx: &Context<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { a3: true, source_instances: needs_a1(ctx.run), ..Look::default() };
        let live = ctx.look(fleet, look).await?;
        let servers = fleet.pending().count();
        let prepared: usize = ctx.memo().unwrap_or(0);
        for (done, server) in fleet.pending().enumerate().skip(prepared) {
            if ctx.is_late() {
                let mut waiting = Waiting::new(format!("{done} of {servers} servers are prepared"), 1);
                waiting.memo = Some(done.into());
                return Ok(Verdict::Waiting(waiting));
            }
            prepare(ctx, &live, server).await?;
        }
        Ok(Verdict::Done(format!("{} prepared for launch", count(servers, "server"))))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.reversal_minutes * 60
    }
}

async fn prepare(ctx: &Context<'_, Either>, live: &Live, server: &Server) -> Result<()> {
    let region = ctx.run.source();
    let a2 = live.a2(server)?.ok_or_else(|| missing(server))?;
    let tags = a2_tags(ctx.run, server);
    if tags.iter().any(|(key, value)| a2.tags.get(key) != Some(value)) {
        ctx.cloud.tag_resource(ctx.guard.tag_a2(live, ctx.now(), server)?).await?;
    }
    // A server that an earlier run, or a person, has launched already needs no template any more.
    if live.a3(server)?.is_some() || live.is_past_launch(server)? {
        return Ok(());
    }
    let configuration = Drs::launch_configuration(ctx.cloud, region, &a2.id).await?;
    // Before the template: DRS may write a template version of its own when the launch settings change.
    if !is_configured(&configuration) {
        ctx.cloud.update_launch_configuration(ctx.guard.configure_a2(live, ctx.now(), server)?).await?;
    }
    let template = configuration.launch_template.ok_or_else(|| missing(server))?;
    let a1 = server.a1.as_ref().filter(|_| needs_a1(ctx.run));
    let wanted = LaunchSpec::of(ctx.run, server, a1.map(|a1| live.instance(a1)).transpose()?.flatten())?;
    let current = Ec2::default_launch_template_version(ctx.cloud, region, &template).await?;
    if !wanted.is_met_by(&current) {
        let warrant = ctx.guard.write_template(live, ctx.now(), server, &current, wanted)?;
        let version = ctx.cloud.create_launch_template_version(warrant).await?;
        let warrant = ctx.guard.use_template(live, ctx.now(), server, &template, version)?;
        ctx.cloud.set_default_version(warrant).await?;
    }
    Ok(())
}

fn missing(server: &Server) -> Error {
    Error::new(ErrorName::NotFound, format!("{}: A2 or its launch template is not there", server.name))
}

#[cfg(test)]
mod tests;
