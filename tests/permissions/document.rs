//! `docs/iam.md`: the actions of each function, with resource and reason. Generated from the template.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use failback_core::procedure::Procedure;

use crate::functions::{self, Function};
use crate::policy::{self, Statement};
use crate::template::{ACCOUNT, Template, file};

const PATH: &str = "docs/iam.md";

/// The reason for each statement, by its Sid.
const WHY: &[(&str, &str)] = &[
    ("AnswerGates", "A gate's answer, or a tester's, with the token from the run's history."),
    ("AskAtGates", "Gates, and the holds of drills, are messages with a token."),
    (
        "AssumeInDnsAccount",
        "Only where the hosted zones are in another account: the function's own role there.",
    ),
    ("AssumeInRecoveryAccount", "Only where Region B is in another account: the function's own role there."),
    ("AssumeInSourceAccount", "Only where Region A is in another account: the function's own role there."),
    ("CallSteps", "The functions of this machine's states, and no others."),
    (
        "ChangeManagedAsDrs",
        "DRS converts, launches and cleans up as the caller: only resources that it created, by its tag.",
    ),
    (
        "ChangeRecords",
        "Replaces A records, by DELETE of exactly what was read and CREATE in one batch. No other type can be changed.",
    ),
    ("DeleteRecord", "Deletes the record A3; its instance, A4, runs on."),
    ("DeliverLogs", "What Step Functions asks for to write its log."),
    (
        "DetachVolumesAsDrs",
        "DRS exchanges the volumes of the instance that it launches, as the caller. The instance must be its own.",
    ),
    ("FindAgentsAsDrs", "Post-launch actions: DRS waits for the SSM agent of the launched instance."),
    ("MakeNetworkInterfacesAsDrs", "DRS may make network interfaces of their own, tagged as its own."),
    ("UseInNetworkInterfacesAsDrs", "DRS may put a network interface into a subnet."),
    ("AttachNetworkInterfacesAsDrs", "DRS may hand over a network interface that it made."),
    ("LaunchFleetsAsDrs", "DRS may launch through an EC2 fleet."),
    ("TagFleetsAsDrs", "DRS tags what a fleet has launched."),
    ("GiveProfilesAsDrs", "Post-launch actions: DRS gives a launched instance without a role its own."),
    ("FollowAutomationsAsDrs", "Post-launch actions: DRS follows the automations that it has started."),
    ("FollowChanges", "Waits until Route 53 serves a change everywhere."),
    ("GrantVolumeKeysAsDrs", "Volumes under your own key."),
    ("KeepParametersAsDrs", "Post-launch actions: the parameters that DRS keeps for them, by their prefix."),
    ("KeepReports", "Reports, below the procedure's own prefix."),
    (
        "RunDocumentsAsDrs",
        "Post-launch actions: documents of this account and of AWS. `PostLaunchActions=no` leaves them out.",
    ),
    (
        "SendCommandsToSourceAsDrs",
        "Post-launch actions in A1, for `launch.intoSource`, where A1's owner has tagged it.",
    ),
    ("SendCommandsAsDrs", "Post-launch actions, in the instances that DRS has launched."),
    ("KeepUndelivered", "What the schedule could not start."),
    ("Launch", "Launches B1: a drill's recovered server. B1 goes on replicating A1."),
    (
        "LaunchIntoSourceAsDrs",
        "Only for `launch.intoSource`: DRS puts A4's volumes into A1, where A1's owner has tagged it for that.",
    ),
    (
        "LaunchPrepared",
        "Launches A2, once *Prepare Launch* has tagged it. No other source server can be launched.",
    ),
    ("ClaimServers", "Writes the run on B2 and A2, and no other tag."),
    ("ClaimA3", "Writes the drill on A3, and no other tag: only then may another function terminate it."),
    ("ListExecutions", "Finds other runs on the same servers."),
    (
        "MakeManagedAsDrs",
        "DRS makes snapshots, volumes, templates and instances as the caller, and tags them as its own.",
    ),
    ("MakeSecurityGroupsAsDrs", "DRS makes the conversion server's security group as the caller."),
    (
        "PassRolesOfDrsAsDrs",
        "DRS hands its conversion server, and a launched instance without a role of yours, its own roles.",
    ),
    ("TagRegisteredAsDrs", "DRS tags the recovery instance that it registers, as the caller."),
    ("PassPostLaunchRoleAsDrs", "Post-launch actions: DRS's own role for a launched instance that has none."),
    ("PassRolesAsDrs", "DRS hands the launched instance the role of its profile: only those that you named."),
    (
        "ReadA2",
        "Compares A4 with A1 before every launch, by A2's launch settings. A2 is ready once it has a point in time.",
    ),
    (
        "ReadB1",
        "Finds out whether B1 launches into an instance that exists, which no run may change, and in which network.",
    ),
    ("ReadAndStop", "Shows a run with its history, and stops it."),
    ("ReadAsDrs", "DRS reads as the caller."),
    ("ReadExecutions", "Reads the plans of other runs, and whether they have ended."),
    ("ReadJobLogs", "Says why a launch failed."),
    ("ReadKeysAsDrs", "DRS reads the volumes' key as the caller."),
    ("ReadRecords", "Finds out which servers are production."),
    ("ReadRolesAsDrs", "DRS looks for the instance profile as the caller."),
    ("ReadLaunchTemplate", "Finds out whether DRS would launch A4 into A1."),
    ("ReadState", "Reads the live state, which every step does first."),
    ("ReadTagsAsDrs", "DRS reads tags as the caller."),
    ("ReadVolumesAsDrs", "DRS reads the volumes of what it terminates, as the caller."),
    ("RegisterAsDrs", "DRS registers what it launched, as the caller."),
    ("Remove", "Disconnects and deletes A2. B1 is in the other Region."),
    ("Reverse", "Starts reversed replication."),
    ("StartAndList", "Starts a run of this stack's machines, and lists theirs."),
    ("StartDrills", "Starts drills, and nothing else."),
    ("StopOriginal", "Only for `stopOriginalReplication`: stops B1 early."),
    ("StopReversed", "Stops A2. B1 is in the other Region."),
    ("TagTraffic", "Records on A2 that people have redirected traffic by hand, and writes no other tag."),
    ("TagA2", "Writes the run into A2's tags, and no tags but its own."),
    ("TagJobs", "Tags the jobs that it starts, and no others, so that a crashed step finds them again."),
    (
        "TagLeft",
        "Records on B2 that a failback leaves it, because B3 existed before, and writes no other tag.",
    ),
    ("TagNewOnesAsDrs", "DRS tags what it makes, as the caller."),
    ("TagRecovered", "Tags a drill's B2, so that it is never taken for production."),
    ("Terminate", "Asks DRS to terminate recovery instances."),
    (
        "TerminateAsDrs",
        "DRS terminates instances that it launched and deletes their volumes, by its tag, as the caller.",
    ),
    (
        "TerminateOriginals",
        "Only for `cleanup.terminateOriginals`: terminates A1 that its owner has tagged for it.",
    ),
    ("Trace", "Traces."),
    (
        "UseInNewOnesAsDrs",
        "DRS launches the instance into its subnet and groups, from its template, as the caller.",
    ),
    ("UseKey", "What is written is encrypted."),
    ("UseVolumeKeysAsDrs", "Volumes under your own key."),
    ("WriteLaunchSettings", "Writes A2's launch settings."),
    ("WriteLaunchTemplates", "Writes A2's launch template, which DRS leaves without network and profile."),
    ("WriteLogs", "Logs."),
    (
        "CallHook",
        "Only for `cutover.freeze` = `byHook`: calls the function that the stack names, and no other.",
    ),
    (
        "MarkFreeze",
        "Marks a freeze of this stack's failbacks as one that is lifted, and writes no other tag.",
    ),
    ("TakeLease", "Writes the lease of a freeze on B2, and no other tag."),
    ("WatchA2", "A2, between two runs."),
    ("ListRuns", "Finds the failbacks that run, and the last drill that succeeded."),
    ("ReadFailbacks", "Finds the gate at which a failback waits."),
];

