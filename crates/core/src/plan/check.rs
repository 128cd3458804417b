//! The checks of a plan's meaning, beyond its form.

use std::collections::BTreeSet;

use super::{
    Freeze, Gate, Limits, Network, Plan, Problem, Record, SERVERS_MAX, Servers, TAKE_OVER_MAX, WaitsFor,
};
use crate::guard::LIFT_SECONDS;
use crate::id::SecurityGroupId;
use crate::message::count;
use crate::payload;
use crate::poll_interval::{self, POLLS_MAX};

/// Returns every problem of meaning.
pub(super) fn problems(plan: &Plan) -> Vec<Problem> {
    let mut found = Vec::new();
    name(plan, &mut found);
    started_by(plan, &mut found);
    abort(plan, &mut found);
    take_over(plan, &mut found);
    servers(&plan.servers, &mut found);
    size(plan, &mut found);
    waves(plan, &mut found);
    network(plan, &mut found);
    drill(plan, &mut found);
    records(plan.redirect.records(), &mut found);
    by_hand_is_a_persons_word(plan, &mut found);
    stop_needs_a_gate(plan, &mut found);
    limits(&plan.limits, &mut found);
    polls(plan, &mut found);
    gates(plan, &mut found);
    ranges(plan, &mut found);
    data_age(plan, &mut found);
    accepted_loss(plan, &mut found);
    freeze_by_hook(plan, &mut found);
    first_wave(plan, &mut found);
    found
}

/// Checks the length of `startedBy`: an ARN has at most 2,048 characters.
fn started_by(plan: &Plan, found: &mut Vec<Problem>) {
    if plan.started_by.as_ref().is_some_and(|by| by.is_empty() || by.len() > 2_048) {
        found.push(Problem::new("$.startedBy", "not 1 to 2048 characters long", "Leave it out"));
    }
}

/// Checks the reason of an abort, which goes into the report.
fn abort(plan: &Plan, found: &mut Vec<Problem>) {
    if plan.abort.as_ref().is_some_and(|reason| reason.trim().is_empty() || reason.chars().count() > 1_000) {
        let remedy = "Write why, in one sentence, or leave it out to fail back";
        found.push(Problem::new("$.abort", "not 1 to 1000 characters long", remedy));
    }
}

/// Checks the number of executions to take over, and the length of their ids: a tag value has at most 256 characters.
fn take_over(plan: &Plan, found: &mut Vec<Problem>) {
    if plan.take_over.len() > TAKE_OVER_MAX {
        let (message, remedy) =
            (count(plan.take_over.len(), "execution"), format!("Name at most {TAKE_OVER_MAX}"));
        found.push(Problem::new("$.takeOver", message, remedy));
    }
    for (i, id) in plan.take_over.iter().enumerate() {
        if id.is_empty() || id.chars().count() > 256 {
            let remedy = "Name the execution as the finding of the readiness check does";
            found.push(Problem::new(format!("$.takeOver[{i}]"), "not 1 to 256 characters long", remedy));
        }
    }
}

fn name(plan: &Plan, found: &mut Vec<Problem>) {
    let fits = |c: char| c.is_ascii_alphanumeric() || " -_.".contains(c);
    if plan.name.is_empty() || plan.name.len() > 60 || !plan.name.chars().all(fits) {
        found.push(Problem::new(
            "$.name",
            "not 1 to 60 letters, digits, spaces and `-_.`",
            "Choose a short name, such as shop-failback",
        ));
    }
}

fn servers(servers: &Servers, found: &mut Vec<Problem>) {
    match servers {
        Servers::Ids(ids) => {
            if ids.is_empty() || ids.len() > SERVERS_MAX {
                let message = format!("{} ids", ids.len());
                let remedy =
                    format!("Name 1 to {SERVERS_MAX} servers; split a larger fleet into several plans");
                found.push(Problem::new("$.servers.ids", message, remedy));
            }
            let mut seen = BTreeSet::new();
            for (i, id) in ids.iter().enumerate() {
                if !seen.insert(id) {
                    let path = format!("$.servers.ids[{i}]");
                    found.push(Problem::new(path, format!("{id} is named twice"), "Remove one of them"));
                }
            }
        }
        Servers::Tags(tags) if tags.is_empty() => {
            let remedy = "Name at least one tag, or write \"all\": true";
            found.push(Problem::new("$.servers.tags", "an empty filter would select every server", remedy));
        }
        Servers::All | Servers::Tags(_) => {}
    }
}

