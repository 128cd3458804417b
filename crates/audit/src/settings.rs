//! The rule for changes of A2's launch settings, by what is kept of them.

use failback_core::rule::SafetyRule;
use failback_sim::{Call, World};

use crate::observations::Observations;

/// Judges S5: a person may have changed the settings of A2. They are changed only once the bucket for evidence has them as
/// they were, so that they can be put back.
pub(crate) fn check(observations: &mut Observations, world: &World, call: &Call) {
    let Some(target) = call.targets.first() else { return };
    let quoted = format!("\"{target}\"");
    let mut kept = world.evidence().filter(|(key, _)| key.ends_with("-settings.json"));
    if !kept.any(|(_, body)| body.contains(&quoted)) {
        let what = format!("{} of {target}, whose settings before are not kept as evidence", call.operation);
        observations.violated(SafetyRule::OwnFleetOnly, call.at_ms, what);
    }
}