fn why(sid: &str) -> &'static str {
    WHY.iter().find(|(known, _)| *known == sid).map_or_else(
        || panic!("{sid} has no reason: add one to WHY in tests/permissions/document.rs"),
        |(_, why)| *why,
    )
}

/// Returns a resource in short form: the Regions by their letter, without partition and account.
fn resource(arn: &str) -> String {
    let short = arn
        .replace(&format!(":{ACCOUNT}:"), ":")
        .replace("arn:aws:", "")
        .replace("us-east-1", "A")
        .replace("us-east-2", "B")
        .replace("::", ":");
    if short == "*" { "everything".to_owned() } else { format!("`{short}`") }
}

fn condition((operator, key, values): &(String, String, Vec<String>)) -> String {
    let values = values.join(", ").replace("us-east-1", "A").replace("us-east-2", "B");
    match (operator.as_str(), values.as_str()) {
        ("Null", "false") => format!("`{key}` is set"),
        ("Bool", "true") if key == "aws:ViaAWSService" => "only through DRS".to_owned(),
        _ => format!("`{key}`: {values}"),
    }
}

fn rows(statements: &[Statement]) -> String {
    let mut text = String::from("| why | actions | on | if |\n|---|---|---|---|\n");
    for statement in statements {
        let list = |items: Vec<String>| items.join("<br>");
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            why(&statement.sid),
            list(statement.actions.iter().map(|action| format!("`{action}`")).collect()),
            list(statement.resources.iter().map(|arn| resource(arn)).collect()),
            list(statement.conditions.iter().map(condition).collect())
        );
    }
    text
}

