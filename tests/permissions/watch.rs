//! The watches of reversed replication and of runs: what they ask for, what they are granted, and when they are called.

use failback_core::cloud::Clock as _;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::step;
use failback_rehearsal::plans;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;
use failback_sim::Permission;
use serde_json::{Value, json};
use watch_replication::{WatchReplication, Watched};

use crate::policy::{self, Statement};
use crate::template::{SAMPLE, Template};

/// Returns the input that the template's rule sends.
fn input(template: &Template) -> Value {
    let rules = template.resources("AWS::Events::Rule");
    let text = rules["WatchRule"]["Targets"][0]["Input"].as_str().expect("an input");
    serde_json::from_str(text).expect("the target's input is JSON")
}

/// Returns what the watch asks IAM for in a world in which a failback is ready to go home.
fn asked(payload: Value) -> Vec<Permission> {
    let mut plan: Value = serde_json::from_str(plans::THREE_TIER).expect("the example is JSON");
    plan["endWhenReady"] = json!(true);
    let read = Plan::read(&plan).unwrap_or_else(|problems| panic!("{problems}"));
    let mut rehearsal = Rehearsal::new(Setting::usual(Procedure::Failback, plan, read, 3, 1));
    rehearsal.run(Procedure::Failback, &mut Always(GateAnswer::Yes));
    let simulation = &rehearsal.simulation;
    let before = simulation.world().permissions().iter().count();
    let call = step::call::<WatchReplication>(simulation, payload, simulation.now().plus_seconds(60));
    let answer = simulation.run(call).expect("it has not died").expect("an answer");
    let watched: Watched = serde_json::from_value(answer).expect("an answer of the watch");
    assert_eq!((watched.watched, watched.in_trouble), (3, 0), "{}", watched.answer.why);
    simulation.world().permissions().iter().skip(before).cloned().collect()
}

#[test]
fn what_the_watch_asks_for_is_granted_and_nothing_else_is() {
    let template = Template::sample();
    let asked = asked(input(&template));
    assert!(!asked.is_empty());
    let own: Vec<Statement> = policy::own(&template, "WatchReplicationRole");
    let answers = |statement: &Statement| asked.iter().any(|asked| statement.answers(asked));
    for permission in &asked {
        assert!(own.iter().any(|statement| statement.answers(permission)), "not granted: {permission:?}");
    }
    for statement in &own {
        assert!(statement.only_reads() && answers(statement), "never asked for: {statement:?}");
    }
    assert_eq!(policy::held(&template, "WatchReplicationRole"), ["StepPolicy"]);
}

#[test]
fn the_watch_is_off_until_somebody_enables_it() {
    let template = Template::sample();
    assert_eq!(template.resources("AWS::Events::Rule")["WatchRule"]["State"], "DISABLED");
    assert!(!template.resources("AWS::CloudWatch::Alarm").contains_key("ReplicationAlarm"));
    let template =
        Template::with(&[SAMPLE, &[("WatchState", "ENABLED"), ("WatchLagSecondsMax", "60")]].concat());
    assert_eq!(template.resources("AWS::Events::Rule")["WatchRule"]["State"], "ENABLED");
    assert!(template.resources("AWS::CloudWatch::Alarm").contains_key("ReplicationAlarm"));
    assert_eq!(input(&template), json!({ "source": "us-east-1", "lagSecondsMax": 60 }));
}

/// The watch of runs lists both machines' executions and reads those of failbacks, and can neither start, answer nor stop one.
#[test]
fn the_watch_of_runs_reads_executions_and_nothing_else() {
    let template = Template::sample();
    let mut granted = Vec::new();
    for statement in policy::of_role(&template, "WatchRunsRole") {
        for action in statement.actions.iter().filter(|action| action.starts_with("states:")) {
            assert!(statement.resources.iter().all(|one| one.contains(":drs-failback-")), "{statement:?}");
            granted.push(action.clone());
        }
        let is_known =
            |action: &String| ["states:", "logs:", "xray:"].iter().any(|of| action.starts_with(of));
        assert!(statement.actions.iter().all(is_known), "{statement:?}");
    }
    assert_eq!(granted, ["states:ListExecutions", "states:GetExecutionHistory"]);
}

/// A gate opens at any time, so this watch needs no parameter; that a drill is overdue is told only where drills are scheduled.
#[test]
fn gates_are_watched_always_and_drills_where_they_are_scheduled() {
    let template = Template::sample();
    assert!(
        template.resources("AWS::Events::Rule")["RunsRule"]
            .get("State")
            .is_none_or(|state| state == "ENABLED")
    );
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    assert!(alarms.contains_key("GateWaitsAlarm") && !alarms.contains_key("DrillOverdueAlarm"));
    let template =
        Template::with(&[SAMPLE, &[("ScheduleState", "ENABLED"), ("DrillDaysMax", "40")]].concat());
    let alarms = template.resources("AWS::CloudWatch::Alarm");
    assert_eq!(alarms["DrillOverdueAlarm"]["Threshold"].to_string().trim_matches('"'), "40");
}
