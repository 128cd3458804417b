//! Names, comments, resources and placeholders of the states.

use failback_core::procedure::Procedure;
use failback_rehearsal::machines;
use failback_rehearsal::steps::STEPS;
use serde_json::{Value, json};

use crate::repo::{BOTH, changed, found, machine, none, states, step_of};

const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const KEEP: &str = "arn:aws:states:::aws-sdk:s3:putObject";
const ASK: &str = "arn:aws:states:::sns:publish.waitForTaskToken";
const PREVIOUS: &str = "{% $states.input.previous %}";
const TOKEN: &str = "{% $states.context.Task.Token %}";

/// Checks that one line sets the language of the whole machine.
fn language_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("QueryLanguage")).collect();
    if lines == ["  \"QueryLanguage\": \"JSONata\","] {
        return Vec::new();
    }
    vec![format!("one top-level line says the language, JSONata, and no other: {lines:?}")]
}

/// Checks the names and comments of states.
fn names(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, state) in states(machine) {
        let kind = state["Type"].as_str().unwrap_or_default();
        if name.chars().count() > 80 {
            faults.push(format!("`{name}` has more than 80 characters"));
        }
        if (kind == "Choice") != name.ends_with('?') {
            faults.push(format!("`{name}` is a {kind}: Choices end in `?`, and nothing else does"));
        }
        if (kind == "Wait") != name.starts_with("Wait For ") {
            faults.push(format!("`{name}` is a {kind}: Waits begin `Wait For`, and nothing else does"));
        }
        if state["Comment"].as_str().is_none_or(|comment| comment.trim().is_empty()) {
            faults.push(format!("`{name}` has no Comment"));
        }
    }
    faults
}

/// Checks that a Task calls the step with its name, or asks a person.
fn calls(machine: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, state) in states(machine).filter(|(_, state)| state["Type"] == "Task") {
        let resource = state["Resource"].as_str().unwrap_or_default();
        let fault = match (name.starts_with("Ask Before "), resource) {
            (true, ASK) => gate(state),
            (true, _) => Some(format!("is a gate, so its Resource is {ASK}")),
            (false, KEEP) => evidence(name, state),
            (false, INVOKE) => match step_of(state) {
                Some(step) if step.state() == name => None,
                Some(step) => Some(format!("calls {}, so it is called `{}`", step.name, step.state())),
                None => Some("calls no step of functions/".to_owned()),
            },
            (false, _) => Some(format!("calls a step, so its Resource is {INVOKE}, not {resource}")),
        };
        faults.extend(fault.map(|fault| format!("`{name}` {fault}")));
    }
    faults
}

fn gate(state: &Value) -> Option<String> {
    let message = state["Arguments"]["Message"].as_str().unwrap_or_default();
    if state["TimeoutSeconds"].is_null() {
        Some("has no TimeoutSeconds: nobody may ever answer".to_owned())
    } else if state["Arguments"]["TopicArn"] != "${NotificationTopicArn}" {
        Some("does not ask at ${NotificationTopicArn}".to_owned())
    } else if !message.contains("$states.context.Task.Token") {
        Some("does not say how to answer".to_owned())
    } else if state["Arguments"]["MessageAttributes"]["taskToken"]["StringValue"] != TOKEN {
        Some("does not send its token as the message attribute `taskToken`".to_owned())
    } else {
        None
    }
}

/// Checks that evidence is under the procedure's own prefix, the only one to which the machine's role may write.
fn evidence(name: &str, state: &Value) -> Option<String> {
    let key = state["Arguments"]["Key"].as_str().unwrap_or_default();
    if !name.starts_with("Keep ") {
        Some("keeps evidence, so its name begins with `Keep`".to_owned())
    } else if state["Arguments"]["Bucket"] != "${EvidenceBucketName}" {
        Some("does not write to ${EvidenceBucketName}".to_owned())
    } else if !key.contains("$states.context.Execution.Name") {
        Some("does not name the execution in its key: it would write over another run's report".to_owned())
    } else if state["Arguments"]["Body"] == PREVIOUS && !key.contains("$polls") {
        // The step may ask again: somebody has changed what was kept, or there was more than one call can change.
        Some("does not number its key: it would write over what it has kept before".to_owned())
    } else {
        None
    }
}

