//! What the people are told for whose tests a drill keeps A4: where it is, what is billed meanwhile, and what an answer does.

use std::collections::BTreeMap;

use super::{addresses, who};
use crate::catalogue::Notice;
use crate::cloud::Instance;
use crate::error::Result;
use crate::fleet::LiveServer;
use crate::message::count;
use crate::run::Run;

/// AWS's own price lists. The program has no prices: they differ by Region, and change.
const PRICES: &str =
    "https://aws.amazon.com/ec2/pricing/on-demand/ and https://aws.amazon.com/disaster-recovery/pricing/";

/// Returns what people are told while a drill keeps A4 for their tests.
///
/// # Errors
/// `Internal` when instances were not read.
pub fn during_hold(run: &Run, servers: &[LiveServer<'_>]) -> Result<Notice> {
    let subnet = run.plan.drill.network.as_ref().map_or("unknown", |network| network.subnet_id.as_str());
    let mut lines = vec![format!(
        "A4 of {} passed validation and runs in the drill's own network, subnet {subnet} of {}. Reach it from there:",
        who(servers),
        run.source()
    )];
    lines.extend(addresses(servers)?);
    lines.push("Clients do not use it, and what you change in it is lost with it.".to_owned());
    lines.push(billed(run, servers)?);
    lines.push(
        "Yes: your tests have passed, and the clean-up begins.\n\
         No: a test has failed. The clean-up begins, and the drill ends as failed with your reason.\n\
         No answer: the clean-up begins at the end of the time, after a reminder. That is no failure."
            .to_owned(),
    );
    Ok(Notice(lines.join("\n")))
}

/// Says which instances run for the drill, by their types, and what else is billed.
fn billed(run: &Run, servers: &[LiveServer<'_>]) -> Result<String> {
    let (mut a4s, mut b3s) = (Vec::new(), Vec::new());
    for server in servers {
        a4s.extend(server.a4_instance()?);
        // What the drill keeps is billed without it too.
        if let Some(b3) = server.b3().filter(|_| !run.keeps_recovered_servers()) {
            b3s.extend(server.live().instance(&b3)?);
        }
    }
    let mut parts = vec![format!("A4 ({}) in {}", by_type(&a4s), run.source())];
    if !b3s.is_empty() {
        parts.push(format!("B3 ({}) in {}", by_type(&b3s), run.recovery()));
    }
    Ok(format!(
        "Billed by the hour until then: {}, with their volumes, and {} of DRS (A2) with the staging area. Prices: {PRICES}",
        parts.join(", "),
        count(servers.len(), "source server")
    ))
}

/// Returns the number of live instances of each type: `2 × m7i.large, 1 × r7i.xlarge`.
fn by_type(instances: &[&Instance]) -> String {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for instance in instances.iter().filter(|instance| instance.state.is_live()) {
        *types.entry(instance.instance_type.as_str()).or_default() += 1;
    }
    let counted: Vec<String> = types.iter().map(|(of, number)| format!("{number} × {of}")).collect();
    if counted.is_empty() { "none that runs".to_owned() } else { counted.join(", ") }
}
