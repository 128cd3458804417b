//! Between steps 1 and 2: prepares A2 for launch. DRS creates it untagged and with a launch template that has no subnet, security group or
//! instance profile, so that a launch would fail without saying why (drs-facts §5).
//!
//! Done when every A2 carries the run's tags, DRS overrides nothing, and the default version of its launch template
//! says what the plan wants: in a drill, the isolated network.

use async_trait::async_trait;
use failback_core::cloud::{Cloud, Drs, Ec2};
use failback_core::fleet::{Fleet, Member, count};
use failback_core::guard::a2_tags;
use failback_core::launch::{Wanted, is_configured, needs_a1};
use failback_core::live::{Live, Look};
use failback_core::moment::Moment;
use failback_core::plan::Plan;
use failback_core::procedure::Either;
use failback_core::step::{self, Cx, Step, Verdict, Waiting};
use failback_core::{Error, ErrorName, Result};
use serde_json::Value;

/// The step.
#[derive(Debug)]
pub struct PrepareLaunch;

/// Answers one call of the state machine.
///
/// # Errors
/// Those of [`step::handle`].
pub async fn handle(cloud: &dyn Cloud, payload: Value, deadline: Moment) -> Result<Value> {
    step::handle::<PrepareLaunch>(cloud, payload, deadline).await
}

#[async_trait]
impl Step for PrepareLaunch {
    type Scope = Either;
    const NAME: &'static str = "prepare-launch";

    async fn run(cx: &Cx<'_, Either>, fleet: &mut Fleet) -> Result<Verdict> {
        let look = Look { a3: true, source_instances: needs_a1(cx.run), ..Look::default() };
        let live = cx.look(fleet, look).await?;
        let servers = fleet.away().count();
        let prepared: usize = cx.memo().unwrap_or(0);
        for (done, member) in fleet.away().enumerate().skip(prepared) {
            if cx.is_late() {
                let mut waiting = Waiting::new(format!("{done} of {servers} servers are prepared"), 1);
                waiting.memo = Some(done.into());
                return Ok(Verdict::Waiting(waiting));
            }
            prepare(cx, &live, member).await?;
        }
        Ok(Verdict::Done(format!("{} prepared for launch", count(servers, "server"))))
    }

    fn limit_seconds(plan: &Plan) -> u64 {
        plan.limits.reversal_minutes * 60
    }
}

async fn prepare(cx: &Cx<'_, Either>, live: &Live, member: &Member) -> Result<()> {
    let region = cx.run.source();
    let a2 = live.a2(member)?.ok_or_else(|| missing(member))?;
    let tags = a2_tags(cx.run, member);
    if tags.iter().any(|(key, value)| a2.tags.get(key) != Some(value)) {
        cx.cloud.tag_resource(cx.guard.tag_a2(live, cx.now(), member)?).await?;
    }
    // A server that an earlier run, or a person, has launched already needs no template any more.
    if live.a3(member)?.is_some() || live.is_past_launch(member)? {
        return Ok(());
    }
    let configuration = Drs::launch_configuration(cx.cloud, region, &a2.id).await?;
    // Before the template: DRS may write a template version of its own when the launch settings change.
    if !is_configured(&configuration) {
        cx.cloud.update_launch_configuration(cx.guard.configure_a2(live, cx.now(), member)?).await?;
    }
    let template = configuration.launch_template.ok_or_else(|| missing(member))?;
    let a1 = member.a1.as_ref().filter(|_| needs_a1(cx.run));
    let wanted = Wanted::of(cx.run, member, a1.map(|a1| live.instance(a1)).transpose()?.flatten())?;
    let current = Ec2::default_launch_template_version(cx.cloud, region, &template).await?;
    if !wanted.is_met_by(&current) {
        let warrant = cx.guard.write_template(live, cx.now(), member, &current, wanted)?;
        let version = cx.cloud.create_launch_template_version(warrant).await?;
        let warrant = cx.guard.use_template(live, cx.now(), member, &template, version)?;
        cx.cloud.set_default_version(warrant).await?;
    }
    Ok(())
}

fn missing(member: &Member) -> Error {
    Error::new(ErrorName::NotFound, format!("{}: A2 or its launch template is not there", member.name))
}

#[cfg(test)]
mod tests;
