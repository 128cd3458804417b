//! Properties of every function, role and policy of the template.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::plans;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;
use failback_rehearsal::steps::STEPS;
use serde_json::Value;

use crate::accounts::SIDES;
use crate::elsewhere::{self, ACCOUNTS};
use crate::functions::{self, Function};
use crate::policy;
use crate::template::{Template, file, raw};

/// Actions without a resource level in the Service Authorization Reference. Only they may have `*` as resource.
const WITHOUT_RESOURCE: &[&str] = &[
    "drs:DescribeJobs",
    "drs:DescribeLaunchConfigurationTemplates",
    "drs:DescribeRecoveryInstances",
    "drs:DescribeReplicationConfigurationTemplates",
    "drs:DescribeSourceServers",
    "drs:ListTagsForResource",
    "ec2:Describe",
    "ec2:GetEbsDefaultKmsKeyId",
    "ec2:GetEbsEncryptionByDefault",
    "ec2:GetInstanceTypesFromInstanceRequirements",
    "iam:ListInstanceProfiles",
    "iam:ListRoles",
    "kms:ListAliases",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "ssm:DescribeInstanceInformation",
    "ssm:DescribeParameters",
    "ssm:ListCommandInvocations",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_step_has_a_function_and_every_function_a_role_of_its_own() {
    let template = Template::sample();
    let functions = functions::all(&template);
    let resources = template.resources("AWS::Serverless::Function");
    none(&without_function(&functions, &resources));
    let fewer: Vec<Function> =
        functions.iter().filter(|function| function.step != "prepare-launch").cloned().collect();
    assert_eq!(
        without_function(&fewer, &resources),
        [
            "template.yaml: no machine's DefinitionSubstitutions have PrepareLaunchFunctionArn: add it to each machine \
          that calls prepare-launch"
        ]
    );
    assert_eq!(
        without_function(&fewer, &BTreeMap::new()),
        ["template.yaml has no function for prepare-launch: add PrepareLaunchFunction and PrepareLaunchRole"]
    );
    let mut roles: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, function) in &resources {
        if let Some(other) = roles.insert(function["Role"].as_str().unwrap_or_default(), name) {
            panic!("template.yaml: {other} and {name} have the same role: give each a role of its own");
        }
    }
    let groups = template.resources("AWS::Logs::LogGroup");
    for (name, function) in &resources {
        let group = &groups[function["LoggingConfig"]["LogGroup"].as_str().unwrap_or_default()];
        let days = &group["RetentionInDays"];
        assert!(days.as_str().is_some() || days.is_number(), "{name}");
        let role = functions::name_in(function["Role"].as_str().unwrap_or_default());
        let group = format!(":log-group:{}:*", group["LogGroupName"].as_str().unwrap_or_default());
        for statement in policy::of_role(&template, role).iter().filter(|own| own.sid == "WriteLogs") {
            assert!(statement.resources.iter().all(|arn| arn.ends_with(&group)), "{name}: {statement:?}");
        }
        assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON", "{name}");
    }
}

/// Returns the steps that no machine can call, with the remedy.
fn without_function(functions: &[Function], resources: &BTreeMap<String, Value>) -> Vec<String> {
    let missing = STEPS.iter().filter(|step| functions.iter().all(|function| function.step != step.name));
    let faults = missing.map(|step| {
        let (step, name) = (step.name, functions::named(step.name));
        if resources.contains_key(&name) {
            return format!(
                "template.yaml: no machine's DefinitionSubstitutions have {name}Arn: add it to each machine that \
                 calls {step}"
            );
        }
        let role = name.replace("Function", "Role");
        format!("template.yaml has no function for {step}: add {name} and {role}")
    });
    faults.collect()
}

/// Returns the placeholders of a machine that the template does not substitute, and the reverse, with the remedy.
fn unsubstituted(machine: &str, path: &str, definition: &str, substitutions: &Value) -> Vec<String> {
    let names = definition.split("${").skip(1).map(|rest| rest.split('}').next().unwrap_or_default());
    let wanted: BTreeSet<&str> = names.collect();
    let given: BTreeSet<&str> =
        substitutions.as_object().expect("substitutions").keys().map(String::as_str).collect();
    let place = format!("template.yaml: {machine}'s DefinitionSubstitutions");
    let missing = wanted.difference(&given);
    let missing = missing.map(|name| format!("{place} lack {name}, which {path} names: add it"));
    let extra = given.difference(&wanted);
    let extra = extra.map(|name| format!("{place} have {name}, which {path} does not name: remove it"));
    missing.chain(extra).collect()
}

