//! Between steps 1 and 2: prepares A2 for launch. DRS creates it untagged and with a launch template that has no
//! subnet, security group or instance profile, so that a launch would fail without a reason (drs-facts §5).
//!
//! Done when every A2 carries the run's tags, DRS overrides nothing, and the default version of its launch template has
//! the settings of the plan: in a drill, the isolated network.

use failback_core::cloud::{Drs, Ec2};
use failback_core::fleet::{Fleet, LiveServer, Reads, Server};
use failback_core::guard::a2_tags;
use failback_core::launch_spec::{LaunchSpec, is_configured, needs_a1};
use failback_core::message::count;
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{Context, FleetInput, Step, StepResult, Waiting};
use failback_core::tags::has_tags;
use failback_core::{Error, ErrorName, Result};

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
        let prepared: usize = ctx.note().unwrap_or(0);
        for (done, server) in servers.iter().enumerate().skip(prepared) {
            if ctx.is_late() {
                let why = format!("{done} of {} servers are prepared", servers.len());
                return Ok(Waiting::new(why, 1).with_note(done).into());
            }
            prepare(ctx, server).await?;
        }
        Ok(StepResult::Done(format!("{} prepared for launch", count(servers.len(), "server"))))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.reversal_minutes * 60
    }
}

async fn prepare(ctx: &Context<'_, Either>, server: &LiveServer<'_>) -> Result<()> {
    let a2 = server.a2()?.ok_or_else(|| missing(server))?;
    if !has_tags(&a2.tags, &a2_tags(ctx.run, server)) {
        ctx.cloud.tag_resource(ctx.guard.tag_a2(server)?).await?;
    }
    // A server that an earlier run, or a person, has already launched no longer needs a template.
    if server.a3()?.is_some() || server.is_past_launch()? {
        return Ok(());
    }
    let configuration = Drs::launch_configuration(ctx.cloud, ctx.run.source(), &a2.id).await?;
    // Before the template: DRS may write a template version of its own when the launch settings change.
    if !is_configured(&configuration) {
        ctx.cloud.update_launch_configuration(ctx.guard.configure_a2(server)?).await?;
    }
    let template = configuration.launch_template.ok_or_else(|| missing(server))?;
    let a1 = if needs_a1(ctx.run) { server.a1_instance()? } else { None };
    let spec = LaunchSpec::of(ctx.run, server, a1)?;
    let current = Ec2::default_launch_template_version(ctx.cloud, ctx.run.source(), &template).await?;
    if !spec.is_met_by(&current) {
        let warrant = ctx.guard.write_template(server, &current, spec)?;
        let version = ctx.cloud.create_launch_template_version(warrant).await?;
        ctx.cloud.set_default_version(ctx.guard.use_template(server, &template, version)?).await?;
    }
    Ok(())
}

fn missing(server: &Server) -> Error {
    let message = format!("{}: A2 or its launch template does not exist", server.name);
    Error::new(ErrorName::NotFound, message)
}

#[cfg(test)]
mod tests;
