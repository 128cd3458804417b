//! The template held against AWS's own texts: the Service Authorization Reference, and the managed policies that AWS writes
//! for people who launch with DRS. Both are data here, with their dates (`aws/`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::accounts::SIDES;
use crate::elsewhere::{self, ACCOUNTS};
use crate::policy::{self, Statement, matches};
use crate::template::{SAMPLE, Template, file};

const KEYS: &[(&str, &str)] = &[("VolumeKeyArns", "arn:aws:kms:us-east-1:111122223333:key/yours")];

/// Condition keys that every request has, whatever the action.
const GLOBAL: &[&str] = &["aws:ViaAWSService", "aws:CalledVia", "aws:RequestedRegion", "aws:SourceAccount"];

/// Actions whose resource the reference does not name, although AWS checks it: IAM's refusals name the state machine.
const UNNAMED: &[&str] = &["states:SendTaskFailure", "states:SendTaskSuccess"];

/// Actions that are granted on every resource although they have a resource level, with the reason.
const ON_ALL: &[(&str, &str)] = &[(
    "ec2:DescribeInstanceAttribute",
    "the instances that are terminated, and their tags, are the owner's",
)];

/// What AWS's policies grant through DRS and this template leaves out, with the reason.
const LEFT_OUT: &[(&str, &str, &str, &str)] = &[
    ("ec2:CreateTags", "snapshot", "CreateFleet", "a fleet makes no snapshot"),
    ("ec2:CreateTags", "security-group", "CreateFleet", "a fleet makes no security group"),
];

fn data(name: &str) -> Value {
    serde_json::from_str(&file(&format!("tests/permissions/aws/{name}.json"))).expect("the data is JSON")
}

/// Returns the kind of resource in an ARN: the word before its name.
fn kind(arn: &str) -> &str {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let (service, rest) = (fields[2], fields[5]);
    match service {
        // The ARN of a group that ends so names the streams in it.
        "logs" if rest.ends_with(":*") => "log-stream",
        "sns" => "topic",
        "sqs" => "queue",
        "s3" if rest.contains('/') => "object",
        "s3" => "bucket",
        _ => rest.split(['/', ':']).next().unwrap_or_default(),
    }
}