/// Refuses a plan that no execution carries, whatever its servers are called. The readiness check knows their names.
fn size(plan: &Plan, found: &mut Vec<Problem>) {
    let servers = plan.servers.ids().map_or(1, <[_]>::len);
    let bytes = payload::largest(plan, std::iter::repeat_n("n", servers));
    if servers <= SERVERS_MAX && bytes > payload::BYTES_MAX {
        let message = format!(
            "takes at least {bytes} bytes with {} and {}, and an execution carries {}",
            count(servers, "server"),
            count(plan.redirect.records().len(), "record"),
            payload::BYTES_MAX
        );
        let remedy = "Split the plan, or choose servers by tags and name fewer records";
        found.push(Problem::new("$", message, remedy));
    }
}

fn waves(plan: &Plan, found: &mut Vec<Problem>) {
    let mut names = BTreeSet::new();
    for (i, wave) in plan.waves.iter().enumerate() {
        if wave.name.is_empty() || wave.name.len() > 40 {
            let path = format!("$.waves[{i}].name");
            found.push(Problem::new(path, "not 1 to 40 characters long", "Choose a short name"));
        }
        if !names.insert(&wave.name) {
            let path = format!("$.waves[{i}].name");
            found.push(Problem::new(path, format!("`{}` is used twice", wave.name), "Choose another name"));
        }
        if wave.tags.is_empty() && i + 1 != plan.waves.len() {
            let path = format!("$.waves[{i}].tags");
            let remedy = "Make it the last wave, or name tags";
            found.push(Problem::new(path, "takes all servers, so that later waves stay empty", remedy));
        }
    }
    for (i, wave) in plan.waves.iter().enumerate().filter(|(_, wave)| !wave.tags.is_empty()) {
        let takes_all = |earlier: &&super::Wave| {
            !earlier.tags.is_empty()
                && earlier.tags.iter().all(|(key, value)| wave.tags.get(key) == Some(value))
        };
        if let Some(earlier) = plan.waves[..i].iter().find(takes_all) {
            let path = format!("$.waves[{i}].tags");
            let message =
                format!("no server is in it: wave `{}` takes every one with these tags", earlier.name);
            found.push(Problem::new(path, message, "Name other tags, or put it before that wave"));
        }
    }
    if plan.waves.len() > 20 {
        let message = format!("{} waves", plan.waves.len());
        found.push(Problem::new("$.waves", message, "Use at most 20"));
    }
}

/// Checks security groups: a network interface has 1 to 5, each once (Amazon VPC quotas).
fn groups(path: &str, groups: &[SecurityGroupId], remedy: &str, found: &mut Vec<Problem>) {
    match groups.len() {
        0 => found.push(Problem::new(path, "no security groups", remedy)),
        1..=5 => {}
        many => found.push(Problem::new(path, format!("{many} security groups"), remedy)),
    }
    for (i, group) in groups.iter().enumerate().filter(|(i, group)| groups[..*i].contains(group)) {
        let message = format!("{group} is named twice");
        found.push(Problem::new(format!("{path}[{i}]"), message, "Remove one of them"));
    }
}

fn network(plan: &Plan, found: &mut Vec<Problem>) {
    if let Network::Named(named) = &plan.launch.network {
        let remedy = "Name 1 to 5 security groups";
        groups("$.launch.network.securityGroupIds", &named.security_group_ids, remedy, found);
    }
}

