//! Whether people are told of the end of every run, as AWS's texts have it.

use serde_json::Value;

use crate::template::{Template, file};

/// Returns the statements of policies that allow a service something.
fn allowing<'p>(policies: impl Iterator<Item = &'p Value>, service: &str) -> Vec<&'p Value> {
    let statements = policies.flat_map(|policy| policy["Statement"].as_array().into_iter().flatten());
    let names = |statement: &&Value| {
        let named = &statement["Principal"]["Service"];
        named == service || named.as_array().is_some_and(|all| all.iter().any(|one| one == service))
    };
    statements.filter(names).collect()
}

/// The SNS developer guide, key management, and the EventBridge user guide, permissions of targets: EventBridge delivers to an
/// encrypted topic only if neither the topic's nor the key's policy asks where an event comes from.
#[test]
fn nothing_keeps_eventbridge_from_the_topic() {
    let template = Template::sample();
    let topics = template.resources("AWS::SNS::TopicPolicy");
    let topic = allowing(topics.values().map(|policy| &policy["PolicyDocument"]), "events.amazonaws.com");
    let keys = template.resources("AWS::KMS::Key");
    let key = allowing(keys.values().map(|key| &key["KeyPolicy"]), "events.amazonaws.com");
    assert_eq!((topic.len(), key.len()), (1, 1));
    for statement in [topic[0], key[0]] {
        assert!(statement["Condition"].is_null(), "{statement}");
    }
    assert_eq!(key[0]["Action"], serde_json::json!(["kms:Decrypt", "kms:GenerateDataKey*"]));
}

#[test]
fn every_end_is_told_and_what_is_not_delivered_is_kept() {
    let template = Template::sample();
    let rules = template.resources("AWS::Events::Rule");
    let mut told: Vec<&str> = Vec::new();
    // The watch's rule is a schedule: its alarm tells when the watch does not run.
    // What lifts freezes tells nobody: its alarm does.
    let tells = |(name, rule): &(&String, &Value)| !rule["EventPattern"].is_null() && *name != "LiftRule";
    for (name, rule) in rules.iter().filter(tells) {
        let detail = &rule["EventPattern"]["detail"];
        assert_eq!(detail["stateMachineArn"].as_array().map(Vec::len), Some(2), "{name}");
        told.extend(detail["status"].as_array().into_iter().flatten().filter_map(Value::as_str));
        for target in rule["Targets"].as_array().expect("targets") {
            assert!(!target["DeadLetterConfig"]["Arn"].is_null(), "{name} loses what it cannot deliver");
            // EventBridge does not escape what it inserts, and a cause has quotes and lines.
            assert!(target["InputTransformer"]["InputPathsMap"]["cause"].is_null(), "{name}");
            let text = target["InputTransformer"]["InputTemplate"].as_str().expect("a text");
            assert!(serde_json::from_str::<String>(text).is_ok(), "{name}: {text}");
        }
    }
    told.sort_unstable();
    assert_eq!(told, ["ABORTED", "FAILED", "SUCCEEDED", "TIMED_OUT"]);
}

/// Every alarm tells the topic, and is in the table of docs/deploy.md.
#[test]
fn every_alarm_tells_people_and_is_described() {
    let page = file("docs/deploy.md");
    let alarms = Template::sample().resources("AWS::CloudWatch::Alarm");
    for (name, alarm) in &alarms {
        assert!(page.contains(&format!("`{name}`")), "docs/deploy.md does not describe {name}");
        let topic = alarm["AlarmActions"][0].as_str().expect("an action");
        assert!(topic.ends_with(":NotificationTopic"), "{name}: {topic}");
    }
    // The row about the hook has its alarm.
    let always = alarms.keys().filter(|name| *name != "FreezeAlarm").count();
    let cost = format!("| alarms | {always} × 0.10");
    assert!(page.contains(&cost), "docs/deploy.md lacks {cost}");
}