/// The reference: for each action the kinds of resources that it takes, with the condition keys of each.
struct Reference(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Reference {
    fn read() -> Self {
        let keys = |value: &Value| -> BTreeSet<String> {
            let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            texts.map(|key| key.split('/').next().unwrap_or_default().to_owned()).collect()
        };
        let data = data("service-authorization");
        let actions = data["actions"].as_object().expect("actions").iter().map(|(action, facts)| {
            let own = keys(&facts["conditions"]);
            let kinds = facts["resources"].as_object().into_iter().flatten();
            let mut kinds: BTreeMap<String, BTreeSet<String>> = kinds
                .map(|(kind, facts)| {
                    (kind.clone(), keys(&facts["conditions"]).union(&own).cloned().collect())
                })
                .collect();
            if kinds.is_empty() {
                kinds.insert("*".to_owned(), own);
            }
            (action.clone(), kinds)
        });
        Self(actions.collect())
    }

    /// Returns what AWS would make of an action of a statement, if it would not be as written.
    fn fault(&self, action: &str, statement: &Statement) -> Option<String> {
        let Some(kinds) = self.0.get(action) else {
            return Some(format!("{action} is no action of the reference"));
        };
        if UNNAMED.contains(&action) {
            return None;
        }
        let has_level = !kinds.contains_key("*");
        let on_all = statement.resources.iter().any(|resource| resource == "*");
        if on_all && has_level && !ON_ALL.iter().any(|(known, _)| *known == action) {
            let optional = kinds.len() > 1 || policy::reads(action);
            return (!optional).then(|| format!("{action} has a resource level: {:?}", kinds.keys()));
        }
        if !on_all && !has_level {
            return Some(format!("{action} has no resource level: grant it on `*`"));
        }
        let named = statement.resources.iter().map(|resource| if on_all { "*" } else { kind(resource) });
        let usable = |keys: &BTreeSet<String>| {
            let own =
                statement.conditions.iter().map(|(_, key, _)| key.split('/').next().unwrap_or_default());
            own.filter(|key| !GLOBAL.contains(key)).all(|key| keys.contains(key))
        };
        let mut taken =
            named.filter_map(|kind| kinds.get(kind).or_else(|| kinds.values().next().filter(|_| on_all)));
        (!taken.any(usable)).then(|| {
            format!("{action} is never granted: it takes {:?}, and not with these conditions", kinds.keys())
        })
    }
}

#[test]
fn every_grant_is_one_of_the_reference() {
    let reference = Reference::read();
    let mut faults = BTreeSet::new();
    let mut seen = 0;
    let elsewhere = SIDES.map(|side| elsewhere::deployed(side, KEYS));
    for template in elsewhere.iter().chain([&Template::with(&[SAMPLE, ACCOUNTS, KEYS].concat())]) {
        for role in template.resources("AWS::IAM::Role").keys() {
            for statement in policy::of_role(template, role) {
                for action in &statement.actions {
                    seen += 1;
                    let place = statement.shared.clone().unwrap_or_else(|| role.clone());
                    let fault = reference.fault(action, &statement);
                    faults.extend(fault.map(|fault| format!("{place}, {}: {fault}", statement.sid)));
                }
            }
        }
    }
    assert!(seen > 500, "{seen}");
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_reference_refuses_what_aws_would_not_grant() {
    let reference = Reference::read();
    let statement = |action: &str, resource: &str, condition: &str| {
        let text = format!(
            r#"{{"Statement": [{{"Sid": "S", "Effect": "Allow", "Action": "{action}", "Resource": "{resource}",
            "Condition": {condition}}}]}}"#
        );
        let document: Value = serde_json::from_str(&text).expect("a policy");
        reference.fault(action, &policy::statements(&document)[0])
    };
    let server = "arn:aws:drs:us-east-1:111122223333:source-server/*";
    assert!(statement("drs:ListTagsForResource", server, "{}").is_some());
    assert!(statement("drs:DeleteSourceServer", "arn:aws:drs:us-east-1:1:job/*", "{}").is_some());
    assert!(
        statement("drs:DeleteSourceServer", server, r#"{"Null": {"drs:CreateAction": "false"}}"#).is_some()
    );
    assert!(statement("drs:DeleteSourceServers", server, "{}").is_some());
    assert_eq!(
        statement("drs:DeleteSourceServer", server, r#"{"Null": {"aws:ResourceTag/b": "false"}}"#),
        None
    );
}

/// Returns the values of `ec2:CreateAction` for which a statement holds; one that is empty stands for all.
fn create_actions(statement: &Statement) -> Vec<String> {
    let named = statement.conditions.iter().filter(|(_, key, _)| key == "ec2:CreateAction");
    let values: Vec<String> = named.flat_map(|(_, _, values)| values.clone()).collect();
    if values.is_empty() { vec![String::new()] } else { values }
}

/// An action, a kind of resources, and the action that creates them, as far as it matters.
type Grant = (String, String, String);

/// Returns what a policy of AWS grants through DRS.
fn through_drs(name: &str) -> BTreeSet<Grant> {
    let document = &data(name)["document"];
    let mut found = BTreeSet::new();
    for (index, statement) in document["Statement"].as_array().expect("statements").iter().enumerate() {
        let mut statement = statement.clone();
        statement["Sid"] = Value::from(format!("{index}"));
        let single = serde_json::json!({ "Statement": [statement] });
        for statement in policy::statements(&single) {
            let via = statement.conditions.iter().any(|(_, key, values)| {
                key == "aws:ViaAWSService" || key == "aws:CalledVia" && values == &["drs.amazonaws.com"]
            });
            for action in statement.actions.iter().filter(|_| via) {
                for resource in &statement.resources {
                    let kind = if resource == "*" { "*" } else { kind(resource) };
                    let grant = |by| (action.clone(), kind.to_owned(), by);
                    found.extend(create_actions(&statement).into_iter().map(grant));
                }
            }
        }
    }
    found
}

/// What AWS grants to people who launch with DRS is granted here, or left out for a reason.
#[test]
fn what_awss_own_policies_grant_is_granted_or_left_out_for_a_reason() {
    let (template, reference) = (Template::sample(), Reference::read());
    let roles = template.resources("AWS::IAM::Role");
    let ours: Vec<Statement> = roles.keys().flat_map(|role| policy::of_role(&template, role)).collect();
    let is_granted = |(action, wanted, by): &Grant| {
        ours.iter().any(|statement| {
            let by_it = create_actions(statement).iter().any(|own| own.is_empty() || own == by);
            let named =
                statement.resources.iter().any(|own| own == "*" || wanted == "*" || kind(own) == wanted);
            by_it && named && statement.actions.iter().any(|own| matches(own, action))
        })
    };
    let mut missing = BTreeSet::new();
    let owned = |(action, kind, by, _): &(&str, &str, &str, &str)| -> Grant {
        ((*action).to_owned(), (*kind).to_owned(), (*by).to_owned())
    };
    let mut left_out: BTreeSet<Grant> = LEFT_OUT.iter().map(owned).collect();
    for name in
        ["AWSElasticDisasterRecoveryConsoleFullAccess_v2", "AWSElasticDisasterRecoveryLaunchActionsPolicy"]
    {
        let granted = through_drs(name);
        assert!(granted.len() > 5, "{name}: {granted:?}");
        for grant in granted {
            let (action, kind, by) = &grant;
            // AWS lists actions and kinds in one statement that do not belong together.
            let takes = reference.0.get(action).is_none_or(|kinds| kinds.contains_key(kind) || kind == "*");
            if takes && !is_granted(&grant) && !left_out.remove(&grant) {
                missing.insert(format!("{name}: {action} on {kind} {by}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(left_out.is_empty(), "granted, or not AWS's: {left_out:?}");
}
