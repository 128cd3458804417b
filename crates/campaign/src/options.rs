//! The plan's fields and the open questions of DRS, by the names that a case uses.

use failback_sim::{Scenario, Switches};
use serde_json::{Value, json};

use failback_rehearsal::plans;

/// A change to the three-tier example plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanOption(usize);

type Change = fn(&mut Value);

const OPTIONS: &[(&str, Change)] = &[
    ("as-drill", |plan| plan["drill"]["launchAs"] = json!("drill")),
    ("as-recovery", |plan| plan["drill"]["launchAs"] = json!("recovery")),
    ("ask-before-launch", |plan| plan["cutover"] = json!({})),
    ("ask-before-redirect", |plan| {
        plan["gates"]["beforeRedirect"] = json!({ "timeoutMinutes": 60 });
    }),
    ("ask-nobody", |plan| plan["gates"] = json!({})),
    ("ask-before-cleanup", |plan| plan["gates"] = json!({ "beforeCleanup": { "timeoutMinutes": 60 } })),
    ("by-hand", |plan| {
        plan["redirect"] = json!({ "byHand": true });
        plan["gates"]["beforeRedirect"] = json!({ "timeoutMinutes": 60 });
        plan["gates"]["beforeCleanup"] = json!({ "timeoutMinutes": 60 });
        plan["launch"]["dataAgeSecondsMax"] = json!(7_200);
    }),
    ("freeze-by-hand", |plan| plan["cutover"] = json!({ "freeze": "byHand" })),
    ("freeze-by-hook", |plan| plan["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 150 })),
    ("disposable", |plan| plan["drill"]["recoveredServersAreDisposable"] = json!(true)),
    ("drill-recovered", |plan| plan["drill"]["launchRecoveredServers"] = json!(false)),
    ("end-when-ready", |plan| plan["endWhenReady"] = json!(true)),
    ("hold", |plan| plan["drill"]["hold"] = json!({ "timeoutMinutes": 60 })),
    ("into-source", |plan| plan["launch"]["intoSource"] = json!(true)),
    ("keep-originals", |plan| plan["cleanup"]["terminateOriginals"] = json!(false)),
    ("keep-recovered", |plan| {
        plan["drill"]["launchRecoveredServers"] = json!(false);
        plan["drill"]["keepRecoveredServers"] = json!(true);
    }),
    ("keep-a4", |plan| plan["cutover"]["onAbort"] = json!("keep")),
    ("lead-back", |plan| plan["abort"] = json!("aborted in a rehearsal")),
    ("launch-recovered", |plan| plan["drill"]["launchRecoveredServers"] = json!(true)),
    ("lag-0", |plan| plan["launch"]["lagSecondsMax"] = json!(0)),
    ("lag-900", |plan| plan["launch"]["lagSecondsMax"] = json!(900)),
    ("no-post-launch", |plan| plan["validation"]["postLaunchActions"] = json!(false)),
    ("no-status-checks", |plan| plan["validation"]["statusChecks"] = json!(false)),
    ("one-wave", |plan| plan["waves"] = json!([])),
    ("originals-may-run", |plan| plan["redirect"]["originalsMayRun"] = json!(true)),
    ("own-network", |plan| {
        plan["launch"]["network"] = json!({
            "subnetId": "subnet-0a1b2c3d4e5f60718",
            "securityGroupIds": ["sg-0a1b2c3d4e5f60718"],
        });
    }),
    ("own-type", |plan| {
        plan["launch"]["instanceType"] = json!("m7i.large");
        plan["launch"]["instanceProfile"] = json!("recovered-role");
    }),
    ("private-record", |plan| plan["redirect"]["records"][0]["address"] = json!("private")),
    ("relaunch-never", |plan| plan["launch"]["relaunchesMax"] = json!(0)),
    ("relaunch-5", |plan| plan["launch"]["relaunchesMax"] = json!(5)),
    ("short-lease", |plan| plan["cutover"]["freezeMinutesMax"] = json!(45)),
    ("slow-limits", |plan| {
        plan["launch"]["dataAgeSecondsMax"] = json!(36_000);
        plan["limits"] = json!({ "validationMinutes": 60 });
    }),
    ("stop-b1", |plan| {
        plan["stopOriginalReplication"] = json!(true);
        plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    }),
    ("ten-waves", |plan| {
        let wave = |number: usize| json!({ "name": format!("wave-{number}"), "tags": { "wave": number.to_string() } });
        plan["waves"] = (1..=10).map(wave).collect();
        // Each wave takes its time, while the data of the first grows old.
        plan["launch"]["dataAgeSecondsMax"] = json!(18_000);
    }),
    ("tight-limits", |plan| {
        plan["limits"] = json!({
            "reversalMinutes": 10, "replicationHours": 1, "launchMinutes": 15, "validationMinutes": 4,
            "redirectMinutes": 1, "protectionHours": 1, "cleanupMinutes": 5,
        });
    }),
    ("waves-beside", |plan| {
        for wave in plan["waves"].as_array_mut().into_iter().flatten().skip(1) {
            wave["waitsFor"] = json!("nothing");
        }
    }),
    ("waves-overlap", |plan| {
        for wave in plan["waves"].as_array_mut().into_iter().flatten().skip(1) {
            wave["waitsFor"] = json!("launch");
        }
    }),
    ("unnamed-subnet", |plan| plan["drill"]["recoveredSubnetIds"] = json!([])),
    ("two-records", |plan| {
        let mut second = plan["redirect"]["records"][0].clone();
        second["name"] = json!("db.shop.example.com");
        second["server"] = json!("db-1");
        second["address"] = json!("private");
        plan["redirect"]["records"] = json!([plan["redirect"]["records"][0], second]);
    }),
];

impl PlanOption {
    /// Returns every option.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..OPTIONS.len()).map(Self)
    }

    /// Returns the option with this name.
    pub fn find(name: &str) -> Option<Self> {
        OPTIONS.iter().position(|(known, _)| *known == name).map(Self)
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        OPTIONS[self.0].0
    }

    fn change(self, plan: &mut Value) {
        OPTIONS[self.0].1(plan);
    }
}

/// The loss that plans of cases accept, unless they ask before the launch: the longest that a plan can allow.
const ACCEPTED_LOSS_SECONDS: u64 = 14 * 86_400;

/// Returns the three-tier example with these changes.
pub(super) fn plan(options: &[PlanOption]) -> Value {
    // The example is part of this build, and a contract test reads it.
    let mut plan: Value = serde_json::from_str(plans::THREE_TIER).unwrap_or_default();
    plan["cutover"] = json!({ "acceptLossSeconds": ACCEPTED_LOSS_SECONDS });
    let mut options = options.to_vec();
    options.sort();
    for option in options {
        option.change(&mut plan);
    }
    plan
}

/// An open question of DRS, answered the other way than by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Switch(usize);

type Flip = fn(&mut Switches);

const SWITCHES: &[(&str, Flip)] = &[
    ("not_ready_for_launch_at_first", |s| s.not_ready_for_launch_at_first ^= true),
    ("reports_ready_for_launch", |s| s.reports_ready_for_launch ^= true),
    ("second_reverse_answers_arn", |s| s.second_reverse_answers_arn ^= true),
    ("stopped_b1_full_sync", |s| s.stopped_b1_full_sync ^= true),
    ("full_sync_counts_as_rescan", |s| s.full_sync_counts_as_rescan ^= true),
    ("participants_lack_instances", |s| s.participants_lack_instances ^= true),
    ("lag_blips", |s| s.lag_blips ^= true),
    ("post_launch", |s| s.post_launch ^= true),
    ("basic_right_sizing", |s| s.basic_right_sizing ^= true),
    ("reverse_repoints_a2", |s| s.reverse_repoints_a2 ^= true),
    ("repoint_shows_late", |s| s.repoint_shows_late ^= true),
    ("executions_show_late", |s| s.executions_show_late ^= true),
    ("tags_show_late", |s| s.tags_show_late ^= true),
    ("slow_calls", |s| s.slow_calls ^= true),
    ("refuses_to_reverse_drills", |s| s.refuses_to_reverse_drills ^= true),
    ("originals_lack_tag", |s| s.originals_lack_tag ^= true),
    ("rate_limits", |s| s.rate_limits ^= true),
    ("no_hook", |s| s.no_hook ^= true),
    ("hook_is_slow", |s| s.hook_is_slow ^= true),
    ("hook_fails", |s| s.hook_fails ^= true),
    ("hook_leaks", |s| s.hook_leaks ^= true),
    ("hook_acknowledges_early", |s| s.hook_acknowledges_early ^= true),
    ("hook_does_not_flush", |s| s.hook_does_not_flush ^= true),
    ("writes_in_flight", |s| s.writes_in_flight ^= true),
    ("slow_servers", |s| s.slow_servers ^= true),
    ("originals_lack_policy", |s| s.originals_lack_policy ^= true),
    ("originals_protected", |s| s.originals_protected ^= true),
    ("recovered_protected", |s| s.recovered_protected ^= true),
    ("reverse_makes_b1", |s| s.reverse_makes_b1 ^= true),
    ("launch_into_source", |s| s.launch_into_source ^= true),
    ("launch_into_existing", |s| s.launch_into_existing ^= true),
];

/// The number of switches, from the first, that must not change how a procedure ends.
const HARMLESS: usize = 14;

impl Switch {
    /// Returns every switch.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SWITCHES.len()).map(Self)
    }

    /// Returns the switches that must not change how a procedure ends.
    pub fn harmless() -> impl Iterator<Item = Self> {
        (0..HARMLESS).map(Self)
    }

    /// Returns the switch with this name.
    pub fn find(name: &str) -> Option<Self> {
        SWITCHES.iter().position(|(known, _)| *known == name).map(Self)
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        SWITCHES[self.0].0
    }
}

/// Returns the defaults with these switches flipped.
pub(super) fn switches(turned: &[Switch]) -> Switches {
    let mut switches = Switches::default();
    for switch in turned {
        SWITCHES[switch.0].1(&mut switches);
    }
    switches
}

/// The scenarios, by name.
pub(super) const SCENARIOS: [(&str, Scenario); 3] = [
    ("steady", Scenario::Steady),
    ("recovered", Scenario::Recovered),
    ("drilled", Scenario::DrilledRecovered),
];
