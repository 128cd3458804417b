//! The functions that Step Functions adds to `JSONata`.

use std::sync::atomic::{AtomicU64, Ordering};

use jlens_core::{Bindings, Error, HostFunction};
use serde_json::{Value, json};

use crate::chance;

/// The names, without the `$`, of those that are here.
pub(crate) const OWN: [&str; 5] = ["partition", "range", "random", "uuid", "parse"];

/// What a function may make at most, as in Step Functions.
const MOST_ITEMS: usize = 1_000;

type Arguments<'a> = &'a [Option<Value>];
type Answer = jlens_core::Result<Option<Value>>;

/// Binds the functions whose result depends on their arguments only.
pub(crate) fn bind(bindings: Bindings) -> Bindings {
    bindings
        .function("partition", HostFunction::new(2, |a, _| partition(a)).without_input())
        .function("range", HostFunction::new(3, |a, _| range(a)).without_input())
        .function("parse", HostFunction::new(1, |a, _| parse(a)).without_input())
}

/// Binds the functions of chance anew, so that a moment of an execution has its own luck and a clone
/// of the execution has the same.
pub(crate) fn bind_chance(bindings: Bindings, seed: u64) -> Bindings {
    let (random_calls, uuid_calls) = (AtomicU64::new(0), AtomicU64::new(0));
    let random = move |arguments: Arguments<'_>, _: &jlens_core::HostCall<'_>| -> Answer {
        let given = arguments.first().and_then(Option::as_ref);
        let h = match given {
            Some(Value::Number(n)) => chance::hash(&[n.to_string().as_bytes()]),
            Some(_) => return Err(bad("$random wants a number")),
            None => chance::mix(seed ^ random_calls.fetch_add(1, Ordering::Relaxed)),
        };
        Ok(Some(json!(chance::unit(h))))
    };
    let uuid = move |_: Arguments<'_>, _: &jlens_core::HostCall<'_>| -> Answer {
        let h = chance::mix(!seed ^ uuid_calls.fetch_add(1, Ordering::Relaxed));
        Ok(Some(Value::String(chance::uuid(h))))
    };
    bindings
        .function("random", HostFunction::new(1, random).without_input())
        .function("uuid", HostFunction::new(0, uuid).without_input())
}

fn bad(message: impl Into<String>) -> Error {
    Error::new("D3137").with("message", message.into())
}

fn partition(arguments: Arguments<'_>) -> Answer {
    let (Some(items), Some(size)) = (argument(arguments, 0), argument(arguments, 1)) else { return Ok(None) };
    let size = whole(size).and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let Some(size) = size else { return Err(bad("the size of $partition must be a positive integer")) };
    // JSONata gives a sequence of one item as the item.
    let one = std::slice::from_ref(items);
    let items = items.as_array().map_or(one, Vec::as_slice);
    Ok(Some(Value::Array(items.chunks(size).map(|c| Value::Array(c.to_vec())).collect())))
}

fn range(arguments: Arguments<'_>) -> Answer {
    let number = |i| argument(arguments, i).and_then(whole);
    let (Some(from), Some(to), Some(step)) = (number(0), number(1), number(2)) else {
        return Err(bad("$range wants three integers"));
    };
    if step == 0 {
        return Err(bad("the step of $range cannot be 0"));
    }
    let mut items = Vec::new();
    let mut at = from;
    while if step > 0 { at <= to } else { at >= to } {
        if items.len() == MOST_ITEMS {
            return Err(bad("$range would make more than 1000 items"));
        }
        items.push(json!(at));
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(Some(Value::Array(items)))
}

fn parse(arguments: Arguments<'_>) -> Answer {
    match argument(arguments, 0) {
        None => Ok(None),
        Some(Value::String(text)) => {
            serde_json::from_str(text).map(Some).map_err(|e| bad(format!("$parse was given no JSON: {e}")))
        }
        Some(_) => Err(bad("$parse wants a string")),
    }
}

fn argument(arguments: Arguments<'_>, index: usize) -> Option<&Value> {
    arguments.get(index)?.as_ref()
}

/// An integer, also one that is written as `2.0`.
#[allow(clippy::cast_possible_truncation, reason = "checked to be a whole number in the range")]
pub(crate) fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let f = value.as_f64()?;
        (f.fract() == 0.0 && f.abs() < 9e15).then_some(f as i64)
    })
}
