//! The check that no function that a drill calls may change A1, B1 or a record: by action, and by resource.

use failback_core::procedure::Procedure;
use failback_sim::Context;

use crate::functions::{self, Function};
use crate::policy::reads;
use crate::template::{ACCOUNT, Template};

/// A resource of production, with tags that it may have.
struct Thing {
    name: &'static str,
    arn: String,
    tags: Vec<(&'static str, &'static str)>,
}

/// Returns the resources of production during a drill.
fn production() -> Vec<Thing> {
    let instance = format!("arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0123456789abcdef0");
    let b2 = format!("arn:aws:drs:us-east-2:{ACCOUNT}:recovery-instance/i-0123456789abcdef1");
    let a3 = format!("arn:aws:drs:us-east-1:{ACCOUNT}:recovery-instance/i-0123456789abcdef2");
    let thing = |name, arn: &str, tags: &[(&'static str, &'static str)]| Thing {
        name,
        arn: arn.to_owned(),
        tags: tags.to_vec(),
    };
    vec![
        thing("A1", &instance, &[("app", "shop")]),
        thing("A1, tagged for launching into", &instance, &[("AWSDRS", "AllowLaunchingIntoThisInstance")]),
        thing("A1, tagged for termination", &instance, &[("drs-failback:original", "may-be-terminated")]),
        thing("A1's volume", &format!("arn:aws:ec2:us-east-1:{ACCOUNT}:volume/vol-0123456789abcdef0"), &[]),
        thing(
            "B1",
            &format!("arn:aws:drs:us-east-2:{ACCOUNT}:source-server/s-0123456789abcdef0"),
            &[("app", "shop")],
        ),
        thing(
            "B1's launch template",
            &format!("arn:aws:ec2:us-east-2:{ACCOUNT}:launch-template/lt-0123456789abcdef0"),
            &[],
        ),
        thing("B2 of production", &b2, &[]),
        thing(
            "B2 of production, claimed by a failback",
            &b2,
            &[(
                "drs-failback:run",
                "arn:aws:states:us-east-2:111122223333:execution:drs-failback-failback:home",
            )],
        ),
        thing("A3 of production", &a3, &[]),
        thing(
            "A3 of production, claimed by a failback",
            &a3,
            &[(
                "drs-failback:run",
                "arn:aws:states:us-east-2:111122223333:execution:drs-failback-failback:home",
            )],
        ),
        thing("the zone", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", &[]),
    ]
}

/// Actions that a drill may take on them, with the reason why they do not change production.
const ALLOWED: &[(&str, &str, &str, &str)] = &[
    (
        "DrillLaunchForFailbackFunction",
        "ec2:CreateFleet",
        "A1",
        "a fleet names the instances and volumes that it makes",
    ),
    (
        "DrillLaunchForFailbackFunction",
        "ec2:CreateFleet",
        "A1, tagged for launching into",
        "a fleet names the instances and volumes that it makes",
    ),
    (
        "DrillLaunchForFailbackFunction",
        "ec2:CreateFleet",
        "A1, tagged for termination",
        "a fleet names the instances and volumes that it makes",
    ),
    (
        "DrillLaunchForFailbackFunction",
        "ec2:CreateFleet",
        "A1's volume",
        "a fleet names the instances and volumes that it makes",
    ),
    (
        "LaunchRecoveredServersFunction",
        "ec2:CreateFleet",
        "B1's launch template",
        "a fleet uses its template, and changes none",
    ),
    (
        "LaunchRecoveredServersFunction",
        "drs:TagResource",
        "B2 of production",
        "it tags what it has launched; the tag of the run, by which a drill terminates, is the claim's",
    ),
    (
        "LaunchRecoveredServersFunction",
        "drs:TagResource",
        "B2 of production, claimed by a failback",
        "it tags what it has launched",
    ),
    (
        "StopReversedReplicationFunction",
        "drs:TagResource",
        "A3 of production",
        "it tags what a drill has launched, by the guard's judgement, and may terminate nothing",
    ),
    (
        "StopReversedReplicationFunction",
        "drs:TagResource",
        "A3 of production, claimed by a failback",
        "it tags what a drill has launched, by the guard's judgement, and may terminate nothing",
    ),
    (
        "StartReversedReplicationFunction",
        "drs:ReverseReplication",
        "B2 of production",
        "a drill that keeps B3 replicates it home, which changes nothing of B3",
    ),
    (
        "StartReversedReplicationFunction",
        "drs:ReverseReplication",
        "B2 of production, claimed by a failback",
        "a drill that keeps B3 replicates it home, which changes nothing of B3",
    ),
    (
        "LaunchRecoveredServersFunction",
        "drs:StartRecovery",
        "B1",
        "launching a recovered server reads B1's replica; B1 goes on replicating A1",
    ),
    (
        "LaunchRecoveredServersFunction",
        "drs:CreateRecoveryInstanceForDrs",
        "B1",
        "DRS registers what was launched from B1, as the caller",
    ),
    (
        "DrillLaunchForFailbackFunction",
        "ec2:DetachVolume",
        "A1's volume",
        "DRS's own policy has no condition here; detaching also needs leave for the instance, which must be DRS's",
    ),
    (
        "DrillLaunchForFailbackFunction",
        "ec2:RunInstances",
        "A1's volume",
        "RunInstances names the volumes that it makes",
    ),
    (
        "LaunchRecoveredServersFunction",
        "ec2:RunInstances",
        "B1's launch template",
        "a launch uses its template; changing one needs DRS's tag and DRS as the caller",
    ),
];

/// Returns everything that a statement allows on a resource: for the function itself, or through DRS.
fn leaves(function: &Function, thing: &Thing) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for via_drs in [false, true] {
        let mut context = Context::new();
        for (key, value) in &thing.tags {
            context.insert(format!("aws:ResourceTag/{key}"), vec![(*value).to_owned()]);
        }
        context.insert("aws:ViaAWSService".to_owned(), vec![via_drs.to_string()]);
        let region = thing.arn.split(':').nth(3).unwrap_or_default().to_owned();
        context.insert("aws:RequestedRegion".to_owned(), vec![region]);
        for statement in function.statements.iter().filter(|own| function.can_use(own, &thing.arn)) {
            let service = thing.arn.split(':').nth(2).unwrap_or_default();
            let changes = |action: &&String| !reads(action) && action.split(':').next() == Some(service);
            for action in statement.actions.iter().filter(changes) {
                if statement.allows(action, &thing.arn, &context) {
                    found.push((action.clone(), via_drs));
                }
            }
        }
    }
    found
}

