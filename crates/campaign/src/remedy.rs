//! What a person does who is told what to do: the remedies that the product prints, as steps in the consoles, changes of
//! the plan, or a wait. The person knows what clients use, and ends nothing that they use.

use failback_core::cloud::InstanceState;
use failback_core::id::{InstanceId, SourceServerId};
use failback_core::plan::Plan;
use failback_core::region::Region;
use failback_sim::World;
use failback_sim::objects::Subnet;
use serde_json::{Value, json};

use crate::operator::ManualStep;

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Waits until no job works on the fleet, for so many seconds at most.
    WaitsForJobs(u64),
    /// Takes a step in the consoles.
    Does(ManualStep),
    /// Terminates A4, unless clients use it.
    EndsUnusedA4,
    /// Points the records at A4, or else at B3, unless they lead to something else that runs.
    PointsAtWhatServes,
    /// Adds this option to the plan.
    Plans(&'static str),
    /// Names the subnet of another original in the plan.
    NamesSubnet,
    /// Gives the tags of B1 to the one that DRS has made instead, if there is one.
    TagsNewB1,
    /// Starts again, and nothing else.
    StartsAgain,
}

use Remedy::{
    Does, EndsUnusedA4, NamesSubnet, Plans, PointsAtWhatServes, StartsAgain, TagsNewB1, WaitsForJobs,
};

/// The words of a message, and what a person does who reads them.
const REMEDIES: &[(&str, Remedy)] = &[
    ("Wait until the job has ended", WaitsForJobs(10_800)),
    ("tart again", StartsAgain),
    ("start the drill again", StartsAgain),
    ("Start the recovered instance", Does(ManualStep::StartB3)),
    ("Start A4", Does(ManualStep::StartA4)),
    ("= the id of the original instance", Does(ManualStep::TagA1)),
    ("start it again in the DRS console", Does(ManualStep::StartA2)),
    ("to be launched into. Stop A1", Does(ManualStep::StopA1)),
    ("If not, stop A1", Does(ManualStep::StopA1)),
    ("or leave cleanup.terminateOriginals", Plans("keep-originals")),
    ("Name it in $.launch", Plans("own-type")),
    ("Name it in $.launch", NamesSubnet),
    ("so it may be production. Set drill.keepRecoveredServers", Plans("keep-recovered")),
    ("B3 may be production. Set drill.keepRecoveredServers", Plans("keep-recovered")),
    ("terminates B3. Set drill.keepRecoveredServers", Plans("keep-recovered")),
    ("Set drill.launchRecoveredServers, or", Plans("launch-recovered")),
    ("set drill.launchRecoveredServers to false", Plans("drill-recovered")),
    ("set drill.launchAs to recovery", Plans("as-recovery")),
    ("Add gates.beforeRedirect", Plans("ask-before-redirect")),
    ("terminate it in the DRS console", EndsUnusedA4),
    ("If not, terminate both", EndsUnusedA4),
    ("If not, terminate both", Does(ManualStep::StopA2)),
    ("If not, terminate both", Does(ManualStep::DisconnectA2)),
    ("If not, terminate both", Does(ManualStep::DeleteA2)),
    ("if it is B3 or A4, point the record at it", PointsAtWhatServes),
    ("give that one the tags of this", TagsNewB1),
];

/// Returns what a person does who reads this message, in the order of the list.
pub(crate) fn of(message: &str) -> impl Iterator<Item = Remedy> {
    REMEDIES.iter().filter(move |(words, _)| message.contains(words)).map(|(_, remedy)| *remedy)
}

/// Returns the step in the consoles that a remedy comes to in this world, if it is one.
pub(crate) fn step(world: &World, remedy: Remedy) -> Option<ManualStep> {
    let (source, recovery) = world.region_pair();
    let mut labels = (0..world.fleet().len()).map(|server| (server, world.labels(server)));
    match remedy {
        Does(step) => Some(step),
        EndsUnusedA4 => {
            let is_unused = labels.all(|(server, labels)| !is_served_by(world, server, labels.a4.as_ref()));
            is_unused.then_some(ManualStep::TerminateA3)
        }
        PointsAtWhatServes => {
            let labels: Vec<_> = labels.collect();
            let is_down = |server: usize| world.serving(server).is_none_or(|serving| !serving.running);
            if !labels.iter().any(|(server, _)| is_down(*server)) {
                None
            } else if labels.iter().all(|(_, labels)| runs(world, source, labels.a4.as_ref())) {
                Some(ManualStep::Redirect)
            } else {
                let on_b3 = labels.iter().all(|(_, labels)| runs(world, recovery, labels.b3.as_ref()));
                on_b3.then_some(ManualStep::UseB3)
            }
        }
        TagsNewB1 => {
            let is_new = world.fleet().iter().any(|server| !server.earlier_b1.is_empty());
            is_new.then_some(ManualStep::TagNewB1)
        }
        WaitsForJobs(_) | Plans(_) | NamesSubnet | StartsAgain => None,
    }
}

/// Reports whether a job of DRS is working on a server of the fleet, as the console shows.
pub(crate) fn has_job(world: &World) -> bool {
    let (source, recovery) = world.region_pair();
    let is_of_fleet = |id: &SourceServerId| {
        world.fleet().iter().any(|server| server.a2.contains(id) || server.has_b1(id.as_str()))
    };
    let mut jobs = world.active_jobs(source).chain(world.active_jobs(recovery));
    jobs.any(|job| job.parts.iter().any(|part| is_of_fleet(&part.server)))
}

/// Returns a network for A4 with room for the fleet, as the plan names one: not that of drills.
pub(crate) fn network(world: &World, plan: &Plan) -> Option<Value> {
    let drill = plan.drill.network.as_ref().map(|network| &network.subnet_id);
    let fits = |subnet: &Subnet| {
        Some(&subnet.id) != drill
            && usize::try_from(subnet.free_addresses).is_ok_and(|free| free > world.fleet().len())
    };
    let (subnet, groups) =
        world.networks(world.region_pair().0).find(|(subnet, groups)| fits(subnet) && !groups.is_empty())?;
    Some(json!({ "subnetId": subnet.id, "securityGroupIds": groups }))
}

fn is_served_by(world: &World, server: usize, id: Option<&InstanceId>) -> bool {
    world.serving(server).is_some_and(|serving| serving.running && Some(&serving.instance) == id)
}

fn runs(world: &World, region: Region, id: Option<&InstanceId>) -> bool {
    let found = id.and_then(|id| world.instance(region, id));
    found.is_some_and(|instance| instance.state == InstanceState::Running)
}
