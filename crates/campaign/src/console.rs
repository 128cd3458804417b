//! The calls that a person makes in the consoles for a manual step. AWS may refuse each of them.

use failback_core::cloud::{InstanceState, JobKind, RightSizing, Tags};
use failback_core::id::{HostedZoneId, InstanceId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;
use failback_core::tags::{made_by_a_drill, tag};
use failback_sim::{
    ChangeAction, FleetServer, Labels, LaunchChange, RecordChange, RecoveryRequest, Version, World,
};
use serde_json::Value;

use crate::operator::ManualStep;

const MINUTE: i64 = 60_000;

/// The longest time that a person waits.
const PATIENCE: i64 = 24 * 60 * MINUTE;

/// Performs a step, and waits until it takes effect, except for `…AndLeave`.
pub(super) fn does(world: &mut World, by_hand: ManualStep, plan: &Value) {
    match by_hand {
        ManualStep::LaunchAndLeave | ManualStep::ProtectAndLeave => asks(world, by_hand, plan),
        ManualStep::Reverse => {
            // DRS detects the agent some minutes after the launch.
            for _ in 0..12 {
                asks(world, by_hand, plan);
                if (0..world.fleet().len()).all(|server| world.labels(server).a2.is_some()) {
                    break;
                }
                world.advance_by(5 * MINUTE);
            }
            world.advance_by(MINUTE);
        }
        ManualStep::TerminateB2 | ManualStep::TerminateA3 => {
            // DRS refuses for some time after replication was stopped.
            for _ in 0..12 {
                asks(world, by_hand, plan);
                rest(world);
            }
        }
        ManualStep::Recover => {
            for asked in [ManualStep::Recover, ManualStep::UseB3] {
                asks(world, asked, plan);
                rest(world);
            }
        }
        other => {
            asks(world, other, plan);
            rest(world);
        }
    }
}

/// Lets time pass until no event is left, for at most `PATIENCE`.
fn rest(world: &mut World) {
    let until = world.now_ms() + PATIENCE;
    while let Some(next) = world.next_event_ms().filter(|next| *next < until) {
        world.advance_to(next);
    }
    world.advance_by(MINUTE);
}

/// Makes the calls of a step for the whole fleet once, and waits for nothing.
pub(super) fn asks(world: &mut World, by_hand: ManualStep, plan: &Value) {
    match by_hand {
        ManualStep::Sync => {}
        ManualStep::LaunchB1 => launch_b1(world, true),
        ManualStep::Recover => launch_b1(world, false),
        ManualStep::UseB3 => use_b3(world, plan),
        ManualStep::Launch | ManualStep::LaunchAndLeave => launch_a2(world),
        ManualStep::Redirect => redirect(world, plan),
        ManualStep::LongTtl => lengthen_ttl(world, plan),
        ManualStep::PointAtA1 => point_at_a1(world, plan),
        ManualStep::ReverseFirst => reverse(world, 0),
        ManualStep::TerminateB2 => terminate(world, false),
        ManualStep::TerminateA3 => terminate(world, true),
        _ => each(world, |world, server| for_one(world, server, by_hand, plan)),
    }
}

fn for_one(world: &mut World, server: usize, by_hand: ManualStep, plan: &Value) {
    let (source, recovery) = world.region_pair();
    let Labels { a1, a2, a3, a4, b1, b2, b3, .. } = world.labels(server);
    match by_hand {
        ManualStep::Reverse => reverse(world, server),
        ManualStep::Prepare => prepare(world, server, &plan["launch"]["network"]),
        ManualStep::PrepareForDrill => prepare(world, server, &plan["drill"]["network"]),
        ManualStep::Protect | ManualStep::ProtectAndLeave => protect(world, server),
        ManualStep::StopB1 => _ = b1.map(|b1| world.stop_replication(recovery, &b1)),
        ManualStep::StopA2 => _ = a2.map(|a2| world.stop_replication(source, &a2)),
        ManualStep::StartA2 => _ = a2.map(|a2| world.start_replication(source, &a2)),
        ManualStep::ForgetB2 => forget_b2(world, b2),
        ManualStep::TerminateA4 => _ = a4.map(|a4| world.terminate_instances(source, &[a4])),
        ManualStep::DeleteA3 => _ = a3.map(|a3| world.delete_recovery_instance(source, &a3)),
        ManualStep::DisconnectA2 => _ = a2.map(|a2| world.disconnect_source_server(source, &a2)),
        ManualStep::DeleteA2 => _ = a2.map(|a2| world.delete_source_server(source, &a2)),
        ManualStep::TagA1 => tag_a1(world, server),
        ManualStep::TagNewB1 => tag_new_b1(world, server),
        ManualStep::StopB3 => _ = b3.map(|b3| world.stop_instances(recovery, &[b3])),
        ManualStep::StartB3 => _ = b3.map(|b3| world.start_instances(recovery, &[b3])),
        ManualStep::TerminateB3 => _ = b3.map(|b3| world.terminate_instances(recovery, &[b3])),
        ManualStep::StopA4 => _ = a4.map(|a4| world.stop_instances(source, &[a4])),
        ManualStep::StartA4 => {
            // EC2 shows it, even if its A3 was deleted.
            let a4 = a4.or_else(|| world.fleet()[server].a4.last().cloned());
            _ = a4.map(|a4| world.start_instances(source, &[a4]));
        }
        ManualStep::RebootA4 => _ = a4.map(|a4| world.reboot_instances(source, &[a4])),
        ManualStep::StopA1 => _ = a1.map(|a1| world.stop_instances(source, &[a1])),
        ManualStep::StartA1 => _ = a1.map(|a1| world.start_instances(source, &[a1])),
        ManualStep::TerminateA1 => _ = a1.map(|a1| world.terminate_instances(source, &[a1])),
        _ => {}
    }
}

/// Tags A2 with A1, which Check Readiness asks for where nothing else identifies A1.
fn tag_a1(world: &mut World, server: usize) {
    let (source, _) = world.region_pair();
    let a1 = world.fleet()[server].a1.to_string();
    let arn =
        world.labels(server).a2.and_then(|a2| world.source_server(source, &a2)).map(|a2| a2.arn.clone());
    _ = arn.map(|arn| world.tag_resource(&arn, &Tags::from([(tag::A1.to_owned(), a1)])));
}

/// Gives the tags of a B1 to the one that DRS has made instead, and others to the earlier one.
fn tag_new_b1(world: &mut World, server: usize) {
    let (_, recovery) = world.region_pair();
    let FleetServer { b1, earlier_b1, .. } = world.fleet()[server].clone();
    let find = |world: &World, id: &SourceServerId| {
        world.source_server(recovery, id).map(|b1| (b1.arn.clone(), Tags::clone(&b1.tags)))
    };
    let (Some((new, _)), Some((earlier, tags))) =
        (find(world, &b1), earlier_b1.last().and_then(|earlier| find(world, earlier)))
    else {
        return;
    };
    let others = tags.keys().map(|key| (key.clone(), "earlier".to_owned())).collect();
    _ = world.tag_resource(&new, &tags);
    _ = world.tag_resource(&earlier, &others);
}

/// Removes B2 from DRS. B3 runs on.
fn forget_b2(world: &mut World, b2: Option<RecoveryInstanceId>) {
    let (_, recovery) = world.region_pair();
    let Some(b2) = b2 else { return };
    world.disconnect_recovery_instance(recovery, &b2).ok();
    world.delete_recovery_instance(recovery, &b2).ok();
}

/// Launches the recovered servers, as a drill or, in the next disaster, as production.
fn launch_b1(world: &mut World, is_drill: bool) {
    let (_, recovery) = world.region_pair();
    let servers: Vec<RecoveryRequest> = world.fleet().iter().map(|server| server.b1.clone().into()).collect();
    world.start_recovery(recovery, &servers, is_drill, Tags::new()).ok();
}

/// Points the plan's records at B3, or moves traffic there by other means.
fn use_b3(world: &mut World, plan: &Value) {
    let (_, recovery) = world.region_pair();
    // Clients can be sent to what runs, and what no job of DRS is about to terminate. What is launched later is another B3,
    // to which nobody has sent them. And nobody moves traffic back by hand to what they have let a run end a moment ago:
    // docs/safety.md names this window.
    let ends = world.active_jobs(recovery).any(|job| job.kind == JobKind::Terminate);
    let runs = |server| {
        let b3 = world.labels(server).b3;
        b3.and_then(|b3| world.instance(recovery, &b3)).is_some_and(|b3| b3.state == InstanceState::Running)
    };
    // Where no record shows it, nobody sends clients to a drill's copy: the drill cannot know, and ends it (docs/safety.md).
    if moves_by_hand(plan) && of_a_drill(world, recovery, |labels| labels.b2) {
        return;
    }
    if ends || world.has_released_recovered() || !(0..world.fleet().len()).any(runs) {
        return;
    }
    point_at(world, plan, recovery, |labels| labels.b3);
    world.operator_moves_traffic_to_recovered();
}

fn each(world: &mut World, mut one: impl FnMut(&mut World, usize)) {
    (0..world.fleet().len()).for_each(|server| one(world, server));
}

fn reverse(world: &mut World, server: usize) {
    let (_, recovery) = world.region_pair();
    if let Some(b2) = world.labels(server).b2 {
        world.reverse_replication(recovery, &b2).ok();
    }
}

fn protect(world: &mut World, server: usize) {
    let (source, _) = world.region_pair();
    if let Some(a3) = world.labels(server).a3 {
        world.reverse_replication(source, &a3).ok();
    }
}

fn launch_a2(world: &mut World) {
    let (source, _) = world.region_pair();
    let a2s = (0..world.fleet().len()).filter_map(|server| world.labels(server).a2);
    let servers: Vec<RecoveryRequest> = a2s.map(Into::into).collect();
    world.start_recovery(source, &servers, false, Tags::new()).ok();
}

fn terminate(world: &mut World, failed_back: bool) {
    let (source, recovery) = world.region_pair();
    let region = if failed_back { source } else { recovery };
    let of = |server| {
        let labels = world.labels(server);
        if failed_back { labels.a3 } else { labels.b2 }
    };
    let ids: Vec<_> = (0..world.fleet().len()).filter_map(of).collect();
    if !ids.is_empty() {
        world.terminate_recovery_instances(region, &ids).ok();
    }
}

/// Sets network, profile and type, as the plan says or like A1.
fn prepare(world: &mut World, server: usize, network: &Value) {
    let (source, _) = world.region_pair();
    let FleetServer { a1, .. } = world.fleet()[server].clone();
    let Some(a2) = world.labels(server).a2 else { return };
    let Ok(launch) = world.launch_configuration(source, &a2) else { return };
    let Some(original) = world.instance(source, &a1).cloned() else { return };
    let change = Version {
        subnet: network["subnetId"].as_str().and_then(|id| id.parse().ok()).or(Some(original.subnet)),
        security_groups: network["securityGroupIds"]
            .as_array()
            .map(|ids| ids.iter().filter_map(|id| id.as_str()?.parse().ok()).collect())
            .or(Some(original.security_groups)),
        profile: original.profile_arn,
        instance_type: Some(original.instance_type),
    };
    if let Ok(version) = world.create_launch_template_version(source, &launch.template, 1, change) {
        world.set_default_version(source, &launch.template, version).ok();
    }
    let change = LaunchChange {
        right_sizing: Some(RightSizing::None),
        copy_private_ip: Some(false),
        starts: Some(true),
        ..LaunchChange::default()
    };
    world.update_launch_configuration(source, &a2, &change).ok();
}

/// Points the plan's records at A4. Without records, traffic moves by other means.
fn redirect(world: &mut World, plan: &Value) {
    let (source, _) = world.region_pair();
    // Where no record shows it, nobody sends clients to a drill's copy: the drill cannot know, and ends it (docs/safety.md).
    if moves_by_hand(plan) && !of_a_drill(world, source, |labels| labels.a3) {
        world.operator_moves_traffic();
    }
    point_at(world, plan, source, |labels| labels.a4);
}

/// Returns true where no record moves the traffic.
fn moves_by_hand(plan: &Value) -> bool {
    plan["redirect"]["records"].as_array().is_none_or(Vec::is_empty)
}

/// Reports whether a drill of this program launched one of these recovery instances, as the tags of their jobs show.
fn of_a_drill(world: &World, region: Region, which: fn(Labels) -> Option<RecoveryInstanceId>) -> bool {
    (0..world.fleet().len()).any(|server| {
        let found = which(world.labels(server)).and_then(|id| world.recovery_instance(region, &id));
        let job = found.and_then(|found| world.job(region, &found.job));
        job.is_some_and(|job| made_by_a_drill(&job.tags))
    })
}

/// Points the plan's records at an instance of each server.
fn point_at(world: &mut World, plan: &Value, region: Region, which: fn(Labels) -> Option<InstanceId>) {
    for record in plan["redirect"]["records"].as_array().cloned().unwrap_or_default() {
        let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
        let server = world.index_of(&text("server"));
        let found = server.and_then(|server| which(world.labels(server)));
        let Some(instance) = found.and_then(|id| world.instance(region, &id)) else { continue };
        let is_private = record["address"] == "private";
        let value = if is_private { instance.private_ip.clone() } else { instance.public_ip.clone() };
        let Ok(zone) = text("zoneId").parse() else { continue };
        let ttl_seconds = record["ttlSeconds"].as_u64().unwrap_or(60);
        let change = RecordChange::of_simple(ChangeAction::Upsert, &text("name"), ttl_seconds, vec![value]);
        world.change_record_sets(&zone, &[change]).ok();
    }
}

/// Sets the TTL of the plan's records to an hour.
fn lengthen_ttl(world: &mut World, plan: &Value) {
    for record in plan["redirect"]["records"].as_array().cloned().unwrap_or_default() {
        let Some((zone, name)) = zone_and_name(&record) else { continue };
        let Some(values) = world.record(&zone, &name, "A").map(|set| set.values.clone()) else { continue };
        let change = RecordChange::of_simple(ChangeAction::Upsert, &name, 3_600, values);
        world.change_record_sets(&zone, &[change]).ok();
    }
}

/// Starts A1 and points the plan's records at it.
fn point_at_a1(world: &mut World, plan: &Value) {
    let (source, _) = world.region_pair();
    let a1s: Vec<_> = world.fleet().iter().map(|server| server.a1.clone()).collect();
    world.start_instances(source, &a1s).ok();
    for record in plan["redirect"]["records"].as_array().cloned().unwrap_or_default() {
        let Some((zone, name)) = zone_and_name(&record) else { continue };
        let server = record["server"].as_str().and_then(|server| world.index_of(server));
        let a1 = server.and_then(|server| world.instance(source, &world.fleet()[server].a1));
        let Some(address) = a1.map(|a1| a1.private_ip.clone()) else { continue };
        let change = RecordChange::of_simple(ChangeAction::Upsert, &name, 60, vec![address]);
        world.change_record_sets(&zone, &[change]).ok();
    }
}

fn zone_and_name(record: &Value) -> Option<(HostedZoneId, String)> {
    Some((record["zoneId"].as_str()?.parse().ok()?, record["name"].as_str()?.to_owned()))
}