fn drill(plan: &Plan, found: &mut Vec<Problem>) {
    let drill = &plan.drill;
    if let Some(isolated) = &drill.network {
        let remedy = "Name 1 to 5 security groups that let nothing out to production";
        groups("$.drill.network.securityGroupIds", &isolated.security_group_ids, remedy, found);
        if matches!(&plan.launch.network, Network::Named(named) if named.subnet_id == isolated.subnet_id) {
            let remedy = "Name a subnet that production does not use";
            found.push(Problem::new("$.drill.network.subnetId", "the same subnet as a failback's", remedy));
        }
    }
    if drill.launch_recovered_servers && drill.keep_recovered_servers {
        found.push(Problem::new(
            "$.drill.keepRecoveredServers",
            "a drill that launches recovered servers must also terminate them",
            "Set one of launchRecoveredServers and keepRecoveredServers to false",
        ));
    }
}

fn records(records: &[Record], found: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (i, record) in records.iter().enumerate() {
        let path = format!("$.redirect.records[{i}]");
        let name = record.name.trim_end_matches('.').to_ascii_lowercase();
        if !is_domain_name(&name) {
            let remedy = "Write the full name, such as shop.example.com";
            found.push(Problem::new(format!("{path}.name"), "not a domain name", remedy));
        }
        if !seen.insert((record.zone_id.clone(), name)) {
            found.push(Problem::new(
                format!("{path}.name"),
                "this record is named twice",
                "Remove one of them",
            ));
        }
        if record.ttl_seconds > 86_400 {
            let remedy = "Use 60 seconds, so that clients follow quickly";
            found.push(Problem::new(format!("{path}.ttlSeconds"), "more than a day", remedy));
        }
        if record.server.is_empty() {
            let remedy = "Name a server, or the id of its B1";
            found.push(Problem::new(format!("{path}.server"), "empty", remedy));
        }
    }
    // A batch of Route 53 takes 1,000 changes, and each record is a DELETE and a CREATE.
    if records.len() > 500 {
        let message = format!("{} records", records.len());
        found.push(Problem::new("$.redirect.records", message, "Use at most 500"));
    }
}

fn is_domain_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_*".contains(c))
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

/// No record shows what serves where people redirect traffic: only their word does, each time that something ends.
fn by_hand_is_a_persons_word(plan: &Plan, found: &mut Vec<Problem>) {
    if !plan.redirect.is_by_hand() {
        return;
    }
    if plan.gates.before_redirect.is_none() {
        found.push(Problem::new(
            "$.gates.beforeRedirect",
            "missing: without this gate, no person confirms that traffic was redirected by hand",
            "Add \"beforeRedirect\": {\"timeoutMinutes\": 240}",
        ));
    }
    if plan.gates.before_cleanup.is_none() {
        found.push(Problem::new(
            "$.gates.beforeCleanup",
            "missing: traffic may have been put back by hand, and no record shows it before B3 is terminated",
            "Add \"beforeCleanup\": {\"timeoutMinutes\": 1440}",
        ));
    }
    if plan.drill.recovered_servers_are_disposable {
        found.push(Problem::new(
            "$.drill.recoveredServersAreDisposable",
            "with `redirect.byHand`, no record shows during a drill that clients do not use B3",
            "Set drill.keepRecoveredServers, or name the records that show it",
        ));
    }
}

/// The page warns that stopping B1 deletes its points in time.
fn stop_needs_a_gate(plan: &Plan, found: &mut Vec<Problem>) {
    if plan.stop_original_replication && plan.gates.before_stop.is_none() {
        found.push(Problem::new(
            "$.gates.beforeStop",
            "missing: stopOriginalReplication deletes every point in time of B1, and a person confirms that",
            "Add \"beforeStop\": {\"timeoutMinutes\": 240}, or leave out stopOriginalReplication",
        ));
    }
}

/// The longest wait that fits into an execution's 25,000 events: 14 days.
const HOURS_MAX: u64 = 14 * 24;

