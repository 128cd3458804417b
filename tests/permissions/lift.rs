//! The second party of a freeze: what it asks for, what it is granted, and what its rules send.

use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::step::Handler as _;
use failback_rehearsal::plans;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;
use failback_rehearsal::steps::LIFT_FREEZES;
use failback_sim::Permission;
use lift_freezes::{LiftFreezes, LiftInput};
use serde_json::{Value, json};

use crate::policy::{self, Statement};
use crate::template::{SAMPLE, Template};

/// Returns what the second party asks IAM for after a failback that froze B3, and was held.
fn asked() -> Vec<Permission> {
    let mut plan: Value = serde_json::from_str(plans::THREE_TIER).expect("the example is JSON");
    plan["cutover"] = json!({ "freeze": "byHook", "freezeMinutesMax": 120 });
    let read = Plan::read(&plan).unwrap_or_else(|problems| panic!("{problems}"));
    let mut rehearsal = Rehearsal::new(Setting::usual(Procedure::Failback, plan, read, 3, 1)).with_arns();
    rehearsal.fail("task:redirect-traffic=Failback.AccessDenied").expect("a fault");
    rehearsal.run(Procedure::Failback, &mut Always(GateAnswer::Yes));
    rehearsal.finish_freezes();
    let world = rehearsal.simulation.world();
    assert!(!world.has_frozen_production(), "the freeze is lifted");
    let own = |asked: &&Permission| asked.step.as_deref() == Some(LIFT_FREEZES.name);
    world.permissions().iter().filter(own).cloned().collect()
}

#[test]
fn what_the_second_party_asks_for_is_granted_and_no_other_change_is() {
    let template = Template::sample();
    let asked = asked();
    assert!(asked.iter().any(|asked| asked.action == "lambda:InvokeFunction"), "{asked:?}");
    let all = policy::of_role(&template, "LiftFreezesRole");
    for permission in &asked {
        assert!(all.iter().any(|statement| statement.answers(permission)), "not granted: {permission:?}");
    }
    let own: Vec<Statement> = policy::own(&template, "LiftFreezesRole");
    for statement in &own {
        assert!(asked.iter().any(|asked| statement.answers(asked)), "never asked for: {statement:?}");
    }
    assert_eq!(policy::held(&template, "LiftFreezesRole"), ["StepPolicy", "ReadPolicy"]);
}

#[test]
fn both_rules_send_what_the_function_reads_and_are_off_without_a_hook() {
    let template = Template::sample();
    for name in ["LiftSchedule", "LiftRule"] {
        let rule = &template.resources("AWS::Events::Rule")[name];
        assert_eq!(rule["State"], "ENABLED", "{name}");
        let text = rule["Targets"][0]["Input"].as_str().expect("an input");
        let input: LiftInput = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(input.recovery.as_str(), "us-east-2");
        assert_eq!(json!(input.hook), *template.parameter("FreezeHookArn"));
    }
    let without: Vec<_> = SAMPLE.iter().copied().filter(|(name, _)| *name != "FreezeHookArn").collect();
    let without = Template::with(&without);
    for name in ["LiftSchedule", "LiftRule"] {
        assert_eq!(without.resources("AWS::Events::Rule")[name]["State"], "DISABLED");
    }
    assert!(!without.resources("AWS::CloudWatch::Alarm").contains_key("FreezeAlarm"));
    let calls = |template: &Template, role: &str| {
        policy::of_role(template, role).iter().any(|one| one.actions == ["lambda:InvokeFunction"])
    };
    for role in ["LiftFreezesRole", "FreezeWritesRole", "RedirectTrafficRole"] {
        assert!(calls(&template, role) && !calls(&without, role), "{role}");
    }
    assert_eq!(LiftFreezes::NAME, LIFT_FREEZES.name);
}