#[test]
fn every_placeholder_of_the_machines_is_filled_in() {
    let machines = Template::sample().resources("AWS::Serverless::StateMachine");
    for (name, machine) in &machines {
        let path = machine["DefinitionUri"].as_str().expect("a path");
        let definition = file(path);
        let check = |substitutions: &Value| unsubstituted(name, path, &definition, substitutions);
        let mut substitutions = machine["DefinitionSubstitutions"].clone();
        none(&check(&substitutions));
        let members = substitutions.as_object_mut().expect("an object");
        members.remove("EvidenceBucketName");
        members.insert("ThawWritesFunctionArn".to_owned(), Value::Null);
        let place = format!("template.yaml: {name}'s DefinitionSubstitutions");
        assert_eq!(
            check(&substitutions),
            [
                format!("{place} lack EvidenceBucketName, which {path} names: add it"),
                format!("{place} have ThawWritesFunctionArn, which {path} does not name: remove it"),
            ]
        );
    }
}

#[test]
fn no_action_is_a_wildcard_and_no_resource_is_without_need() {
    let template = Template::sample();
    for (role, properties) in template.resources("AWS::IAM::Role") {
        for arn in properties["ManagedPolicyArns"].as_array().into_iter().flatten() {
            assert!(!arn.as_str().unwrap_or_default().contains("::aws:policy/"), "{role} holds {arn}");
        }
        for statement in policy::of_role(&template, &role) {
            for action in &statement.actions {
                assert!(!action.contains('*'), "{role}, {}: {action}", statement.sid);
                let excused = WITHOUT_RESOURCE.iter().any(|known| action.starts_with(known));
                assert!(
                    excused || !statement.resources.iter().any(|resource| resource == "*"),
                    "{role}, {}: {action} has a resource level",
                    statement.sid
                );
            }
            for resource in statement.resources.iter().filter(|resource| *resource != "*") {
                let fields: Vec<&str> = resource.split(':').collect();
                assert!(!fields[3].contains('*'), "{role}, {}: every Region in {resource}", statement.sid);
            }
        }
    }
    for (line, number) in file("template.yaml").lines().zip(1..) {
        let bare = line.trim_end().ends_with("Resource: \"*\"");
        assert!(!bare, "template.yaml:{number}: say why the resource is `*`");
    }
}

#[test]
fn policies_are_not_larger_than_iam_takes() {
    let some = |count: usize, one: fn(usize) -> String| (0..count).map(one).collect::<Vec<_>>().join(",");
    let keys = some(6, |n| {
        format!("arn:aws:kms:ap-southeast-1:111122223333:key/00000000-0000-0000-0000-00000000000{n}")
    });
    let roles = some(20, |n| format!("arn:aws:iam::111122223333:role/three-tier-shop-instance-role-{n:02}"));
    let large = [
        ("SourceRegion", "ap-southeast-1"),
        ("RecoveryRegion", "ap-northeast-1"),
        ("HostedZoneArns", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"),
        ("InstanceRoleArns", roles.as_str()),
        ("VolumeKeyArns", keys.as_str()),
    ];
    let elsewhere = SIDES.map(|side| elsewhere::deployed(side, &large));
    for template in elsewhere.iter().chain([&Template::with(&[&large, ACCOUNTS].concat())]) {
        sizes(template);
    }
}

fn sizes(template: &Template) {
    // The partition with the longest name.
    let size = |document: &Value| document.to_string().replace("arn:aws:", "arn:aws-us-gov:").len();
    for (name, policy) in template.resources("AWS::IAM::ManagedPolicy") {
        let size = size(&policy["PolicyDocument"]);
        assert!(size < 6_144, "{name}: {size} characters");
    }
    for (name, role) in template.resources("AWS::IAM::Role") {
        let policies = role["Policies"].as_array().into_iter().flatten();
        let size: usize = policies.map(|policy| size(&policy["PolicyDocument"])).sum();
        assert!(size < 10_240, "{name}: {size} characters");
        assert!(policy::held(template, &name).len() <= 10, "{name}");
    }
}

#[test]
fn the_schedules_input_is_the_example_plan_and_drills() {
    let template = Template::sample();
    let schedules = template.resources("AWS::Scheduler::Schedule");
    let schedule = &schedules["DrillSchedule"];
    assert_eq!(schedule["State"], "DISABLED");
    let input = schedule["Target"]["Input"].as_str().expect("a text");
    assert!(input.len() <= 4_096, "a parameter takes 4,096 characters");
    let input: Value = serde_json::from_str(input).expect("the target's input is JSON");
    assert_eq!(input, serde_json::from_str::<Value>(plans::THREE_TIER).expect("JSON"));
    let plan = Plan::read(&input).unwrap_or_else(|problems| panic!("{problems}"));
    let mut rehearsal = Rehearsal::new(Setting::usual(Procedure::Drill, input, plan, 3, 1));
    let run = rehearsal.run(Procedure::Drill, &mut Always(GateAnswer::Yes));
    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.failure);
}