fn calls(function: &Function) -> &'static str {
    match function.called_by.as_slice() {
        [Procedure::Drill] => "drills",
        [Procedure::Failback] => "failbacks",
        _ => "both",
    }
}

/// The statements of every function, which are listed once.
const EVERY: &[&str] = &["WriteLogs", "Trace"];

fn without_every(mut statements: Vec<Statement>) -> Vec<Statement> {
    statements.retain(|statement| !EVERY.contains(&statement.sid.as_str()));
    statements
}

/// Returns the statements of a role itself, and the policies that it shares.
fn section(template: &Template, role: &str) -> String {
    let mut text = String::new();
    let held = policy::held(template, role);
    let told = held.iter().filter(|name| !OF_ALL.contains(&name.as_str()));
    let links: Vec<String> = told.map(|name| format!("[{name}](#{})", name.to_lowercase())).collect();
    if !links.is_empty() {
        let _ = write!(text, " Also holds {}.", links.join(" and "));
    }
    match without_every(policy::own(template, role)).as_slice() {
        [] => text += " Changes nothing.\n",
        own => {
            let _ = write!(text, "\n\n{}", rows(own));
        }
    }
    text
}

/// The policies that every step holds.
const OF_ALL: &[&str] = &["ReadPolicy", "StepPolicy"];

fn document() -> String {
    let keys = "arn:aws:kms:us-east-1:111122223333:key/yours";
    let given: Vec<(&str, &str)> =
        crate::template::SAMPLE.iter().copied().chain([("VolumeKeyArns", keys)]).collect();
    let template = Template::with(&given);
    let mut text = String::from(INTRODUCTION);
    for function in &functions::all(&template) {
        let role = function.name.replace("Function", "Role");
        let held = policy::held(&template, &role);
        for name in OF_ALL {
            assert!(
                held.iter().any(|held| held == name),
                "{role}: add `!Ref {name}` to its ManagedPolicyArns"
            );
        }
        let _ = write!(text, "\n## {}\n\nRuns `{}`, for {}.", function.name, function.step, calls(function));
        text += &section(&template, &role);
    }
    for (role, what) in OTHERS {
        let _ = write!(text, "\n## {role}\n\n{what}{}", section(&template, role));
    }
    for (name, policy) in template.resources("AWS::IAM::ManagedPolicy") {
        let statements = without_every(policy::statements(&policy["PolicyDocument"]));
        if !statements.is_empty() {
            let _ = write!(text, "\n## {name}\n\n{}", rows(&statements));
        }
    }
    text
}

/// The roles of everything but steps.
const OTHERS: &[(&str, &str)] = &[
    ("ApiRole", "The HTTP API's."),
    ("DrillMachineRole", "The drill's state machine."),
    ("FailbackMachineRole", "The failback's state machine."),
    ("DrillScheduleRole", "The schedule's."),
    ("LiftFreezesRole", "The second party's, which lifts freezes."),
    ("WatchReplicationRole", "The watch's of reversed replication."),
    ("WatchRunsRole", "The watch's of runs."),
];