fn check(functions: &[Function]) -> Vec<String> {
    let mut faults = Vec::new();
    for function in functions.iter().filter(|function| function.called_by.contains(&Procedure::Drill)) {
        for thing in production() {
            for (action, via_drs) in leaves(function, &thing) {
                let known = ALLOWED.iter().any(|(name, known, target, _)| {
                    (*name, *known, *target) == (function.name.as_str(), action.as_str(), thing.name)
                });
                if !known {
                    let via = if via_drs { " through DRS" } else { "" };
                    faults.push(format!("{} may {action}{via}: {}", function.name, thing.name));
                }
            }
        }
    }
    faults
}

#[test]
fn nothing_that_a_drill_calls_can_change_production() {
    let functions = functions::all(&Template::sample());
    let faults = check(&functions);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // Functions for failbacks only can do so. The check detects a drill that calls them.
    let mut shared = functions;
    for function in &mut shared {
        function.called_by = vec![Procedure::Drill];
    }
    let faults = check(&shared);
    for wanted in [
        "StopOriginalReplicationFunction may drs:StopReplication: B1",
        "RedirectTrafficFunction may route53:ChangeResourceRecordSets: the zone",
        "TerminateOriginalServersFunction may ec2:TerminateInstances: A1, tagged for termination",
        "LaunchForFailbackFunction may ec2:StartInstances through DRS: A1, tagged for launching into",
    ] {
        assert!(faults.iter().any(|fault| fault == wanted), "{wanted} is not in\n{}", faults.join("\n"));
    }
    // Actions of DRS for the caller are granted for both Regions. They are limited by where the caller may ask DRS for
    // them.
    let mut elsewhere = functions::all(&Template::sample());
    let launch = elsewhere.iter_mut().find(|function| function.name == "LaunchRecoveredServersFunction");
    let launch = launch.expect("a function");
    let start =
        launch.statements.iter_mut().find(|statement| statement.sid == "Launch").expect("a statement");
    start.resources = vec![format!("arn:aws:drs:us-east-1:{ACCOUNT}:source-server/*")];
    let faults = check(&elsewhere);
    let wanted = "LaunchRecoveredServersFunction may ec2:DetachVolume through DRS: A1's volume";
    assert!(faults.iter().any(|fault| fault == wanted), "{}", faults.join("\n"));
}

/// Returns the functions that a machine calls and its role does not allow, and the reverse, with the remedy.
fn uncallable(role: &str, called: &[String], allowed: &[String]) -> Vec<String> {
    let missing = called.iter().filter(|name| !allowed.contains(name));
    let missing = missing.map(|name| format!("{role}, CallSteps: add `!Sub \"${{{name}.Arn}}:*\"`"));
    let extra = allowed.iter().filter(|name| !called.contains(name));
    let extra = extra.map(|name| format!("{role}, CallSteps: remove `!Sub \"${{{name}.Arn}}:*\"`"));
    missing.chain(extra).collect()
}

#[test]
fn the_drills_machine_calls_no_function_that_only_a_failback_has() {
    let template = Template::sample();
    for procedure in [Procedure::Drill, Procedure::Failback] {
        let called: Vec<String> = functions::called_by(&template, procedure).into_values().collect();
        let role = format!("{}Role", functions::machine(procedure));
        let granted = crate::policy::of_role(&template, &role);
        let calls = granted.iter().find(|statement| statement.sid == "CallSteps").expect("a statement");
        assert_eq!(calls.actions, ["lambda:InvokeFunction"]);
        let allowed: Vec<String> =
            calls.resources.iter().map(|arn| functions::function_in(arn).to_owned()).collect();
        let faults = uncallable(&role, &called, &allowed);
        assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
        let (first, others) = called.split_first().expect("a function");
        assert_eq!(
            uncallable(&role, &called, others),
            [format!("{role}, CallSteps: add `!Sub \"${{{first}.Arn}}:*\"`")]
        );
        assert_eq!(
            uncallable(&role, others, &allowed),
            [format!("{role}, CallSteps: remove `!Sub \"${{{first}.Arn}}:*\"`")]
        );
    }
}
