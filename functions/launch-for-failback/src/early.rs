//! Launches of later waves that need not wait for this one to work.

use failback_core::Result;
use failback_core::fleet::{Fleet, LiveServer, LiveState};
use failback_core::procedure::Either;
use failback_core::step::Context;

use crate::wave::jobs_of;

/// Returns the servers of the later waves that the plan launches beside this one or, once this one is launched, now.
pub(crate) fn later_waves<'l>(
    ctx: &Context<'_, Either>,
    live: &'l LiveState,
    fleet: &'l Fleet,
    is_launched: bool,
) -> Vec<LiveServer<'l>> {
    let last = ctx.run.plan.last_wave_beside(ctx.wave, is_launched);
    (ctx.wave + 1..=last).flat_map(|wave| live.servers_in(fleet, wave)).collect()
}

/// Returns those that this run has not launched yet. What becomes of a launch is for the server's own wave to see.
pub(crate) fn early<'s, 'l>(
    ctx: &Context<'_, Either>,
    later: &'s [LiveServer<'l>],
) -> Result<Vec<&'s LiveServer<'l>>> {
    let mut early = Vec::new();
    for server in later {
        let a3 = server.a3()?;
        let is_launched = a3.is_some_and(|a3| Some(&a3.id) != server.replace.as_ref());
        if !is_launched && !server.is_past_launch()? && jobs_of(ctx, server)?.is_empty() {
            early.push(server);
        }
    }
    Ok(early)
}
