//! The retries and catchers of Tasks: every Task is retried alike, and its failure is recorded and leads to the
//! procedure's safe end. A drill cleans up; a failback is held and reported.

use failback_core::procedure::Procedure;
use serde_json::{Value, json};

use crate::graph::{after, edges};
use crate::repo::{BOTH, changed, found, machine, none, tasks};

/// The record of a failure.
const RECORD: &str = "{'step': $states.context.State.Name, 'error': $states.errorOutput.Error, 'cause': $states.errorOutput.Cause}";

/// Returns the errors that are retried, by the target of a Task's call: those that our own code names, and those that
/// Step Functions names after the service.
fn retried(resource: &str) -> &'static [&'static str] {
    match resource {
        "arn:aws:states:::lambda:invoke" => &[
            "Failback.Throttled",
            "Failback.Unavailable",
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
            "Lambda.Unknown",
            "Runtime.ExitError",
            "Sandbox.Timedout",
        ],
        "arn:aws:states:::aws-sdk:s3:putObject" => &["S3.S3Exception", "S3.SdkClientException"],
        "arn:aws:states:::sns:publish.waitForTaskToken" => {
            &["SNS.AmazonSNSException", "SNS.SdkClientException"]
        }
        _ => &[],
    }
}

/// Checks that every Task is retried at the same intervals, and only for the errors of its target.
fn retries(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, task) in tasks(machine) {
        let wanted = json!([{
            "ErrorEquals": retried(task["Resource"].as_str().unwrap_or_default()),
            "IntervalSeconds": 2,
            "BackoffRate": 2,
            "MaxAttempts": 60,
            "MaxDelaySeconds": 300,
            "JitterStrategy": "FULL",
        }]);
        if task["Retry"] != wanted {
            faults.push(format!("`{name}` must have this Retry and no other: {wanted}"));
        }
    }
    faults
}

/// Returns what follows when the time of a drill's hold has run out, which is no failure.
fn after_time(state: &str) -> Option<&'static str> {
    match state {
        "Ask Before Clean Up" => Some("Ask Before Hold Ends"),
        "Ask Before Hold Ends" => Some("Clean Up"),
        _ => None,
    }
}

fn check(procedure: Procedure, machine: &Value) -> Vec<String> {
    let edges = edges(machine);
    let cleaning = after(&edges, "Clean Up");
    let mut faults = Vec::new();
    for (name, task) in tasks(machine) {
        let late = cleaning.contains(name);
        let to = match (name, procedure) {
            ("Check Readiness", _) => "Keep Refusal",
            ("Keep Refusal", _) => "Not Ready",
            ("Write Report" | "Keep Report", _) => "Report Missing",
            // Before every server is claimed, nothing of what others may own is cleaned up.
            ("Claim Servers", Procedure::Drill) => "Launched By This Drill?",
            (_, Procedure::Drill) if !late => "Clean Up",
            // What one step of the clean-up cannot do does not keep the next from what it can.
            ("Stop Reversed Replication", Procedure::Drill) => "Terminate Drill Servers",
            ("Terminate Drill Servers", Procedure::Drill) => "Keep Recovered Servers?",
            ("Terminate Recovered Servers", Procedure::Drill) => "Remove Source Servers",
            _ => "Write Report",
        };
        // A failure in the clean-up, or while a refusal is kept, must not hide the original failure.
        let record = if late || name == "Keep Refusal" {
            format!("{{% $failure = null ? {RECORD} : $failure %}}")
        } else {
            format!("{{% {RECORD} %}}")
        };
        let assign = match to {
            "Terminate Drill Servers" | "Keep Recovered Servers?" | "Remove Source Servers" => {
                json!({ "failure": record, "wait": null })
            }
            _ => json!({ "failure": record }),
        };
        let mut wanted = json!([{ "ErrorEquals": ["States.ALL"], "Assign": assign, "Next": to }]);
        if let (Some(next), Procedure::Drill, Some(all)) =
            (after_time(name), procedure, wanted.as_array_mut())
        {
            all.insert(0, json!({ "ErrorEquals": ["States.Timeout"], "Next": next }));
        }
        if task["Catch"] != wanted {
            faults.push(format!("`{name}` must have this Catch and no other: {wanted}"));
        }
    }
    faults
}

#[test]
fn every_task_is_tried_again_alike() {
    for procedure in BOTH {
        none(&retries(&machine(procedure)));
    }
    let with = |pointer: &str, value| retries(&changed(Procedure::Failback, pointer, value));
    found(&with("/States/Write Report/Retry/0/BackoffRate", json!(3)), "`Write Report` must have this Retry");
    found(&with("/States/Ask Before Clean Up/Retry", Value::Null), "`Ask Before Clean Up` must have");
    found(
        &with("/States/Check Readiness/Retry/0/JitterStrategy", Value::Null),
        "`Check Readiness` must have",
    );
    let of_s3 = json!(["S3.S3Exception", "S3.SdkClientException"]);
    found(&with("/States/Redirect Traffic/Retry/0/ErrorEquals", of_s3), "`Redirect Traffic` must have");
    found(&with("/States/Keep Report/Resource", json!("arn:aws:states:::aws-sdk:sqs")), "`Keep Report` must");
}

#[test]
fn every_failure_goes_to_the_safe_end() {
    for procedure in BOTH {
        none(&check(procedure, &machine(procedure)));
    }
    let with = |procedure, pointer: &str, value| check(procedure, &changed(procedure, pointer, value));
    let launch = "/States/Launch For Failback/Catch";
    found(
        &with(Procedure::Drill, &format!("{launch}/0/Next"), json!("Write Report")),
        "`Launch For Failback`",
    );
    found(
        &with(Procedure::Failback, &format!("{launch}/0/Next"), json!("Clean Up")),
        "`Launch For Failback`",
    );
    found(&with(Procedure::Drill, launch, Value::Null), "`Launch For Failback`");
    let few = json!(["Failback.TimedOut"]);
    found(&with(Procedure::Drill, &format!("{launch}/0/ErrorEquals"), few), "`Launch For Failback`");
    let silent = json!("{% $states.errorOutput.Error %}");
    found(&with(Procedure::Drill, &format!("{launch}/0/Assign/failure"), silent), "`Launch For Failback`");
    let forgetful = json!(format!("{{% {RECORD} %}}"));
    let clean_up = "/States/Terminate Drill Servers/Catch/0/Assign/failure";
    found(&with(Procedure::Drill, clean_up, forgetful), "`Terminate Drill Servers`");
    // A hold that nobody answers is no failure; a failback that nobody answers is held.
    let hold = "/States/Ask Before Hold Ends/Catch/0/Next";
    found(&with(Procedure::Drill, hold, json!("Drill Failed")), "`Ask Before Hold Ends`");
    let gate = "/States/Ask Before Clean Up/Catch/0/ErrorEquals";
    found(&with(Procedure::Failback, gate, json!(["States.Timeout"])), "`Ask Before Clean Up`");
}