/// Checks the placeholders that a deployment fills in.
fn placeholders(text: &str) -> Vec<String> {
    let known = |name: &str| {
        ["NotificationTopicArn", "EvidenceBucketName", "FreezeHookArn"].contains(&name)
            || STEPS.iter().any(|step| step.placeholder() == format!("${{{name}}}"))
    };
    let names = text.split("${").skip(1).map(|rest| rest.split('}').next().unwrap_or_default());
    names.filter(|name| !known(name)).map(|name| format!("nothing is called ${{{name}}}")).collect()
}

#[test]
fn both_machines_are_read_without_a_problem() {
    for procedure in BOTH {
        let parsed = machines::read(procedure).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(parsed.start_at(), "Check Readiness");
        assert!(parsed.timeout_seconds().is_some_and(|seconds| seconds < 365 * 86_400), "{procedure}");
        assert!(parsed.comment().is_some_and(|comment| comment.contains("page steps 1")), "{procedure}");
    }
    let dangling = changed(Procedure::Drill, "/States/Clean Up/Next", json!("Nowhere"));
    assert!(failback_asl::Machine::parse(&dangling.to_string()).is_err());
}

#[test]
fn one_line_says_the_language() {
    for procedure in BOTH {
        none(&language_lines(machines::text(procedure)));
        let twice = machines::text(procedure)
            .replace("\"Type\": \"Wait\"", "\"Type\": \"Wait\", \"QueryLanguage\": \"JSONata\"");
        found(&language_lines(&twice), "one top-level line");
        found(
            &language_lines(&machines::text(procedure).replace("JSONata", "JSONPath")),
            "one top-level line",
        );
    }
}

#[test]
fn names_say_what_a_state_is() {
    for procedure in BOTH {
        none(&names(&machine(procedure)));
    }
    let with =
        |name: &str, state: Value| names(&changed(Procedure::Drill, &format!("/States/{name}"), state));
    found(&with("Rest", json!({ "Type": "Wait", "Comment": "x" })), "`Rest` is a Wait");
    found(&with("Wait For X", json!({ "Type": "Pass", "Comment": "x" })), "`Wait For X` is a Pass");
    found(&with("Which", json!({ "Type": "Choice", "Comment": "x" })), "`Which` is a Choice");
    found(&with("So?", json!({ "Type": "Pass", "Comment": "x" })), "`So?` is a Pass");
    found(&with("X", json!({ "Type": "Pass" })), "`X` has no Comment");
    found(&with(&"x".repeat(81), json!({ "Type": "Pass", "Comment": "x" })), "80 characters");
}

#[test]
fn a_task_has_the_name_of_its_step() {
    for procedure in BOTH {
        none(&calls(&machine(procedure)));
    }
    let with = |pointer: &str, value: Value| calls(&changed(Procedure::Failback, pointer, value));
    let function = |state: &str| format!("/States/{state}/Arguments/FunctionName");
    found(
        &with(&function("Prepare Launch"), json!("${WriteReportFunctionArn}")),
        "`Prepare Launch` calls write-report, so it is called `Write Report`",
    );
    found(&with(&function("Prepare Launch"), json!("${PrepareFunctionArn}")), "calls no step");
    found(
        &with("/States/Prepare Launch/Resource", json!("arn:aws:states:::aws-sdk:drs:startRecovery")),
        "calls a step",
    );
    let gate = "/States/Ask Before Clean Up";
    found(&with(&format!("{gate}/Resource"), json!("arn:aws:states:::sns:publish")), "is a gate");
    found(&with(&format!("{gate}/TimeoutSeconds"), Value::Null), "nobody may ever answer");
    found(&with(&format!("{gate}/Arguments/Message"), json!("Well?")), "how to answer");
    found(&with(&format!("{gate}/Arguments/TopicArn"), json!("here")), "does not ask at");
    found(&with(&format!("{gate}/Arguments/MessageAttributes"), Value::Null), "does not send its token");
    let keep = "/States/Keep Report/Arguments";
    found(&with(&format!("{keep}/Bucket"), json!("here")), "does not write to");
    found(&with(&format!("{keep}/Key"), json!("report.json")), "write over another run's report");
    let records = json!("{% $states.context.Execution.Name & '-records.json' %}");
    found(
        &with("/States/Keep Previous Records/Arguments/Key", records),
        "write over what it has kept before",
    );
}

#[test]
fn placeholders_are_of_steps_that_exist() {
    for procedure in BOTH {
        none(&placeholders(machines::text(procedure)));
    }
    found(&placeholders("\"${ThawWritesFunctionArn}\""), "nothing is called ${ThawWritesFunctionArn}");
    found(&placeholders("\"${PrepareLaunch}\""), "nothing is called ${PrepareLaunch}");
}