const INTRODUCTION: &str = "# Permissions

This page is written from `template.yaml` by a test: `UPDATE_GOLDEN=1 cargo test -p drs-failback --test permissions`. A
is the source Region, B the recovery Region. Account numbers are left out.

Each function has its own role, which holds its permissions to make changes. The steps share their permissions to read:
each of them holds [ReadPolicy](#readpolicy). Every action that a step uses in a rehearsal is granted, and every granted
action is used: a change by each function that may make it, a read by one of those that share it. `tests/permissions/`
holds both, statement by statement. Every function may also write its logs and traces.

*Only through DRS* means that DRS itself makes the call, in the name of the function that asked it for a launch or a
termination: the function cannot make it. [LaunchPolicy](#launchpolicy) and [LaunchInputsPolicy](#launchinputspolicy)
cover both Regions, and yet a function that holds them launches in one only: DRS does this in the Region of the call,
and the function's own rows say in which Region it may call `drs:StartRecovery`.

In another account, each function has a role of its own too, with its rows of the Region that is there. The templates in
`accounts/` make them: they are written from `template.yaml`, and `tests/permissions/elsewhere.rs` holds them to what each
function asks for there. A role trusts the role of its function alone, by that role's path, with the external id.

Left open on purpose: the functions of a drill terminate the B2 and the A3 that a drill has claimed, and no other. That a drill
claims no B3 or A4 which is production is the guard's work: IAM cannot tell them apart. No function may both claim and
terminate. EventBridge publishes to the topic, and uses the
key, without a condition on its source, because it supports none there. And a former A4, once it is A1, carries DRS's tag like everything that DRS has launched. A
drill's functions may then have it stopped or terminated by DRS as far as IAM can tell; DRS does so only to instances of
the source server or recovery instance that it was asked about, and the guard lets no step ask about this one.
";

/// Returns the part of a table's line that another line does not have: its cells and the items in them.
fn difference(line: &str, other: &str) -> String {
    let parts = |line: &str| line.replace(" | ", "<br>").split("<br>").map(str::to_owned).collect::<Vec<_>>();
    let others = parts(other);
    let own: Vec<String> = parts(line).into_iter().filter(|part| !others.contains(part)).collect();
    if own.is_empty() { "no more than the other".to_owned() } else { own.join(", ") }
}

#[test]
fn the_page_about_permissions_is_the_templates() {
    let now = document();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PATH);
    #[expect(
        clippy::disallowed_methods,
        reason = "as for the golden files: whoever runs the test asks for it"
    )]
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    if update {
        std::fs::write(&path, &now).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let kept = file(PATH);
    let same = kept.lines().zip(now.lines()).take_while(|(kept, now)| kept == now).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(end)").to_owned();
    let (kept_line, now_line) = (line(&kept), line(&now));
    assert!(
        kept == now,
        "{PATH}:{} differs from template.yaml\n  kept: {}\n  now:  {}\nto write it again: \
         UPDATE_GOLDEN=1 cargo test -p drs-failback --test permissions",
        same + 1,
        difference(&kept_line, &now_line),
        difference(&now_line, &kept_line)
    );
}

#[test]
fn no_reason_is_left_over() {
    let now = document();
    let template = Template::with(&[crate::template::SAMPLE, crate::elsewhere::ACCOUNTS, KEYS].concat());
    let mut used: BTreeSet<String> = BTreeSet::new();
    for role in template.resources("AWS::IAM::Role").keys() {
        used.extend(policy::of_role(&template, role).into_iter().map(|statement| statement.sid));
    }
    for (sid, why) in WHY {
        assert!(used.contains(*sid), "no statement is called {sid}: remove its reason from WHY");
        assert!(EVERY.contains(sid) || sid.starts_with("Assume") || now.contains(why), "{sid}");
    }
}

const KEYS: &[(&str, &str)] = &[("VolumeKeyArns", "arn:aws:kms:us-east-1:111122223333:key/yours")];
