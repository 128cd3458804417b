//! The functions that Step Functions adds to `JSONata`.

use std::sync::atomic::{AtomicU64, Ordering};

use jlens_core::{Bindings, Error, HostCall, HostFunction};
use serde_json::{Value, json};

use crate::deterministic;

/// The names of the functions in this file, without the `$`.
pub(crate) const NAMES: [&str; 5] = ["partition", "range", "random", "uuid", "parse"];

/// The most items that `$range` returns in Step Functions.
const MAX_RANGE_ITEMS: usize = 1_000;

/// The arguments of a call. One that is undefined is `None`.
type FunctionArguments<'a> = &'a [Option<Value>];
type FunctionResult = jlens_core::Result<Option<Value>>;

/// Binds the functions whose result depends on nothing but their arguments.
pub(crate) fn bind(bindings: Bindings) -> Bindings {
    bindings
        .function("partition", HostFunction::new(2, |arguments, _| partition(arguments)).without_input())
        .function("range", HostFunction::new(3, |arguments, _| range(arguments)).without_input())
        .function("parse", HostFunction::new(1, |arguments, _| parse(arguments)).without_input())
}

/// Binds `$random` and `$uuid`, whose results follow from the seed and the number of the call. They are
/// bound again for each evaluation, because clones of an execution would share the counters of calls.
pub(crate) fn bind_deterministic(bindings: Bindings, seed: u64) -> Bindings {
    let (random_calls, uuid_calls) = (AtomicU64::new(0), AtomicU64::new(0));
    let random = move |arguments: FunctionArguments<'_>, _: &HostCall<'_>| -> FunctionResult {
        let hash = match argument(arguments, 0) {
            // With a seed of its own, `$random` returns the same number in each execution.
            Some(Value::Number(own_seed)) => deterministic::hash(&[own_seed.to_string().as_bytes()]),
            Some(_) => return Err(error("$random wants a number")),
            None => deterministic::mix(seed ^ random_calls.fetch_add(1, Ordering::Relaxed)),
        };
        Ok(Some(json!(deterministic::fraction(hash))))
    };
    let uuid = move |_: FunctionArguments<'_>, _: &HostCall<'_>| -> FunctionResult {
        // The inverted seed keeps the UUIDs apart from the numbers of `$random`.
        let hash = deterministic::mix(!seed ^ uuid_calls.fetch_add(1, Ordering::Relaxed));
        Ok(Some(Value::String(deterministic::uuid(hash))))
    };
    bindings
        .function("random", HostFunction::new(1, random).without_input())
        .function("uuid", HostFunction::new(0, uuid).without_input())
}

/// Returns the error that `JSONata`'s own `$error` raises.
fn error(message: impl Into<String>) -> Error {
    Error::new("D3137").with("message", message.into())
}

fn partition(arguments: FunctionArguments<'_>) -> FunctionResult {
    let (Some(items), Some(size)) = (argument(arguments, 0), argument(arguments, 1)) else { return Ok(None) };
    let Some(Ok(size @ 1..)) = as_integer(size).map(usize::try_from) else {
        return Err(error("the size of $partition must be a positive integer"));
    };
    // JSONata turns a sequence of one item into that item.
    let items = items.as_array().map_or(std::slice::from_ref(items), Vec::as_slice);
    Ok(Some(items.chunks(size).map(<[Value]>::to_vec).collect()))
}

fn range(arguments: FunctionArguments<'_>) -> FunctionResult {
    let (first, last) = (integer(arguments, 0), integer(arguments, 1));
    let (Some(first), Some(last), Some(step)) = (first, last, integer(arguments, 2)) else {
        return Err(error("$range wants three integers"));
    };
    if step == 0 {
        return Err(error("the step of $range cannot be 0"));
    }
    let mut items = Vec::new();
    let mut item = first;
    while if step > 0 { item <= last } else { item >= last } {
        if items.len() == MAX_RANGE_ITEMS {
            return Err(error("$range would make more than 1000 items"));
        }
        items.push(json!(item));
        let Some(next) = item.checked_add(step) else { break };
        item = next;
    }
    Ok(Some(Value::Array(items)))
}

fn parse(arguments: FunctionArguments<'_>) -> FunctionResult {
    match argument(arguments, 0) {
        None => Ok(None),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(value) => Ok(Some(value)),
            Err(problem) => Err(error(format!("$parse was given no JSON: {problem}"))),
        },
        Some(_) => Err(error("$parse wants a string")),
    }
}

fn argument(arguments: FunctionArguments<'_>, index: usize) -> Option<&Value> {
    arguments.get(index)?.as_ref()
}

fn integer(arguments: FunctionArguments<'_>, index: usize) -> Option<i64> {
    as_integer(argument(arguments, index)?)
}

/// Returns the number as an integer, also one that is written as `2.0`.
#[allow(clippy::cast_possible_truncation, reason = "checked to be an integer in the range")]
pub(crate) fn as_integer(value: &Value) -> Option<i64> {
    if let Some(integer) = value.as_i64() {
        return Some(integer);
    }
    let number = value.as_f64()?;
    // Below 2^53 each integer has a float of its own, so none is changed.
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}
