//! Reading a Task: its resource, its time limits, and what happens when it fails.

use serde_json::Value;

use crate::fields::Fields;
use crate::machine::{Catcher, Jitter, Retrier, Task};
use crate::problem::DefinitionProblem;
use crate::query::Scope;
use crate::resource;

const ALL: &str = "States.ALL";

/// The errors that begin with `States.`, which is all that may.
const RESERVED: [&str; 16] = [
    ALL,
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

pub(crate) fn parse(fields: &mut Fields<'_, '_>, scope: Scope<'_>) -> Option<Task> {
    let resource = fields.required_string("Resource");
    if let Some(fault) = resource.as_deref().and_then(resource::fault) {
        fields.fault("Resource", fault);
    }
    let arguments = fields.template("Arguments", scope);
    let is_seconds = |v: &Value| v.as_u64().is_some_and(|n| (1..=99_999_999).contains(&n));
    let wanted = "an integer from 1 to 99999999";
    let timeout_seconds = fields.setting("TimeoutSeconds", scope, wanted, is_seconds);
    let heartbeat_seconds = fields.setting("HeartbeatSeconds", scope, wanted, is_seconds);
    let number = |t: &Option<crate::Template>| t.as_ref()?.as_literal()?.as_u64();
    if let (Some(timeout), Some(heartbeat)) = (number(&timeout_seconds), number(&heartbeat_seconds))
        && heartbeat >= timeout
    {
        fields.fault("HeartbeatSeconds", format!("must be less than `TimeoutSeconds`, which is {timeout}"));
    }
    let retry = list(fields, "Retry", retrier);
    let catch =
        list(fields, "Catch", |item, path, last, problems| catcher(item, path, last, scope, problems));
    let resource = resource?;
    let uses_token = arguments.as_ref().is_some_and(|a| a.uses().token);
    if resource::waits_for_token(&resource) && !uses_token {
        fields.fault_here("waits for a token, but `Arguments` do not hand `$states.context.Task.Token` out");
    }
    Some(Task { resource, arguments, timeout_seconds, heartbeat_seconds, retry, catch })
}

fn list<T>(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
    one: impl Fn(&Value, &str, bool, &mut Vec<DefinitionProblem>) -> Option<T>,
) -> Vec<T> {
    let items = fields.array(name);
    let place = fields.place(name);
    let last = items.len().saturating_sub(1);
    let read = |(i, item)| one(item, &format!("{place}[{i}]"), i == last, fields.problems());
    items.iter().enumerate().filter_map(read).collect()
}

fn retrier(item: &Value, path: &str, last: bool, problems: &mut Vec<DefinitionProblem>) -> Option<Retrier> {
    let mut fields = Fields::of(item, path, problems)?;
    let error_equals = error_equals(&mut fields, last);
    let interval_seconds = fields.whole("IntervalSeconds", 1).unwrap_or(1);
    let max_attempts = fields.whole("MaxAttempts", 0).unwrap_or(3);
    let backoff_rate = fields.take("BackoffRate").map_or(Some(2.0), Value::as_f64).unwrap_or(f64::NAN);
    if !(1.0..1e9).contains(&backoff_rate) {
        fields.fault("BackoffRate", "must be a number that is not less than 1");
    }
    let max_delay_seconds = fields.whole("MaxDelaySeconds", 1);
    if max_delay_seconds.is_some_and(|m| m <= interval_seconds || m >= 31_622_400) {
        fields.fault("MaxDelaySeconds", "must be more than `IntervalSeconds` and less than 31622400");
    }
    let jitter = match fields.string("JitterStrategy").as_deref() {
        None | Some("NONE") => Jitter::None,
        Some("FULL") => Jitter::Full,
        Some(_) => {
            fields.fault("JitterStrategy", "must be `FULL` or `NONE`");
            Jitter::None
        }
    };
    fields.string("Comment");
    fields.close("a retrier");
    Some(Retrier { error_equals, interval_seconds, max_attempts, backoff_rate, max_delay_seconds, jitter })
}

fn catcher(
    item: &Value,
    path: &str,
    last: bool,
    scope: Scope<'_>,
    problems: &mut Vec<DefinitionProblem>,
) -> Option<Catcher> {
    let scope = Scope { error_output: true, ..scope };
    let mut fields = Fields::of(item, path, problems)?;
    let error_equals = error_equals(&mut fields, last);
    let next = fields.required_string("Next");
    let assign = fields.assign(scope);
    let output = fields.template("Output", scope);
    fields.string("Comment");
    fields.close("a catcher in JSONata");
    Some(Catcher { error_equals, next: next?, assign, output })
}

fn error_equals(fields: &mut Fields<'_, '_>, last: bool) -> Vec<String> {
    let items = fields.array("ErrorEquals");
    let names: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if names.is_empty() || names.len() < items.len() {
        fields.fault_here("`ErrorEquals` must be an array of names of errors, with at least one");
    }
    if names.iter().any(|n| n == ALL) && !(names.len() == 1 && last) {
        fields.fault("ErrorEquals", "`States.ALL` must be alone, and in the last place");
    }
    for name in &names {
        if name.starts_with("States.") && !RESERVED.contains(&name.as_str()) {
            fields.fault("ErrorEquals", format!("there is no error `{name}`"));
        }
    }
    names
}
