//! Reads a Task: its resource, its timeouts, its retriers and its catchers.

use serde_json::Value;

use crate::fields::Fields;
use crate::machine::{Catcher, Jitter, Retrier, Task};
use crate::problem::Problems;
use crate::resource;
use crate::scope::NamesInScope;
use crate::template::Template;

const ALL: &str = "States.ALL";

/// The error names of Step Functions. No other name may start with `States.`.
const RESERVED_ERRORS: [&str; 16] = [
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

pub(crate) fn task(fields: &mut Fields<'_, '_>, names: NamesInScope<'_>) -> Option<Task> {
    let resource = fields.required_string("Resource");
    if let Some(message) = resource.as_deref().and_then(resource::problem) {
        fields.problem("Resource", message);
    }
    let arguments = fields.template("Arguments", names);
    let timeout_seconds = fields.seconds("TimeoutSeconds", names, 1);
    let heartbeat_seconds = fields.seconds("HeartbeatSeconds", names, 1);
    if let Some(timeout) = literal_seconds(timeout_seconds.as_ref())
        && literal_seconds(heartbeat_seconds.as_ref()).is_some_and(|heartbeat| heartbeat >= timeout)
    {
        fields.problem("HeartbeatSeconds", format!("must be less than `TimeoutSeconds`, which is {timeout}"));
    }
    let retry = retriers(fields);
    let catch = catchers(fields, NamesInScope { error_output: true, ..names });
    let resource = resource?;
    let passes_token = arguments.as_ref().is_some_and(|arguments| arguments.references().token);
    // A token that is not passed on cannot be returned, so the task would only time out.
    if resource::waits_for_token(&resource) && !passes_token {
        fields
            .problem_here("waits for a token, but `Arguments` do not hand `$states.context.Task.Token` out");
    }
    Some(Task { resource, arguments, timeout_seconds, heartbeat_seconds, retry, catch })
}

fn literal_seconds(template: Option<&Template>) -> Option<u64> {
    template?.as_literal()?.as_u64()
}

fn retriers(fields: &mut Fields<'_, '_>) -> Vec<Retrier> {
    let items = fields.array("Retry");
    let path = fields.path_of("Retry");
    let mut retriers = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let is_last = index + 1 == items.len();
        retriers.extend(retrier(item, &format!("{path}[{index}]"), is_last, fields.problems()));
    }
    retriers
}

fn retrier(item: &Value, path: &str, is_last: bool, problems: &mut Problems) -> Option<Retrier> {
    let mut fields = Fields::new(item, path, problems)?;
    let error_equals = error_equals(&mut fields, is_last);
    let interval_seconds = fields.integer("IntervalSeconds", 1).unwrap_or(1);
    let max_attempts = fields.integer("MaxAttempts", 0).unwrap_or(3);
    let backoff_rate = match fields.value("BackoffRate") {
        None => 2.0,
        // NaN is in no range, so a value that is not a number is refused below.
        Some(value) => value.as_f64().unwrap_or(f64::NAN),
    };
    if !(1.0..1e9).contains(&backoff_rate) {
        fields.problem("BackoffRate", "must be a number that is not less than 1");
    }
    let max_delay_seconds = fields.integer("MaxDelaySeconds", 1);
    if max_delay_seconds.is_some_and(|delay| delay <= interval_seconds || delay >= 31_622_400) {
        fields.problem("MaxDelaySeconds", "must be more than `IntervalSeconds` and less than 31622400");
    }
    let jitter = match fields.string("JitterStrategy").as_deref() {
        None | Some("NONE") => Jitter::None,
        Some("FULL") => Jitter::Full,
        Some(_) => {
            fields.problem("JitterStrategy", "must be `FULL` or `NONE`");
            Jitter::None
        }
    };
    fields.string("Comment");
    fields.refuse_unknown("a retrier");
    Some(Retrier { error_equals, interval_seconds, max_attempts, backoff_rate, max_delay_seconds, jitter })
}

fn catchers(fields: &mut Fields<'_, '_>, names: NamesInScope<'_>) -> Vec<Catcher> {
    let items = fields.array("Catch");
    let path = fields.path_of("Catch");
    let mut catchers = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let is_last = index + 1 == items.len();
        catchers.extend(catcher(item, &format!("{path}[{index}]"), is_last, names, fields.problems()));
    }
    catchers
}

fn catcher(
    item: &Value,
    path: &str,
    is_last: bool,
    names: NamesInScope<'_>,
    problems: &mut Problems,
) -> Option<Catcher> {
    let mut fields = Fields::new(item, path, problems)?;
    let error_equals = error_equals(&mut fields, is_last);
    let next = fields.required_string("Next");
    let assign = fields.assign(names);
    let output = fields.template("Output", names);
    fields.string("Comment");
    fields.refuse_unknown("a catcher in JSONata");
    Some(Catcher { error_equals, next: next?, assign, output })
}

fn error_equals(fields: &mut Fields<'_, '_>, is_last: bool) -> Vec<String> {
    let items = fields.array("ErrorEquals");
    let names: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if names.is_empty() || names.len() < items.len() {
        fields.problem_here("`ErrorEquals` must be an array of names of errors, with at least one");
    }
    if names.iter().any(|name| name == ALL) && !(names.len() == 1 && is_last) {
        fields.problem("ErrorEquals", "`States.ALL` must be alone, and in the last place");
    }
    for name in &names {
        if name.starts_with("States.") && !RESERVED_ERRORS.contains(&name.as_str()) {
            fields.problem("ErrorEquals", format!("there is no error `{name}`"));
        }
    }
    names
}
