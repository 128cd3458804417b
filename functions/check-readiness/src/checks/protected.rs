//! Checks that EC2 terminates what the run terminates at its end: somebody may have protected it.

use failback_core::Result;
use failback_core::catalogue::fact;
use failback_core::cloud::Instance;
use failback_core::fleet::existed_before;
use failback_core::id::InstanceId;
use failback_core::procedure::Procedure;
use failback_core::run::Run;

use crate::facts::{Facts, Found, launches_b1};
use crate::finding::{Finding, Findings};

/// How to remove the protection.
const UNPROTECT: &str = "aws ec2 modify-instance-attribute --no-disable-api-termination --instance-id ID";

/// Returns the A1 that a failback terminates on request.
pub(crate) fn original<'f>(run: &Run, server: &Found<'f>) -> Option<&'f Instance> {
    let is_wanted = run.procedure == Procedure::Failback && run.plan.cleanup.terminate_originals;
    let a1 = server.a1.filter(|a1| a1.state.is_live())?;
    (is_wanted && server.server.a1 != server.a4()).then_some(a1)
}

/// Returns the B3 that the clean-up terminates with B2.
pub(crate) fn recovered(run: &Run, facts: &Facts, server: &Found<'_>) -> Result<Option<InstanceId>> {
    let Some(b2) = server.b2.filter(|_| !run.keeps_recovered_servers()) else { return Ok(None) };
    Ok((!existed_before(server, b2, &facts.launch_configurations)?).then(|| b2.instance.clone()))
}

pub(crate) fn check(
    run: &Run,
    facts: &Facts,
    servers: &[Found<'_>],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    for server in servers {
        if original(run, server).is_some_and(|a1| facts.protected.contains(&a1.id)) {
            findings.block(&server.name, fact::a1_is_protected_from_its_end(UNPROTECT));
        }
        if recovered(run, facts, server)?.is_some_and(|b3| facts.protected.contains(&b3)) {
            let fact = match run.procedure {
                Procedure::Failback => fact::b3_is_protected_from_its_end(UNPROTECT),
                Procedure::Drill => fact::b3_is_protected_from_the_drill(UNPROTECT),
            };
            findings.block(&server.name, fact);
        }
        let template = facts.launch_templates.get(&server.b1);
        if launches_b1(run, server) && template.is_some_and(|version| version.protects_from_termination) {
            findings.block(&server.name, fact::b1s_template_protects_b3());
        }
    }
    Ok(())
}
