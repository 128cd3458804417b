//! A person at the gate wants servers launched again: they are marked, or the gate asks once more and says why not.

use std::collections::BTreeSet;

use failback_core::catalogue::{Reason, gate, reason};
use failback_core::fleet::{Fleet, LiveServer, Reads};
use failback_core::id::SourceServerId;
use failback_core::message::{Reasons, listed};
use failback_core::procedure::Either;
use failback_core::run::Which;
use failback_core::step::{Context, GateName, StepResult};
use failback_core::{ErrorName, Result};

/// Marks the servers that a person wants launched again. If one of them may not be, none is.
pub(crate) async fn launch_again(
    ctx: &Context<'_, Either>,
    fleet: &mut Fleet,
    which: &Which,
) -> Result<StepResult> {
    let live = ctx.read(fleet, Reads::SERVING).await?;
    let servers = live.servers(fleet);
    let mut reasons = unknown(which, &servers);
    let chosen: Vec<&LiveServer<'_>> = servers.iter().filter(|server| is_meant(which, server)).collect();
    for server in &chosen {
        if let Some(refusal) = refusal(ctx.guard.replaceable_on_request(server))? {
            reasons.add(&server.name, refusal);
        }
    }
    if !reasons.is_empty() {
        let notice = gate::not_launched_again(&reasons, &gate::before_redirect(ctx.run, &servers)?);
        return Ok(StepResult::DoneBeforeGate {
            why: reason::not_followed(),
            gate: GateName::BeforeRedirect,
            notice,
        });
    }
    let why = reason::asked_again(listed(chosen.iter().map(|server| server.name.as_str())));
    let chosen: BTreeSet<SourceServerId> = chosen.iter().map(|server| server.b1.clone()).collect();
    let asked = ctx.run.seconds(ctx.now());
    for server in fleet.servers.iter_mut().filter(|server| chosen.contains(&server.b1)) {
        server.replace = server.a3.take();
        server.times.validated = None;
        server.asked = Some(asked);
    }
    Ok(StepResult::Relaunch(why))
}

fn is_meant(which: &Which, server: &LiveServer<'_>) -> bool {
    which.is_all() || which.names().iter().any(|name| server.is_called(name))
}

/// Returns what the answer names that is no server of the run, each with the reason.
fn unknown(which: &Which, servers: &[LiveServer<'_>]) -> Reasons {
    let mut reasons = Reasons::default();
    if !which.is_all() && which.names().is_empty() {
        reasons.add("launchAgain", reason::nothing_named());
    }
    for name in which.names() {
        if !servers.iter().any(|server| server.is_called(name)) {
            reasons.add("launchAgain", reason::no_such_server(name));
        }
    }
    reasons
}

/// Returns the words of a refusal of the guard.
fn refusal(result: Result<()>) -> Result<Option<Reason>> {
    match result {
        Err(error) if error.name() == ErrorName::Guard => Ok(Some(Reason::from(&error))),
        other => other.map(|()| None),
    }
}