fn limits(limits: &Limits, found: &mut Vec<Problem>) {
    let all = [
        ("reversalMinutes", limits.reversal_minutes, 1440),
        ("replicationHours", limits.replication_hours, HOURS_MAX),
        ("drainMinutes", limits.drain_minutes, 1440),
        ("launchMinutes", limits.launch_minutes, 1440),
        ("validationMinutes", limits.validation_minutes, 1440),
        ("redirectMinutes", limits.redirect_minutes, 1440),
        ("protectionHours", limits.protection_hours, HOURS_MAX),
        ("cleanupMinutes", limits.cleanup_minutes, 1440),
    ];
    for (name, value, max) in all {
        if value == 0 || value > max {
            let remedy = format!("Use 1 to {max}");
            found.push(Problem::new(format!("$.limits.{name}"), format!("{value} is out of range"), remedy));
        }
    }
}

/// The polls of a plan beside its two longest waits, and those of each wave, with room to spare: 10 waves take 130.
const OTHER_POLLS: u64 = 200;
const WAVE_POLLS: u64 = 30;

/// Refuses limits that an execution cannot reach, because its polls would be used up before.
fn polls(plan: &Plan, found: &mut Vec<Problem>) {
    let limits = &plan.limits;
    if limits.replication_hours > HOURS_MAX || limits.protection_hours > HOURS_MAX {
        return;
    }
    let waves = plan.wave_names().len() as u64;
    let hours = [limits.replication_hours, limits.protection_hours];
    let polls = OTHER_POLLS
        + waves * WAVE_POLLS
        + hours.iter().map(|hours| poll_interval::polls_in(hours * 3_600)).sum::<u64>();
    if polls > POLLS_MAX {
        let message = format!(
            "replicationHours and protectionHours with {} take up to {polls} polls, and an execution makes {POLLS_MAX}",
            count(plan.wave_names().len(), "wave")
        );
        found.push(Problem::new(
            "$.limits",
            message,
            "Make one of the two limits shorter, or use fewer waves",
        ));
    }
}

fn gates(plan: &Plan, found: &mut Vec<Problem>) {
    let gates = &plan.gates;
    let gate = |gate: &Option<Gate>| gate.as_ref().map(|gate| gate.timeout_minutes);
    let waits = [
        ("gates.beforeStop", gate(&gates.before_stop)),
        ("gates.beforeLaunch", Some(gates.before_launch.timeout_minutes)),
        ("gates.beforeRedirect", gate(&gates.before_redirect)),
        ("gates.beforeCleanup", gate(&gates.before_cleanup)),
        ("drill.hold", plan.drill.hold.as_ref().map(|hold| hold.timeout_minutes)),
    ];
    for (place, minutes) in waits {
        let minutes = minutes.unwrap_or(1);
        if minutes == 0 || minutes > HOURS_MAX * 60 {
            let path = format!("$.{place}.timeoutMinutes");
            let remedy = format!("Use 1 to {}", HOURS_MAX * 60);
            found.push(Problem::new(path, format!("{minutes} is out of range"), remedy));
        }
    }
}

fn ranges(plan: &Plan, found: &mut Vec<Problem>) {
    if plan.launch.relaunches_max > 10 {
        let message = format!("{} is out of range", plan.launch.relaunches_max);
        found.push(Problem::new("$.launch.relaunchesMax", message, "Use 0 to 10"));
    }
    if plan.launch.lag_seconds_max > 86_400 {
        let remedy = "Use at most 86400: launching loses what has not arrived";
        found.push(Problem::new("$.launch.lagSecondsMax", "more than a day", remedy));
    }
    for (field, value) in
        [("instanceProfile", &plan.launch.instance_profile), ("instanceType", &plan.launch.instance_type)]
    {
        if value.trim().is_empty() {
            found.push(Problem::new(format!("$.launch.{field}"), "empty", "Write a name, or like-source"));
        }
    }
    let kind = plan.launch.instance_type.as_str();
    if !kind.trim().is_empty() && kind != LIKE_SOURCE && !is_instance_type(kind) {
        let message = format!("`{kind}` is no instance type");
        found.push(Problem::new(
            "$.launch.instanceType",
            message,
            "Write one such as m7i.large, or like-source",
        ));
    }
    let profile = plan.launch.instance_profile.as_str();
    if !profile.trim().is_empty() && !is_instance_profile(profile) {
        let message = format!("`{profile}` is neither the name of an instance profile nor its ARN");
        let remedy =
            "Write a name of letters, digits and `+=,.@_-`, an ARN with `:instance-profile/`, or like-source";
        found.push(Problem::new("$.launch.instanceProfile", message, remedy));
    }
}