/// Every parameter says which values it takes, so that a slip of the keyboard grants and starts nothing.
#[test]
fn every_parameter_says_what_it_takes() {
    let stack = raw();
    for (name, parameter) in stack["Parameters"].as_object().expect("parameters") {
        let listed = parameter["AllowedValues"].is_array();
        let bounded = parameter["Type"] == "Number"
            && (listed || parameter["MinValue"].is_number() && parameter["MaxValue"].is_number());
        let described =
            parameter["AllowedPattern"].is_string() && parameter["ConstraintDescription"].is_string();
        assert!(
            listed || bounded || described,
            "{name}: give it AllowedValues, or a pattern that it explains"
        );
    }
    let takes = |name: &str, value: &str| {
        let parameter = &stack["Parameters"][name];
        let pattern = format!("^({})$", parameter["AllowedPattern"].as_str().expect("a pattern"));
        let schema = serde_json::json!({ "pattern": pattern });
        jsonschema::is_valid(&schema, &Value::from(value))
    };
    // What is left of a plan whose quotation marks a shell, or SAM, took for its own.
    for wrong in ["{\"name\":\"Bob", "{name:shop}", "{", "", "{\"a\":1}\n{}"] {
        assert!(!takes("ScheduledPlan", wrong), "{wrong}");
    }
    assert!(takes("ScheduledPlan", "{\"name\":\"Bob's \\u0022shop\\u0022\"}"));
    for (name, wrong) in [
        ("DrsQuotas", "{serversPerJob:200"),
        ("DrsQuotas", "200"),
        ("RecordNames", "*"),
        ("RecordNames", "Shop.example.com."),
        ("FreezeHookArn", "arn:aws:lambda:us-east-2:111122223333:function:*"),
        ("FreezeHookArn", "freeze"),
        ("SourceAccount", "1111-2222-3333"),
        ("ExternalId", "x"),
        ("ScheduleTimeZone", "Europe/Berlin; DROP"),
        ("InstanceRoleArns", "*"),
        ("HostedZoneArns", "arn:aws:route53:::hostedzone/*"),
        ("VolumeKeyArns", "arn:aws:kms:us-east-1:111122223333:alias/a"),
    ] {
        assert!(!takes(name, wrong), "{name}: {wrong}");
    }
    assert!(takes("DrsQuotas", "{\"serversPerJob\": 200}") && takes("DrsQuotas", ""));
}

/// Reports, logs and the key that encrypts them are evidence, and stay when the stack is removed. It can be deployed again:
/// no name that stays is a name that the next one has.
#[test]
fn evidence_stays_when_the_stack_is_removed() {
    let stack = raw();
    let kept = ["AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"];
    let mut found = 0;
    for (name, resource) in stack["Resources"].as_object().expect("resources") {
        let stays = kept.iter().any(|kind| resource["Type"] == *kind);
        if !stays {
            continue;
        }
        found += 1;
        assert_eq!(resource["DeletionPolicy"], "Retain", "{name}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
        let group = &resource["Properties"]["LogGroupName"];
        assert!(group.is_null() || group.to_string().contains("AWS::StackId"), "{name}: {group}");
        assert!(resource["Properties"]["BucketName"].is_null(), "{name}");
        assert!(
            group.is_null() || resource["Properties"]["RetentionInDays"]["Ref"] == "LogRetentionDays",
            "{name}"
        );
    }
    assert_eq!(found, 8);
}

/// Returns the fields that a metric filter or the dashboard reads from a log line.
fn read_of_logs(template: &str) -> BTreeSet<&str> {
    let filters =
        template.lines().filter(|line| line.contains("FilterPattern") || line.contains("MetricValue"));
    let word = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    filters.flat_map(|line| line.split("$.").skip(1).map(move |rest| &rest[..word(rest)])).collect()
}

#[test]
fn metrics_read_what_functions_log() {
    let template = file("template.yaml");
    let log = file("crates/lambda/src/log.rs");
    let read = read_of_logs(&template);
    assert_eq!(
        read,
        BTreeSet::from([
            "drill_days",
            "gate_minutes",
            "in_trouble",
            "overdue",
            "procedure",
            "rto_seconds",
            "step"
        ])
    );
    for field in read.iter().chain(&["outcome", "execution"]) {
        assert!(
            log.contains(&format!("let {field} = "))
                || log.contains(&format!("        {field},"))
                || log.contains(&format!("{field}, ")),
            "{field} is not logged"
        );
    }
}