/// The word for what A1 has.
const LIKE_SOURCE: &str = "like-source";

/// Returns true for a family and a size, such as `m7i.large`. Which types a Region has, EC2 alone knows.
fn is_instance_type(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let sizes = ["nano", "micro", "small", "medium", "large", "xlarge", "metal"];
    let is_size = |size: &str| sizes.iter().any(|known| size.ends_with(known) || size.starts_with("metal"));
    text.split_once('.').is_some_and(|(family, size)| is_part(family) && is_part(size) && is_size(size))
}

/// Returns true for the name of an instance profile, or for its ARN (IAM quotas, name requirements).
fn is_instance_profile(text: &str) -> bool {
    let name = match text.strip_prefix("arn:") {
        Some(rest) if rest.contains(":instance-profile/") => rest.rsplit('/').next().unwrap_or_default(),
        Some(_) => return false,
        None => text,
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    (1..=128).contains(&name.len()) && name.chars().all(fits)
}

/// The time in seconds in which a wave is launched and validated, twice its usual 10 minutes.
const WAVE_SECONDS: u64 = 1_200;

/// Returns the number of waves that are launched one after the other.
fn waves_in_line(plan: &Plan) -> u64 {
    let beside = plan.waves.iter().skip(1).filter(|wave| wave.waits_for == WaitsFor::Nothing).count();
    (plan.wave_names().len() - beside) as u64
}

/// Refuses a limit that the plan itself cannot meet: the first wave's data ages while the later waves are launched and,
/// where people redirect traffic at the gate, while they do it.
fn data_age(plan: &Plan, found: &mut Vec<Problem>) {
    let waves = waves_in_line(plan);
    let gate = plan.gates.before_redirect.as_ref().filter(|_| plan.redirect.is_by_hand());
    let gate_seconds = gate.map_or(0, |gate| gate.timeout_minutes.saturating_mul(60));
    let needed = (waves * WAVE_SECONDS).saturating_add(gate_seconds);
    let limit = plan.launch.data_age_seconds_max;
    if limit < needed {
        let path = "$.launch.dataAgeSecondsMax";
        let remedy = format!(
            "Use at least {needed}, or fewer waves and a shorter gate: everything written within that time is lost"
        );
        let and_gate = if gate_seconds > 0 { " and the gate" } else { "" };
        let message =
            format!("{limit} s is less than {}{and_gate} may take", count(plan.wave_names().len(), "wave"));
        found.push(Problem::new(path, message, remedy));
    } else if limit > HOURS_MAX * 3_600 {
        let remedy = format!("Use at most {}", HOURS_MAX * 3_600);
        found.push(Problem::new("$.launch.dataAgeSecondsMax", "more than 14 days", remedy));
    }
}

/// Refuses a first wave that waits: there is none before it.
fn first_wave(plan: &Plan, found: &mut Vec<Problem>) {
    if plan.waves.first().is_some_and(|first| first.waits_for != WaitsFor::Validation) {
        let message = "the first wave has none before it to wait for";
        found.push(Problem::new("$.waves[0].waitsFor", message, "Leave it out, or write it in a later wave"));
    }
}

/// Refuses a loss to which nobody needs to agree, where the plan allows a larger one.
fn accepted_loss(plan: &Plan, found: &mut Vec<Problem>) {
    let Some(accepted) = plan.cutover.accept_loss_seconds else { return };
    if plan.cutover.freeze.is_some() {
        let message =
            "with `freeze`, nothing is lost, and a person is asked at gates.beforeLaunch in any case";
        found.push(Problem::new(
            "$.cutover.acceptLossSeconds",
            message,
            "Leave it out, or leave out `freeze`",
        ));
        return;
    }
    let limit = plan.launch.data_age_seconds_max;
    if accepted < limit {
        let message =
            format!("{accepted} s is less than launch.dataAgeSecondsMax allows to be lost ({limit} s)");
        let remedy = format!(
            "Use at least {limit}, or leave it out: a person is then asked at gates.beforeLaunch, with the loss to expect"
        );
        found.push(Problem::new("$.cutover.acceptLossSeconds", message, remedy));
    }
}

/// Refuses a lease of the hook's freeze in which no launch fits, and a freeze that only people could end: where they move
/// traffic, no record shows whether it has moved.
fn freeze_by_hook(plan: &Plan, found: &mut Vec<Problem>) {
    if plan.cutover.freeze != Some(Freeze::ByHook) {
        return;
    }
    if plan.redirect.is_by_hand() {
        let remedy = "Use byHand, or let the run change records";
        let message = "with `redirect.byHand`, nobody but people knows when B3 may take writes again";
        found.push(Problem::new("$.cutover.freeze", message, remedy));
    }
    let (least, most) = (waves_in_line(plan) * WAVE_SECONDS / 60 + LIFT_SECONDS / 60, HOURS_MAX * 60);
    let minutes = plan.cutover.freeze_minutes_max;
    if minutes < least || minutes > most {
        let waves = count(plan.wave_names().len(), "wave");
        let message = format!("{minutes} min do not lie between what {waves} may take and 14 days");
        let remedy = format!(
            "Use {least} to {most}, or waves that wait for nothing: B3 takes no writes for that long at most"
        );
        found.push(Problem::new("$.cutover.freezeMinutesMax", message, remedy));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::plan::Plan;

    /// Sets one place of a correct plan and expects a problem at one path.
    fn wrong(pointer: &str, value: Value, path: &str) {
        let mut plan: Value = serde_json::from_str(include_str!("complete.json")).unwrap();
        *plan.pointer_mut(pointer).unwrap() = value;
        let problems = Plan::read(&plan).unwrap_err().0;
        assert!(problems.iter().any(|p| p.path == path), "{pointer}: {problems:?}");
    }

    #[test]
    fn each_rule_of_meaning_has_a_problem() {
        wrong("/name", json!("a/b"), "$.name");
        wrong("/regions/recovery", json!("us-east-1"), "$.regions");
        wrong("/regions/recovery", json!("us-gov-east-1"), "$.regions");
        wrong("/servers", json!({}), "$.servers");
        wrong("/servers", json!({"all": true, "tags": {"a": "b"}}), "$.servers");
        wrong("/servers", json!({"all": false}), "$.servers");
        wrong("/servers", json!({"ids": []}), "$.servers.ids");
        wrong("/servers", json!({"ids": ["s-0123456789abcdefg", "s-0123456789abcdefg"]}), "$.servers.ids[1]");
        wrong("/servers", json!({"tags": {}}), "$.servers.tags");
        wrong("/waves", json!([{"name": "a", "tags": {}}, {"name": "a", "tags": {}}]), "$.waves[0].tags");
        wrong(
            "/waves",
            json!([{"name": "a", "tags": {"x": "1"}}, {"name": "a", "tags": {}}]),
            "$.waves[1].name",
        );
        wrong("/waves/0/waitsFor", json!("nothing"), "$.waves[0].waitsFor");
        wrong("/launch/network", json!({}), "$.launch.network");
        wrong("/launch/network", json!({"subnetId": "subnet-0a1b2c3d4e5f60718"}), "$.launch.network");
        wrong("/drill/network/subnetId", json!("subnet-0a1b2c3d4e5f60718"), "$.drill.network.subnetId");
        wrong("/drill/network/securityGroupIds", json!([]), "$.drill.network.securityGroupIds");
        wrong("/drill/keepRecoveredServers", json!(true), "$.drill.keepRecoveredServers");
        wrong("/redirect/records/0/name", json!("shop"), "$.redirect.records[0].name");
        wrong("/redirect/records/0/ttlSeconds", json!(100_000), "$.redirect.records[0].ttlSeconds");
        wrong("/redirect/records/0/server", json!(""), "$.redirect.records[0].server");
        wrong("/redirect", json!({}), "$.redirect");
        wrong("/redirect/byHand", json!(true), "$.redirect");
        wrong("/limits/launchMinutes", json!(0), "$.limits.launchMinutes");
        wrong("/limits/replicationHours", json!(337), "$.limits.replicationHours");
        wrong("/gates/beforeCleanup/timeoutMinutes", json!(0), "$.gates.beforeCleanup.timeoutMinutes");
        wrong("/drill/hold/timeoutMinutes", json!(0), "$.drill.hold.timeoutMinutes");
        wrong("/drill/hold/timeoutMinutes", json!(20_161), "$.drill.hold.timeoutMinutes");
        wrong("/launch/relaunchesMax", json!(11), "$.launch.relaunchesMax");
        wrong("/launch/lagSecondsMax", json!(90_000), "$.launch.lagSecondsMax");
        wrong("/launch/dataAgeSecondsMax", json!(600), "$.launch.dataAgeSecondsMax");
        wrong("/launch/dataAgeSecondsMax", json!(9_999_999), "$.launch.dataAgeSecondsMax");
        wrong("/cutover/acceptLossSeconds", json!(3_599), "$.cutover.acceptLossSeconds");
        wrong("/gates/beforeLaunch/timeoutMinutes", json!(0), "$.gates.beforeLaunch.timeoutMinutes");
        wrong(
            "/cutover",
            json!({ "acceptLossSeconds": 3_600, "freeze": "byHand" }),
            "$.cutover.acceptLossSeconds",
        );
        let path = "$.cutover.freezeMinutesMax";
        wrong("/cutover", json!({ "freeze": "byHook", "freezeMinutesMax": 29 }), path);
        wrong("/cutover", json!({ "freeze": "byHook", "freezeMinutesMax": 20_161 }), path);
        wrong("/launch/instanceType", json!(" "), "$.launch.instanceType");
    }

    #[test]
    fn a_freeze_by_hook_needs_records() {
        let mut plan: Value = serde_json::from_str(include_str!("complete.json")).unwrap();
        plan["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 30 });
        assert!(Plan::read(&plan).is_ok());
        plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
        plan["redirect"] = json!({ "byHand": true });
        assert_eq!(Plan::read(&plan).unwrap_err().0[0].path, "$.cutover.freeze");
    }

    #[test]
    fn the_stop_of_b1_needs_a_gate() {
        let mut plan: Value = serde_json::from_str(include_str!("complete.json")).unwrap();
        plan["stopOriginalReplication"] = json!(true);
        assert!(Plan::read(&plan).is_ok());
        plan["gates"] = json!({});
        assert_eq!(Plan::read(&plan).unwrap_err().0[0].path, "$.gates.beforeStop");
    }

    #[test]
    fn traffic_moved_by_hand_needs_a_gate() {
        let mut plan: Value = serde_json::from_str(include_str!("complete.json")).unwrap();
        plan["redirect"] = json!({"byHand": true});
        assert_eq!(Plan::read(&plan).unwrap_err().0[0].path, "$.launch.dataAgeSecondsMax");
        plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
        assert!(Plan::read(&plan).is_ok());
        plan["gates"] = json!({});
        let wrong = Plan::read(&plan).unwrap_err().0;
        let paths: Vec<_> = wrong.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["$.gates.beforeRedirect", "$.gates.beforeCleanup"]);
    }

    #[test]
    fn a_word_given_long_ago_ends_no_b3_that_no_record_is_about() {
        let mut plan: Value = serde_json::from_str(include_str!("complete.json")).unwrap();
        plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
        plan["drill"]["recoveredServersAreDisposable"] = json!(true);
        assert!(Plan::read(&plan).is_ok());
        plan["redirect"] = json!({"byHand": true});
        let wrong = Plan::read(&plan).unwrap_err().0;
        assert_eq!(wrong[0].path, "$.drill.recoveredServersAreDisposable");
    }
}
